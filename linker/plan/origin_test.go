package plan_test

import (
	"testing"

	"github.com/sidecall/sidecall/linker/plan"
)

func TestParseOrigin(t *testing.T) {
	for _, test := range []struct {
		text string
		want plan.Origin
		err  string
	}{
		{"https://Example.COM.", plan.Origin{"https", "example.com", "443"}, ""},
		{"http://example.com/", plan.Origin{"http", "example.com", "80"}, ""},
		{"http://*.example.com:08080", plan.Origin{"http", "*.example.com", "8080"}, ""},
		{"https://*:*", plan.Origin{"https", "*", "*"}, ""},
		{"https://xn--bcher-kva.example", plan.Origin{"https", "xn--bcher-kva.example", "443"}, ""},
		{"http://127.0.0.1:1", plan.Origin{"http", "127.0.0.1", "1"}, ""},
		{"http://[::1]:*", plan.Origin{"http", "::1", "*"}, ""},
		{"http://[::1]", plan.Origin{"http", "::1", "80"}, ""},
		{"h2c://api.example", plan.Origin{"h2c", "api.example", "80"}, ""},
		{"h2c://*.example:50051", plan.Origin{"h2c", "*.example", "50051"}, ""},
		{"", plan.Origin{}, "an origin begins with http:// or https://, or with h2c:// for HTTP/2 without TLS"},
		{"example.com", plan.Origin{}, "an origin begins with http:// or https://, or with h2c:// for HTTP/2 without TLS"},
		{"HTTP://example.com", plan.Origin{}, "an origin begins with http:// or https://, or with h2c:// for HTTP/2 without TLS"},
		{"http://", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http:///", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a//", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a?b", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a@b", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a b", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a_b", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://ü", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://-a", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a..b", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://::1", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://*.", plan.Origin{}, "this is no name of a host in ASCII"},
		{"http://a.*", plan.Origin{}, "* can only stand alone before the first dot of a name, as in *.example.com"},
		{"http://*.0.0.1", plan.Origin{}, "this is neither an address nor a name, which would not end in a number"},
		{"http://[fe80::1%eth0]", plan.Origin{}, "between [ and ] stands no IPv6 address"},
		{"http://[::1]x", plan.Origin{}, `after the host comes a port from 1 to 65535 or *, not "x"`},
		{"http://a:", plan.Origin{}, `after the host comes a port from 1 to 65535 or *, not ":"`},
		{"http://a:+1", plan.Origin{}, `after the host comes a port from 1 to 65535 or *, not ":+1"`},
		{"http://a:65536", plan.Origin{}, `after the host comes a port from 1 to 65535 or *, not ":65536"`},
	} {
		got, err := plan.ParseOrigin(test.text)
		if text := ""; err != nil || test.err != "" {
			if err != nil {
				text = err.Error()
			}
			if text != test.err {
				t.Errorf("%q: %q, want %q", test.text, text, test.err)
			}
		} else if got != test.want {
			t.Errorf("%q: %+v, want %+v", test.text, got, test.want)
		}
	}
}
