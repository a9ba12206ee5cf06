package http_test

import (
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

func TestGet(t *testing.T) {
	var seen string
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		seen = fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Header, " ", r.ContentLength, " ", r.TransferEncoding)
		w.Header().Add("X-Two", "1")
		w.Header().Add("X-Two", "2")
		w.WriteHeader(203)
		_, _ = io.WriteString(w, "hello")
	})
	e := env(t, http.Config{}, s.URL)
	resp := e.response(e.request("GET", s.URL+"/a%2Fb/c?x=1&y=%20", e.headers("X-A", "1", "x-a", "2")))
	if n := e.status(resp); n != 203 {
		t.Errorf("status %d", n)
	}
	e.want(seen, "GET /a%2Fb/c?x=1&y=%20 map[X-A:[1 2]] 0 []", "what the server saw")
	h := plugintest.Lend(e.Must(types, "[method]incoming-response.headers", resp))
	if got := e.entries(h); !strings.Contains(got, "x-two=1 x-two=2") {
		t.Errorf("headers %q", got)
	}
	e.want(e.change("[method]fields.delete", h, str("x-two")), "immutable", "delete of a response's header")
	e.want(e.text(resp), "hello", "body")
	e.want(e.Fails(types, "[method]incoming-response.consume", resp), "error", "consume twice")
}

func TestGetTwiceFromTheFuture(t *testing.T) {
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {})
	e := env(t, http.Config{}, s.URL)
	f := e.handle(e.request("GET", s.URL, e.headers()))
	e.await(f)
	outer, ok := e.Must(types, "[method]future-incoming-response.get", f).Payload()
	if !ok || outer.Case() != 1 {
		t.Error("the response was given twice")
	}
}

func TestRequestLine(t *testing.T) {
	e := env(t, http.Config{})
	r := plugintest.Lend(e.Must(types, "[constructor]outgoing-request", e.headers()))
	if e.Must(types, "[method]outgoing-request.method", r).Case() != 0 {
		t.Error("the method is not GET")
	}
	for _, what := range []string{"path-with-query", "scheme", "authority"} {
		if e.Must(types, "[method]outgoing-request."+what, r).Case() != 0 {
			t.Errorf("there is a %s", what)
		}
	}
	set := func(what string, v value.Value) string {
		return e.change("[method]outgoing-request.set-"+what, r, v)
	}
	for _, tt := range []struct{ what, v, want string }{
		{"path-with-query", "/", "ok"},
		{"path-with-query", "/a?b=c&d", "ok"},
		{"path-with-query", "?q", "ok"},
		{"path-with-query", "*", "ok"},
		{"path-with-query", "", "ok"},
		{"path-with-query", "a", "error"},
		{"path-with-query", "/a b", "error"},
		{"path-with-query", "/a\r\nX: y", "error"},
		{"path-with-query", "/a#b", "error"},
		{"path-with-query", "/%zz", "error"},
		{"path-with-query", "http://x/", "error"},
		{"authority", "example.com", "ok"},
		{"authority", "example.com:80", "ok"},
		{"authority", "[::1]:80", "ok"},
		{"authority", "", "error"},
		{"authority", "user@example.com", "error"},
		{"authority", "example.com/x", "error"},
		{"authority", "example.com:x", "error"},
		{"authority", "a\nb", "error"},
		{"authority", "a b", "error"},
		{"authority", ":80", "error"},
		{"authority", "a\\b", "error"},
	} {
		e.want(set(tt.what, some(str(tt.v))), tt.want, "set-"+tt.what+" "+tt.v)
		if tt.want == "ok" {
			p, _ := e.Must(types, "[method]outgoing-request."+tt.what, r).Payload()
			e.want(p.Str(), tt.v, tt.what)
		}
	}
	for _, tt := range []struct{ name, want string }{{"PURGE", "ok"}, {"", "error"}, {"G T", "error"}, {"GET\r\n", "error"}} {
		v := str(tt.name)
		e.want(set("method", value.Variant(9, &v)), tt.want, "set-method "+tt.name)
	}
	for i, want := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"} {
		v := str(want)
		e.want(set("method", value.Variant(9, &v)), "ok", "set-method")
		if e.Must(types, "[method]outgoing-request.method", r).Case() != i {
			t.Errorf("method %s is not case %d", want, i)
		}
	}
	for _, tt := range []struct{ name, want string }{{"ftp", "ok"}, {"a+b.c-1", "ok"}, {"", "error"}, {"1a", "error"}, {"a:", "error"}} {
		v := str(tt.name)
		e.want(set("scheme", some(value.Variant(2, &v))), tt.want, "set-scheme "+tt.name)
	}
}

