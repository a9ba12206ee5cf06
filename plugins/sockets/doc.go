// Package sockets implements wasi:sockets: TCP, UDP and the lookup of names,
// without waiting where the specification says that nothing waits.
//
// A network is a capability: what sockets that use it may do is what the component
// is granted that asked for it, by instance-network.
//
// In: the grants of a component. Out: the WIT interfaces. Next: whoever composes a
// host. Must not import: other plugins but io.
package sockets

import "github.com/sidecall/sidecall/host"

// Interfaces returns the interfaces of wasi:sockets.
func Interfaces() []*host.Interface {
	return []*host.Interface{
		instanceNetwork(), network(), udp(), udpCreateSocket(), tcp(), tcpCreateSocket(), ipNameLookup(),
	}
}
