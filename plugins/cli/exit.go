package cli

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func exit() *host.Interface {
	return wit.Implement("wasi:cli/exit", map[string]host.Func{
		"exit":           exitWithStatus,
		"exit-with-code": exitWithCode,
	})
}

// exitWithStatus exits with 0 for ok and 1 for error.
func exitWithStatus(_ *host.Call, args []value.Value) (value.Value, error) {
	return value.Value{}, &host.ExitError{Code: args[0].Case()}
}

func exitWithCode(_ *host.Call, args []value.Value) (value.Value, error) {
	return value.Value{}, &host.ExitError{Code: int(args[0].U8())}
}
