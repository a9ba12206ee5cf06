package plan

import (
	"fmt"
	"net/netip"
)

// SocketGrant allows sockets of one protocol to use some addresses.
type SocketGrant struct {
	Protocol SocketProtocol
	// Listen allows to bind to the addresses, which are the host's own, and to take
	// what comes. Otherwise they are those of others, to connect or send to.
	Listen bool
	// Host is a name, "*.example.com" for all names below one. It may be looked up,
	// and what it was looked up to may be used. It is empty if Addresses is given.
	Host      string
	Addresses netip.Prefix
	// Ports are the ports from the first to the last. 0, 0 means all of them.
	Ports [2]uint16
}

// SocketProtocol is what a socket speaks.
type SocketProtocol uint8

// The protocols.
const (
	TCP SocketProtocol = iota
	UDP
)

// String returns the grant in one line: "tcp connect 10.0.0.0/8 ports 80-90".
func (g SocketGrant) String() string {
	s := [...]string{TCP: "tcp", UDP: "udp"}[g.Protocol]
	if g.Listen {
		s += " listen "
	} else {
		s += " connect "
	}
	if g.Host != "" {
		s += g.Host
	} else {
		s += g.Addresses.String()
	}
	if g.Ports != [2]uint16{} {
		s += fmt.Sprintf(" ports %d-%d", g.Ports[0], g.Ports[1])
	}
	return s
}
