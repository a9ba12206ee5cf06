// Package near tells which addresses a name must not lead to.
//
// Whoever answers for a name that a component is granted must not thereby open the
// way to the host itself, to its link, or to what a cloud tells its machines about
// themselves, credentials included. Such addresses are only for those who ask for them
// as addresses, and are granted them or any host; those of the host itself are for
// "localhost" too.
//
// In: names and addresses. Out: one rule. Next: plugins that connect. Must not
// import: anything of ours.
package near

import (
	"net/netip"
	"strings"
)

// metadata are addresses that are neither loopback nor link-local at which clouds
// answer their machines.
var metadata = [...]netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
}

// nat64 has an IPv4 address in its last four bytes (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// Refused reports whether a must not be used when name was looked up to it.
func Refused(name string, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if a.IsLoopback() {
		return !local(name)
	}
	if a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return true
	}
	if a.Is4() {
		b := a.As4()
		if b[0] == 0 || b[0] >= 240 { // this network; reserved, broadcast
			return true
		}
	}
	for _, m := range metadata {
		if a == m {
			return true
		}
	}
	return false
}

// local reports whether a name stands for the host itself (RFC 6761 section 6.3).
func local(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
