package sockets

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

func udpCreateSocket() *host.Interface {
	return wit.Implement("wasi:sockets/udp-create-socket", map[string]host.Func{
		"create-udp-socket": createUDPSocket,
	})
}

func createUDPSocket(c *host.Call, args []value.Value) (value.Value, error) {
	u, err := newUDPSocket(family(args[0].Case()), policyOf(c))
	if err != nil {
		return failed(c, err)
	}
	return wire.Ok(c.Own(wit.Resource("wasi:sockets/udp", "udp-socket"), u))
}
