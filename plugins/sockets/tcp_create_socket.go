package sockets

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

func tcpCreateSocket() *host.Interface {
	return wit.Implement("wasi:sockets/tcp-create-socket", map[string]host.Func{
		"create-tcp-socket": createTCPSocket,
	})
}

func createTCPSocket(c *host.Call, args []value.Value) (value.Value, error) {
	t, err := newTCPSocket(family(args[0].Case()), policyOf(c))
	if err != nil {
		return failed(c, err)
	}
	return wire.Ok(ownTCPSocket(c, t))
}
