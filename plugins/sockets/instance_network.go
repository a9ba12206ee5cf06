package sockets

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func instanceNetwork() *host.Interface {
	return wit.Implement("wasi:sockets/instance-network", map[string]host.Func{
		"instance-network": getInstanceNetwork,
	})
}

// networkObject is behind the resource network.
type networkObject struct{ policy *policy }

func getInstanceNetwork(c *host.Call, _ []value.Value) (value.Value, error) {
	return c.Own(wit.Resource("wasi:sockets/network", "network"), &networkObject{policyOf(c)}), nil
}
