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
		{"169.254.170.2", true, true},   // ECS
		{"169.254.170.23", true, true},  // EKS Pod Identity
		{"fd00:ec2::23", true, true},    // the same
		{"fd00:ec2::253", true, true},   // DNS
		{"fd00:ec3::254", false, false}, // somebody's own
		{"fd20:ce::254", true, true},
		{"fd20:ce::253", false, false},
		{"fd00:c1::a9fe:a9fe", true, true},
		{"fd00:42::42", true, true},
		{"fd00:a9fe:a9fe::1", true, true},
		{"fd00:a9fe:a9fe::2", false, false},
		{"fd00:100::100:200", true, true},
		{"fd00:100::100:201", false, false},
		{"fe80::a9fe:a9fe", true, true}, // OpenStack
		{"169.254.0.23", true, true},    // Tencent
		{"169.254.42.42", true, true},   // Scaleway
		{"169.254.169.123", true, true}, // AWS: time
		{"192.0.0.192", true, true},
		{"192.0.0.9", true, true}, // the nearest gateway
		{"2001:1::1", true, true}, // the same
		{"2001:1::2", true, true},
		{"2001:1::3", true, true},
		{"2001:2::1", false, false}, // benchmarking
		{"100.64.0.1", false, false},
		{"198.18.0.1", false, false},
		{"5f00::1", true, true},
		{"192.0.1.1", false, false},
		{"240.0.0.1", true, true},
		{"223.255.255.254", false, false},
		{"fec0::1", true, true},
		{"::169.254.169.254", true, true},
		{"::ffff:0:169.254.169.254", true, true},
		{"::ffff:0:203.0.113.5", false, false},
		{"64:ff9b:1::169.254.169.254", true, true},
		{"64:ff9b:1:a9fe:a9:fe00::", true, true},      // /48
		{"64:ff9b:1:42a9:fe:a9fe::", true, true},      // /56
		{"64:ff9b:1:4242:a9:fea9:fe00::", true, true}, // /64
		{"64:ff9b:1::203.0.113.5", false, false},
		{"64:ff9b:1:cb00:71:500::", false, false},
		{"2002:a9fe:a9fe::1", true, true},
		{"2002:7f00:1::1", true, false},
		{"2002:cb00:7105::1", false, false},
		{"2001:0:cb00:7105::5601:5601", true, true}, // Teredo: the client is 169.254.169.254
		{"2001:0:a9fe:a9fe::34ff:8efa", true, true}, // the server is
		{"2001:0:cb00:7105::34ff:8efa", false, false},
		{"2001:db8::5efe:169.254.169.254", true, true},
		{"2001:db8::200:5efe:127.0.0.1", true, false},
		{"2001:db8::5efe:203.0.113.5", false, false},
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
