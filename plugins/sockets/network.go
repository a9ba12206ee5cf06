package sockets

import (
	"errors"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func network() *host.Interface {
	return wit.Implement("wasi:sockets/network", map[string]host.Func{
		"network-error-code": networkErrorCode,
	})
}

// networkErrorCode answers for the errors of streams of sockets.
func networkErrorCode(_ *host.Call, args []value.Value) (value.Value, error) {
	e, err := host.Object[*io.Error](args[0])
	if err != nil {
		return value.Value{}, err
	}
	var code ErrorCode
	if !errors.As(e.Err, &code) {
		return value.None(), nil
	}
	return value.Some(value.Enum(int(code))), nil
}
