package sockets

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/wit"
	typ "github.com/sidecall/sidecall/wit"
)

func TestNumbers(t *testing.T) {
	e, _ := wit.Implement("wasi:sockets/network", nil).Type.Export("error-code")
	cases := e.(*typ.TypeExport).Def.(*typ.Type).Cases
	if len(cases) != len(errorCodeNames) {
		t.Fatalf("%d cases, the WIT has %d", len(errorCodeNames), len(cases))
	}
	for i, c := range cases {
		if errorCodeNames[i] != c.Name {
			t.Errorf("case %d is %s, in the WIT %s", i, errorCodeNames[i], c.Name)
		}
	}
	if PermanentResolverFailure.Error() != "permanent-resolver-failure" || WouldBlock.Error() != "would-block" || ConnectionReset.Error() != "connection-reset" {
		t.Error("constants and names differ")
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		grant, name string
		want        bool
	}{
		{"example.com", "example.com", true},
		{"example.com", "EXAMPLE.com.", true},
		{"example.com", "a.example.com", false},
		{"*.example.com", "a.example.com", true},
		{"*.example.com", "a.b.example.com", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "evilexample.com", false},
		{"*.example.com", ".example.com", false},
	} {
		if got := matches(tt.grant, tt.name); got != tt.want {
			t.Errorf("%s, %s: %v", tt.grant, tt.name, got)
		}
	}
}

// TestRebinding looks a granted name up to addresses that are the host's own.
func TestRebinding(t *testing.T) {
	p := &policy{grants: []plan.SocketGrant{{Host: "api.example.com"}, {Host: "localhost"}}, found: map[netip.Addr][]string{}}
	for _, tt := range []struct {
		name, addr string
		want       bool
	}{
		{"api.example.com", "203.0.113.5", true},
		{"api.example.com", "10.1.2.3", true},
		{"api.example.com", "127.0.0.1", false},
		{"api.example.com", "169.254.169.254", false},
		{"api.example.com", "0.0.0.0", false},
		{"api.example.com", "::1", false},
		{"api.example.com", "fe80::1", false},
		{"localhost", "127.0.0.2", true},
	} {
		a := netip.MustParseAddr(tt.addr)
		p.remember(tt.name, []netip.Addr{a})
		if got := p.connect(plan.TCP, netip.AddrPortFrom(a, 80)); got != tt.want {
			t.Errorf("%s as %s: %v", tt.name, tt.addr, got)
		}
	}
}

// TestManyNames looks more names up than are remembered, all to one address.
func TestManyNames(t *testing.T) {
	p := &policy{grants: []plan.SocketGrant{{Host: "*.example.com"}}, found: map[netip.Addr][]string{}}
	a := netip.MustParseAddr("203.0.113.5")
	for i := range 2 * maxFound {
		p.remember(fmt.Sprintf("%d.example.com", i), []netip.Addr{a})
	}
	if n := len(p.found[a]); n != maxFound {
		t.Errorf("%d names are remembered", n)
	}
	if !p.connect(plan.TCP, netip.AddrPortFrom(a, 80)) {
		t.Error("none is")
	}
}