func TestGrants(t *testing.T) {
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {})
	other := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {})
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, tt := range []struct {
		origins []string
		url     string
		want    string
	}{
		{nil, s.URL, "HTTP-request-denied"},
		{[]string{s.URL}, s.URL, "ok"},
		{[]string{s.URL + "/"}, s.URL, "ok"},
		{[]string{other.URL}, s.URL, "HTTP-request-denied"},
		{[]string{strings.Replace(s.URL, "http", "https", 1)}, s.URL, "HTTP-request-denied"},
		{[]string{"http://127.0.0.1:*"}, s.URL, "ok"},
		{[]string{"http://127.0.0.1"}, s.URL, "HTTP-request-denied"},
		{[]string{"http://*:" + port}, s.URL, "ok"},
		{[]string{"http://*.0.0.1:" + port}, s.URL, "configuration-error"}, // an address is below no name
		{[]string{"http://*.localhost:" + port, "http://localhost:" + port}, "http://LOCALHOST.:" + port, "ok"},
		{[]string{"http://localhost:" + port}, s.URL, "HTTP-request-denied"}, // by name only
		{[]string{"127.0.0.1"}, s.URL, "configuration-error"},
		{[]string{"http://user@127.0.0.1"}, s.URL, "configuration-error"},
		{[]string{"http://127.0.0.1/path"}, s.URL, "configuration-error"},
		{[]string{"http://example.com"}, "http://example.com.evil.test", "HTTP-request-denied"},
		{[]string{"http://*.example.com"}, "http://evilexample.com", "HTTP-request-denied"},
	} {
		e := env(t, http.Config{}, tt.origins...)
		v := e.Must(handler, "handle", e.request("GET", tt.url, e.headers()), value.None())
		got := "ok"
		if p, _ := v.Payload(); v.Case() == 1 {
			got = http.Code(p.Case()).String()
		} else {
			e.await(e.own(p))
		}
		e.want(got, tt.want, fmt.Sprint(tt.url, " with ", tt.origins))
	}
}

// TestGrantsOfWhatIsPassedOn has one component send the requests of another: where they
// may go is what their maker is granted.
func TestGrantsOfWhatIsPassedOn(t *testing.T) {
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {})
	for _, tt := range []struct{ maker, sender, want string }{
		{s.URL, "", "ok"},
		{s.URL, "http://elsewhere.test", "ok"},
		{"", s.URL, "HTTP-request-denied"}, // or a sidecar's grants would be everybody's
		{"http://elsewhere.test", s.URL, "HTTP-request-denied"},
		{"", "", "HTTP-request-denied"},
	} {
		app, sidecar := pair(t, tt.maker, tt.sender)
		r := app.request("GET", s.URL, app.headers())
		// Wherever the sidecar directs it to.
		sidecar.Ok(types, "[method]outgoing-request.set-authority", plugintest.Lend(r), some(str(strings.TrimPrefix(s.URL, "http://"))))
		v := sidecar.Must(handler, "handle", r, value.None())
		got := "ok"
		if p, _ := v.Payload(); v.Case() == 1 {
			got = http.Code(p.Case()).String()
		} else {
			sidecar.await(sidecar.own(p))
		}
		app.want(got, tt.want, fmt.Sprintf("maker %q, sender %q", tt.maker, tt.sender))
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	e := env(t, http.Config{}, "http://*:*", "https://*:*")
	code := func(r value.Value) string {
		p, _ := e.Must(handler, "handle", r, value.None()).Payload()
		return http.Code(p.Case()).String()
	}
	e.want(code(e.Must(types, "[constructor]outgoing-request", e.headers())), "HTTP-request-URI-invalid", "no authority")
	e.want(code(e.request("CONNECT", "http://localhost:1/", e.headers())), "HTTP-request-method-invalid", "CONNECT")
	e.want(code(e.request("GET", "http://localhost:1/", e.headers("content-length", "x"))), "HTTP-protocol-error", "content-length")
	e.want(code(e.request("GET", "http://localhost:1/", e.headers("content-length", "1", "content-length", "2"))), "HTTP-protocol-error", "two content-lengths")
	r := e.request("GET", "http://localhost:1/", e.headers())
	ftp := str("ftp")
	e.Ok(types, "[method]outgoing-request.set-scheme", plugintest.Lend(r), some(value.Variant(2, &ftp)))
	e.want(code(r), "HTTP-protocol-error", "another scheme")
}

// TestRedirectIsNotFollowed leaves redirects to the guest, whose next request is
// checked like the first.
func TestRedirectIsNotFollowed(t *testing.T) {
	secret := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) { t.Error("a redirect was followed") })
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("Location", secret.URL)
		w.WriteHeader(302)
	})
	e := env(t, http.Config{}, s.URL)
	if n := e.status(e.response(e.request("GET", s.URL, e.headers()))); n != 302 {
		t.Errorf("status %d", n)
	}
}
