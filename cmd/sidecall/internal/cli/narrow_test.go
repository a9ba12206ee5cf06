package cli

import (
	"slices"
	"testing"

	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/shim/pod"
)

// TestNarrowHosts: nothing is left that only one of the two grants.
func TestNarrowHosts(t *testing.T) {
	for _, tc := range []struct{ granted, honoured, want []string }{
		{[]string{"https://a.example.com"}, []string{"https://*.example.com"}, []string{"https://a.example.com:443"}},
		{[]string{"https://*.example.com"}, []string{"https://a.example.com"}, []string{"https://a.example.com:443"}},
		{[]string{"https://*"}, []string{"https://a.example.com", "https://*.test:*"}, []string{"https://a.example.com:443", "https://*.test:443"}},
		{[]string{"https://*:*"}, []string{"https://*.test:8443"}, []string{"https://*.test:8443"}},
		{[]string{"http://a.example.com"}, []string{"https://*.example.com"}, nil},
		{[]string{"https://a.example.com:8443"}, []string{"https://*.example.com"}, nil},
		{[]string{"https://example.com"}, []string{"https://*.example.com"}, nil},
		{[]string{"https://*.example.com"}, []string{"https://*.a.example.com"}, []string{"https://*.a.example.com:443"}},
		{[]string{"https://evilexample.com"}, []string{"https://*.example.com"}, nil},
		{[]string{"https://127.0.0.1"}, []string{"https://*"}, []string{"https://127.0.0.1:443"}},
		{[]string{"https://[::1]:8"}, []string{"https://*:*"}, []string{"https://[::1]:8"}},
		{[]string{"https://*"}, []string{"https://*.example.com"}, []string{"https://*.example.com:443"}},
	} {
		got, err := narrowHosts(tc.granted, pod.Narrow{OutboundHosts: tc.honoured})
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%q by %q: %q, %v, want %q", tc.granted, tc.honoured, got, err, tc.want)
		}
		for _, text := range got {
			if _, err := plan.ParseOrigin(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if got, err := narrowHosts([]string{"https://*"}, pod.Narrow{NoOutbound: true}); err != nil || len(got) > 0 {
		t.Errorf("none: %q, %v", got, err)
	}
	if _, err := narrowHosts([]string{"https://*"}, pod.Narrow{OutboundHosts: []string{"example.com"}}); err == nil {
		t.Error("an operator's mistake is no error")
	}
}

func TestNarrow(t *testing.T) {
	m := &manifest.Manifest{Components: []manifest.Component{{Name: "app", Files: []plan.FileGrant{{Host: "/x"}}, Buckets: []string{"b"},
		Sockets: []plan.SocketGrant{{Listen: true, Ports: [2]uint16{80, 80}}, {Listen: true}, {Host: "db", Ports: [2]uint16{5432, 5432}}}}}}
	same, took, err := narrow(m, pod.Narrow{})
	if c := same.Components[0]; err != nil || len(took) > 0 || len(c.Files) != 1 || len(c.Buckets) != 1 || len(c.Sockets) != 3 {
		t.Errorf("nothing said: %+v, %q, %v", c, took, err)
	}
	out, took, err := narrow(m, pod.Narrow{NoFiles: true, NoKeyValue: true, Ports: [][2]uint16{{80, 90}}})
	if c := out.Components[0]; err != nil || len(took) != 3 || len(c.Files) != 0 || len(c.Buckets) != 0 || len(c.Sockets) != 2 {
		t.Errorf("%+v, %q, %v", c, took, err)
	}
	if c := m.Components[0]; len(c.Files) != 1 || len(c.Sockets) != 3 {
		t.Errorf("the manifest itself has changed: %+v", c)
	}
	out, _, err = narrow(m, pod.Narrow{NoSockets: true})
	if c := out.Components[0]; err != nil || len(c.Sockets) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	for address, ok := range map[string]bool{"0.0.0.0:80": true, "[::]:90": true, ":91": false, "0.0.0.0:0": false, "x": true} {
		if err := mayListen(address, pod.Narrow{Ports: [][2]uint16{{80, 90}}}); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
