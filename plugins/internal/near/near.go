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
	"slices"
	"strings"
)

// metadata are addresses that are neither loopback nor link-local at which clouds answer
// their machines, by the clouds' documentation. Most answer at 169.254.169.254 alone, or at
// other link-local addresses, which are all refused: AWS (ECS and EKS Pod Identity at
// 169.254.170.2 and .23, DNS and time at 169.254.169.253 and .123), Google, Azure, Oracle,
// OpenStack (fe80::a9fe:a9fe too), DigitalOcean, Hetzner, IBM, Tencent (169.254.0.23),
// Scaleway (169.254.42.42).
var metadata = [...]netip.Prefix{
	netip.MustParsePrefix("fd00:ec2::/64"),          // AWS: metadata ::254, Pod Identity ::23, DNS ::253, time ::123
	netip.MustParsePrefix("fd20:ce::254/128"),       // Google, machines without IPv4
	netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), // Oracle
	netip.MustParsePrefix("fd00:42::42/128"),        // Scaleway
	netip.MustParsePrefix("fd00:a9fe:a9fe::1/128"),  // Akamai, formerly Linode
	netip.MustParsePrefix("168.63.129.16/32"),       // Azure: metadata of its agents, DNS, health
	netip.MustParsePrefix("100.100.100.200/32"),     // Alibaba
	netip.MustParsePrefix("fd00:100::100:200/128"),  // Alibaba
	// Protocol assignments (RFC 6890), which are on no host of the Internet; Oracle has had
	// its metadata at 192.0.0.192, and .9 and .10 are the nearest gateway (RFC 7723, RFC 8155).
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("2001:1::/32"), // the nearest gateway: ::1 and ::2 by the same RFCs, ::3 by RFC 9665
}

// special are other addresses that are no host's, or none that is elsewhere. Of IANA's two
// registries of special purposes this leaves the ranges in which somebody's own hosts are
// (private, unique local, shared, benchmarking, ORCHID), those that lead nowhere
// (documentation, discard), and those that are global (AS112, AMT).
var special = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),   // this network (RFC 791)
	netip.MustParsePrefix("240.0.0.0/4"), // reserved, and broadcast (RFC 1112, RFC 919)
	netip.MustParsePrefix("fec0::/10"),   // site-local, deprecated (RFC 3879)
	netip.MustParsePrefix("5f00::/16"),   // segments of a provider's routers (RFC 9602)
}

// Refused reports whether a must not be used when name was looked up to it.
func Refused(name string, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if refused(name, a) {
		return true
	}
	for _, v4 := range embedded(a) {
		if refused(name, v4) {
			return true
		}
	}
	return false
}

func refused(name string, a netip.Addr) bool {
	if a.IsLoopback() {
		return !local(name)
	}
	if a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return true
	}
	in := func(p netip.Prefix) bool { return p.Contains(a) }
	return slices.ContainsFunc(metadata[:], in) || slices.ContainsFunc(special[:], in)
}

// The prefixes of IPv6 addresses that have an IPv4 address in their last four bytes.
var (
	compatible = netip.MustParsePrefix("::/96")           // RFC 4291, deprecated
	translated = netip.MustParsePrefix("::ffff:0:0:0/96") // RFC 2765
	nat64      = netip.MustParsePrefix("64:ff9b::/96")    // RFC 6052
	// localNAT64 has them where its network chooses, by one of six lengths (RFC 8215).
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16") // RFC 3056: in bytes 2 to 5
	teredo     = netip.MustParsePrefix("2001::/32") // RFC 4380: server, and client inverted
)

// embedded are the IPv4 addresses to which what is sent to an IPv6 address may go, by a
// translator or a tunnel.
func embedded(a netip.Addr) (out []netip.Addr) {
	if !a.Is6() || a.IsLoopback() || a.IsUnspecified() {
		return nil
	}
	b := a.As16()
	at := func(places ...int) {
		var v4 [4]byte
		for i, p := range places {
			v4[i] = b[p]
		}
		out = append(out, netip.AddrFrom4(v4))
	}
	switch {
	case compatible.Contains(a), translated.Contains(a), nat64.Contains(a):
		at(12, 13, 14, 15)
	case localNAT64.Contains(a): // RFC 6052, section 2.2; byte 8 is none of it
		at(6, 7, 9, 10)
		at(7, 9, 10, 11)
		at(9, 10, 11, 12)
		at(12, 13, 14, 15)
		// Of the lengths that are not meant most give zeros.
		out = slices.DeleteFunc(out, func(v4 netip.Addr) bool { return v4.As4()[0] == 0 })
	case sixToFour.Contains(a):
		at(2, 3, 4, 5)
	case teredo.Contains(a):
		at(4, 5, 6, 7)
		out = append(out, netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	}
	if id := [4]byte(b[8:12]); id == [4]byte{0, 0, 0x5e, 0xfe} || id == [4]byte{2, 0, 0x5e, 0xfe} { // ISATAP, RFC 5214
		at(12, 13, 14, 15)
	}
	return out
}

// local reports whether a name stands for the host itself (RFC 6761 section 6.3).
func local(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
