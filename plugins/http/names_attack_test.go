package http_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	nethttp "net/http"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// TestNamesThatLeadHome has whoever answers for a granted name answer with addresses
// of the host, its link and its cloud.
func TestNamesThatLeadHome(t *testing.T) {
	s := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) { t.Error("a request came to the host itself") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	var addr atomic.Pointer[netip.Addr]
	resolver := plugintest.Resolver(t, func(string) plugintest.DNS { return plugintest.DNS{Addrs: []netip.Addr{*addr.Load()}} })
	e := env(t, http.Config{Resolver: resolver}, "http://*:*")
	for _, a := range []string{"127.0.0.1", "0.0.0.0", "169.254.169.254", "::1", "::", "::ffff:127.0.0.1", "fe80::1", "fd00:ec2::254", "255.255.255.255"} {
		ip := netip.MustParseAddr(a)
		addr.Store(&ip)
		e.want(e.fails(e.request("GET", "http://api.example.test:"+port, e.headers())), "destination-IP-prohibited", a)
	}
	e.TellsOnce("http", "")
}

// TestRebinding changes the answer for a granted name from one question to the next:
// whenever a request is sent, the address that it is sent to is the one that was
// checked.
func TestRebinding(t *testing.T) {
	s := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) { t.Error("a request came to the host itself") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	var asked atomic.Int64
	resolver := plugintest.Resolver(t, func(string) plugintest.DNS {
		if asked.Add(1)%4 < 2 { // the questions for IPv4 and IPv6 come together
			return plugintest.DNS{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
		}
		return plugintest.DNS{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}}
	})
	e := env(t, http.Config{Resolver: resolver, ConnectTimeout: 200 * time.Millisecond}, "http://rebind.example.test:*")
	prohibited := 0
	for n := 0; prohibited < 3; n++ {
		if n == 100 {
			t.Fatalf("the name led home %d times in 100", prohibited)
		}
		if e.fails(e.request("GET", "http://rebind.example.test:"+port, e.headers())) == "destination-IP-prohibited" {
			prohibited++
		}
	}
}

// TestRedirectsOut follows redirects as a guest does: each request is checked, so
// that none leads to what is not granted, whatever the name is written like.
func TestRedirectsOut(t *testing.T) {
	secret := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) { t.Error("a redirect led out of the grant") })
	_, port, _ := net.SplitHostPort(secret.Listener.Addr().String())
	targets := []string{secret.URL, "http://localhost:" + port, "http://LOCALHOST.:" + port, "http://127.1:" + port, "http://2130706433:" + port,
		"http://0x7f.0.0.1:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://[::1]:" + port, "http://0:" + port, "http://１２７.0.0.1:" + port}
	var at atomic.Int64
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("Location", targets[at.Load()])
		w.WriteHeader(302)
	})
	e := env(t, http.Config{}, s.URL)
	for i, target := range targets {
		at.Store(int64(i))
		resp := e.response(e.request("GET", s.URL, e.headers()))
		h := plugintest.Lend(e.Must(types, "[method]incoming-response.headers", resp))
		location := string(e.Must(types, "[method]fields.get", h, str("location")).At(0).Bytes())
		e.want(location, target, "location")
		v := e.Must(handler, "handle", e.request("GET", location, e.headers()), value.None())
		p, _ := v.Payload()
		if v.Case() == 0 {
			plugintest.Drop(p)
			t.Errorf("a request to %s was sent", target)
		} else if got := http.Code(p.Case()).String(); got != "HTTP-request-denied" && got != "HTTP-request-URI-invalid" {
			t.Errorf("%s: %s", target, got)
		}
	}
}

// TestNameServers has name servers fail in different ways.
func TestNameServers(t *testing.T) {
	resolver := plugintest.Resolver(t, func(name string) plugintest.DNS {
		what, _, _ := strings.Cut(name, ".")
		switch what {
		case "none":
			return plugintest.DNS{Code: dnsmessage.RCodeNameError}
		case "broken":
			return plugintest.DNS{Code: dnsmessage.RCodeServerFailure}
		case "refused":
			return plugintest.DNS{Code: dnsmessage.RCodeRefused}
		case "silent":
			return plugintest.DNS{Silent: true}
		}
		return plugintest.DNS{} // a name without addresses
	})
	e := env(t, http.Config{Resolver: resolver}, "http://*.test")
	for _, tt := range []struct{ name, want string }{
		{"none", `DNS-error {some("NXDOMAIN"), none}`},
		{"empty", `DNS-error {some("NXDOMAIN"), none}`},
		{"broken", `DNS-error {none, none}`},
		{"refused", `DNS-error {none, none}`},
	} {
		e.want(e.outcome(e.request("GET", fmt.Sprintf("http://%s.test", tt.name), e.headers())), tt.want, tt.name)
	}
	hasty := env(t, http.Config{Resolver: resolver, ConnectTimeout: 200 * time.Millisecond}, "http://*.test")
	hasty.want(hasty.outcome(hasty.request("GET", "http://silent.test", hasty.headers())), "DNS-timeout", "silent")
}
