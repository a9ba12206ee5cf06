package http_test

import (
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
)

// serveH2C is a server that speaks HTTP/2 without TLS and nothing else.
func serveH2C(t *testing.T, h nethttp.HandlerFunc) string {
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = &nethttp.Protocols{}
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// TestH2C reaches servers that only speak HTTP/2 without TLS: where a grant says so, and
// with what is gRPC.
func TestH2C(t *testing.T) {
	said := func(w nethttp.ResponseWriter, r *nethttp.Request) {
		fmt.Fprint(w, r.Proto, " ", r.Header.Get("Te"))
	}
	h2c, h1 := serveH2C(t, said), serve(t, said).URL
	granted := "h2c" + strings.TrimPrefix(h2c, "http")
	for _, test := range []struct {
		grant, to, kind, te, want, code string
	}{
		{granted, h2c, "text/plain", "trailers", "HTTP/2.0 trailers", ""},
		{granted, h2c, "text/plain", "trailers, gzip", "HTTP/2.0 ", ""},
		{"h2c://*:*", h2c, "text/plain", "", "HTTP/2.0 ", ""},
		{h2c, h2c, "application/grpc", "trailers", "HTTP/2.0 trailers", ""},
		{h2c, h2c, "Application/gRPC+proto; x=y", "trailers", "HTTP/2.0 trailers", ""},
		{h2c, h2c, "application/grpc-web+proto", "", "", "connection-terminated"},
		{h2c, h2c, "text/plain", "", "", "connection-terminated"},
		{h1, h1, "text/plain", "gzip", "HTTP/1.1 ", ""},
		{h1, h1, "text/plain", "trailers", "HTTP/1.1 trailers", ""},
		{"h2c" + strings.TrimPrefix(h1, "http"), h1, "text/plain", "", "", "connection-terminated"},
		{"h2c://other.example:*", h2c, "text/plain", "", "", "HTTP-request-denied"},
		{granted, "https" + strings.TrimPrefix(h2c, "http"), "text/plain", "", "", "HTTP-request-denied"},
	} {
		e := env(t, http.Config{}, test.grant)
		fields := []string{"content-type", test.kind}
		if test.te != "" {
			fields = append(fields, "te", test.te)
		}
		r := e.request("GET", test.to, e.headers(fields...))
		if test.code == "HTTP-request-denied" {
			if v := e.Must(handler, "handle", r, value.None()); v.Case() != 1 {
				t.Errorf("%+v: sent", test)
			}
			continue
		}
		resp, code := e.await(e.handle(r))
		if code != test.code {
			t.Errorf("%+v: %q", test, code)
		}
		if code != "" {
			continue
		}
		if got := e.text(resp); got != test.want {
			t.Errorf("%+v: the server saw %q", test, got)
		}
	}
}
