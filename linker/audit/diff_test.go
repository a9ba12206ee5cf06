package audit_test

import (
	"testing"

	"github.com/sidecall/sidecall/linker/audit"
)

func item(kind, value string) audit.Item { return audit.Item{Kind: kind, Value: value} }

func TestGrew(t *testing.T) {
	files := func(host string, ro bool) audit.Item {
		return audit.Item{Kind: audit.Files, Value: host, Guest: "/d", ReadOnly: ro}
	}
	hosts := func(origin string) audit.Item { return item(audit.OutboundHosts, origin) }
	sockets := func(grant string) audit.Item { return item(audit.Sockets, grant) }
	for _, test := range []struct {
		name     string
		old, new audit.Item
		grew     bool
	}{
		{"same", files("d", true), files("d", true), false},
		{"may write now", files("d", true), files("d", false), true},
		{"may only read now", files("d", false), files("d", true), false},
		{"below", files("d", false), files("d/e", false), false},
		{"above", files("d/e", false), files("d", false), true},
		{"beside", files("d", false), files("dd", false), true},
		{"out by dots", files("d", false), files("d/../e", false), true},
		{"root", files("/", false), files("/etc", true), false},
		{"all below a name", hosts("https://*.example.com"), hosts("https://a.example.com"), false},
		{"a name beside", hosts("https://*.example.com"), hosts("https://a.badexample.com"), true},
		{"the name itself", hosts("https://*.example.com"), hosts("https://example.com"), true},
		{"wider", hosts("https://a.example.com"), hosts("https://*.example.com"), true},
		{"the scheme's port", hosts("https://a.example"), hosts("https://a.example:443"), false},
		{"another port", hosts("https://a.example"), hosts("https://a.example:8443"), true},
		{"any port", hosts("https://a.example:*"), hosts("https://a.example:8443"), false},
		{"another scheme", hosts("https://a.example"), hosts("http://a.example:443"), true},
		{"fewer ports", sockets("tcp connect 10.0.0.0/8 ports 80-90"), sockets("tcp connect 10.0.0.0/8 ports 81-81"), false},
		{"more ports", sockets("tcp connect 10.0.0.0/8 ports 80-90"), sockets("tcp connect 10.0.0.0/8 ports 80-91"), true},
		{"all ports", sockets("tcp connect 10.0.0.0/8 ports 80-90"), sockets("tcp connect 10.0.0.0/8"), true},
		{"some of all ports", sockets("tcp connect ::/0"), sockets("tcp connect fe80::1/128 ports 1-1"), false},
		{"fewer addresses", sockets("tcp connect 10.0.0.0/8"), sockets("tcp connect 10.1.0.0/16"), false},
		{"more addresses", sockets("tcp connect 10.1.0.0/16"), sockets("tcp connect 10.0.0.0/8"), true},
		{"a name below", sockets("udp connect *.a.example"), sockets("udp connect b.a.example"), false},
		{"an address for a name", sockets("udp connect *.a.example"), sockets("udp connect 10.0.0.1/32"), true},
		{"another protocol", sockets("tcp connect 10.0.0.0/8"), sockets("udp connect 10.0.0.0/8"), true},
		{"listens", sockets("tcp connect 10.0.0.0/8"), sockets("tcp listen 10.0.0.0/8"), true},
		{"another bucket", item(audit.KeyValue, "a"), item(audit.KeyValue, "b"), true},
		{"another kind", item(audit.KeyValue, "a"), item(audit.Config, "a"), true},
		{"more arguments", item(audit.Args, "1"), item(audit.Args, "2"), false},
	} {
		report := func(it audit.Item) *audit.Report {
			return &audit.Report{Components: []audit.Component{{Name: "app", Reach: []audit.Reach{{Item: it}}}}}
		}
		if d := audit.Compare(report(test.old), report(test.new)); d.Grew != test.grew {
			t.Errorf("%s: grew is %v: %+v", test.name, d.Grew, d)
		}
	}
}

func TestGrewThrough(t *testing.T) {
	bucket := item(audit.KeyValue, "b")
	by := func(names ...string) audit.Reach {
		r := audit.Reach{Item: bucket}
		for _, n := range names {
			r.Through = append(r.Through, audit.Step{Component: n, Interface: "a:b/c"})
		}
		return r
	}
	seen := by()
	seen.Passes = []string{"log"}
	for _, test := range []struct {
		name     string
		old, new audit.Reach
		grew     bool
	}{
		{"by itself, then through another", by(), by("s"), false},
		{"through another, then by itself", by("s"), by(), true},
		{"through somebody else", by("s"), by("t"), true},
		{"seen by one more", by(), seen, true},
		{"seen by one less", seen, by(), false},
	} {
		report := func(r audit.Reach) *audit.Report {
			return &audit.Report{Components: []audit.Component{{Name: "app", Reach: []audit.Reach{r}}}}
		}
		if d := audit.Compare(report(test.old), report(test.new)); d.Grew != test.grew {
			t.Errorf("%s: grew is %v", test.name, d.Grew)
		}
	}
	shared := func(names ...string) *audit.Report {
		return &audit.Report{Shared: []audit.Shared{{Kind: audit.KeyValue, Value: "b", Between: names, Requests: true}}}
	}
	if !audit.Compare(shared("a"), shared("a", "b")).Grew || audit.Compare(shared("a", "b", "c"), shared("a", "b")).Grew {
		t.Error("who shares a bucket is not compared")
	}
}
