package sockets

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/plan"
)

// protocolName is the protocol as a manifest names it.
func protocolName(p plan.SocketProtocol) string {
	if p == plan.UDP {
		return "udp"
	}
	return "tcp"
}

// grant writes an entry of allow.sockets; what is "connect" or "listen".
func (p *policy) grant(protocol, what, with, ports string) string {
	return host.Allow(p.component, fmt.Sprintf("[{ protocol: %s, %s: %s, ports: %s }]", protocol, what, host.Scalar(with), host.Scalar(ports)), "allow", "sockets")
}

// noSocket tells that there are no grants of a protocol. What the socket is for is not
// known yet: the address is one that nobody has (RFC 5737), and with it in the manifest the
// next refusal names the right one.
func (p *policy) noSocket(proto plan.SocketProtocol) error {
	protocol := protocolName(proto)
	return &host.Refusal{Component: p.component, Kind: "sockets", Target: protocol, Reason: fmt.Sprintf("a %s socket: who it is for is to stand for 192.0.2.1", protocol),
		Write: p.grant(protocol, "connect", "192.0.2.1", "*")}
}

// noConnect tells that the address of somebody else may not be used. If its name was
// looked up, that is what to grant, but for an address that names must not lead to.
func (p *policy) noConnect(proto plan.SocketProtocol, a netip.AddrPort) error {
	addr := a.Addr().Unmap()
	p.mu.Lock()
	names := p.found[addr]
	p.mu.Unlock()
	with := addr.String()
	if len(names) > 0 {
		with = names[0]
	}
	protocol := protocolName(proto)
	verb := "connecting"
	if proto == plan.UDP {
		verb = "sending"
	}
	target := netip.AddrPortFrom(addr, a.Port()).String()
	return &host.Refusal{Component: p.component, Kind: "sockets", Target: protocol + " connect " + target, Reason: fmt.Sprintf("%s to %s by %s", verb, target, protocol),
		Write: p.grant(protocol, "connect", with, strconv.Itoa(int(a.Port())))}
}

// noListen tells that an address of the host may not be used.
func (p *policy) noListen(proto plan.SocketProtocol, a netip.AddrPort) error {
	addr, ports := a.Addr().Unmap(), "*"
	if a.Port() != 0 {
		ports = strconv.Itoa(int(a.Port()))
	}
	protocol := protocolName(proto)
	target := netip.AddrPortFrom(addr, a.Port()).String()
	return &host.Refusal{Component: p.component, Kind: "sockets", Target: protocol + " listen " + target, Reason: fmt.Sprintf("taking %s at %s", protocol, target),
		Write: p.grant(protocol, "listen", addr.String(), ports)}
}

// noLookup tells that a name may not be looked up. Which port it is for is not known yet,
// nor by which protocol.
func (p *policy) noLookup(name string) error {
	return &host.Refusal{Component: p.component, Kind: "names", Target: name, Reason: fmt.Sprintf("looking up the name %s", name),
		Write: p.grant("tcp", "connect", name, "*")}
}
