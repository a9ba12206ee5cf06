package sockets

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func network() *host.Interface {
	return wit.Implement("wasi:sockets/network", map[string]host.Func{
		"network-error-code": io.CodeOf(func(c ErrorCode) value.Value { return value.Enum(int(c)) }),
	})
}
