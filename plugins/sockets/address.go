package sockets

import (
	"net/netip"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// family is the enum ip-address-family, and the case of ip-address and
// ip-socket-address.
type family int

const (
	ipv4 family = iota
	ipv6
)

// is reports whether a is an address that sockets of the family use: an IPv6
// socket has no IPv4-mapped addresses.
func (f family) is(a netip.Addr) bool {
	if f == ipv4 {
		return a.Is4()
	}
	return a.Is6() && !a.Is4In6()
}

// socketAddress is an ip-socket-address.
type socketAddress struct {
	netip.AddrPort
	flow, scope uint32
}

// ipAddress makes an ip-address.
func ipAddress(a netip.Addr) value.Value {
	if a.Is4() {
		return wire.Case(int(ipv4), address4(a))
	}
	return wire.Case(int(ipv6), address6(a))
}

func address4(a netip.Addr) value.Value {
	b := a.As4()
	return value.Tuple(value.U8(b[0]), value.U8(b[1]), value.U8(b[2]), value.U8(b[3]))
}

func address6(a netip.Addr) value.Value {
	b := a.As16()
	parts := make([]value.Value, 8)
	for i := range parts {
		parts[i] = value.U16(uint16(b[2*i])<<8 | uint16(b[2*i+1]))
	}
	return value.Tuple(parts...)
}

// value makes an ip-socket-address.
func (a socketAddress) value() value.Value {
	port := value.U16(a.Port())
	if a.Addr().Is4() {
		return wire.Case(int(ipv4), value.Record(port, address4(a.Addr())))
	}
	return wire.Case(int(ipv6), value.Record(port, value.U32(a.flow), address6(a.Addr()), value.U32(a.scope)))
}

// readSocketAddress reads an ip-socket-address.
func readSocketAddress(v value.Value) socketAddress {
	r := wire.Payload(v)
	port := r.At(0).U16()
	if family(v.Case()) == ipv4 {
		var b [4]byte
		for i := range b {
			b[i] = r.At(1).At(i).U8()
		}
		return socketAddress{AddrPort: netip.AddrPortFrom(netip.AddrFrom4(b), port)}
	}
	var b [16]byte
	for i := range 8 {
		part := r.At(2).At(i).U16()
		b[2*i], b[2*i+1] = byte(part>>8), byte(part)
	}
	return socketAddress{netip.AddrPortFrom(netip.AddrFrom16(b), port), r.At(1).U32(), r.At(3).U32()}
}
