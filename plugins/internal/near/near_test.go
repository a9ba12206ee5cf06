package near_test

import (
	"net/netip"
	"testing"

	"github.com/sidecall/sidecall/plugins/internal/near"
)

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		addr              string
		name, byLocalhost bool // refused for a name, and for localhost
	}{
		{"203.0.113.5", false, false},
		{"10.1.2.3", false, false},
		{"192.168.1.1", false, false},
		{"2001:db8::1", false, false},
		{"fd00::1", false, false},
		{"127.0.0.1", true, false},
		{"127.255.0.1", true, false},
		{"::1", true, false},
		{"::ffff:127.0.0.1", true, false},
		{"64:ff9b::127.0.0.1", true, false},
		{"64:ff9b::203.0.113.5", false, false},
		{"64:ff9b::169.254.169.254", true, true},
		{"0.0.0.0", true, true},
		{"0.1.2.3", true, true},
		{"::", true, true},
		{"169.254.169.254", true, true},
		{"::ffff:169.254.169.254", true, true},
		{"fe80::1", true, true},
		{"fe80::1%eth0", true, true},
		{"224.0.0.1", true, true},
		{"ff02::1", true, true},
		{"255.255.255.255", true, true},
		{"fd00:ec2::254", true, true},
		{"100.100.100.200", true, true},
		{"168.63.129.16", true, true},
	} {
		a := netip.MustParseAddr(tt.addr)
		for _, name := range []string{"example.com", "localhost.example.com", "xlocalhost"} {
			if got := near.Refused(name, a); got != tt.name {
				t.Errorf("%s as %s: %v", name, a, got)
			}
		}
		for _, name := range []string{"localhost", "LOCALHOST.", "a.localhost"} {
			if got := near.Refused(name, a); got != tt.byLocalhost {
				t.Errorf("%s as %s: %v", name, a, got)
			}
		}
	}
}
