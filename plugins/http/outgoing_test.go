package http_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

func TestConnectionErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1000))
			if n%2 == 1 {
				_, _ = io.WriteString(c, "this is not HTTP\r\n\r\n")
			}
			c.Close()
		}
	}()
	e := env(t, http.Config{}, "http://*:*", "https://*:*")
	e.want(e.fails(e.request("GET", "http://127.0.0.1:1/", e.headers())), "connection-refused", "a closed port")
	e.want(e.fails(e.request("POST", "http://"+l.Addr().String(), e.headers())), "connection-terminated", "a server that closes")
	if got := e.fails(e.request("POST", "http://"+l.Addr().String(), e.headers())); got != "HTTP-protocol-error" && got != "internal-error" {
		t.Errorf("a server that speaks something else: %s", got)
	}
	if got := e.fails(e.request("GET", "http://does-not-exist.invalid/", e.headers())); !strings.HasPrefix(got, "DNS-") {
		t.Errorf("a name that is none: %s", got)
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) { fmt.Fprint(w, r.Proto) }))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	e := env(t, http.Config{}, s.URL)
	e.want(e.fails(e.request("GET", s.URL, e.headers())), "TLS-certificate-error", "a certificate of nobody")
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	e = env(t, http.Config{TLS: &tls.Config{RootCAs: roots}}, s.URL)
	e.want(e.text(e.response(e.request("GET", s.URL, e.headers()))), "HTTP/2.0", "protocol")
	plain := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {})
	e = env(t, http.Config{}, "https://127.0.0.1:*")
	e.want(e.fails(e.request("GET", strings.Replace(plain.URL, "http:", "https:", 1), e.headers())), "TLS-protocol-error", "a server without TLS")
}

// TestBody streams a body to the server, which answers while it comes.
func TestBody(t *testing.T) {
	var length atomic.Int64
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		length.Store(r.ContentLength)
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %v %v", len(b), err, r.Trailer)
	})
	e := env(t, http.Config{}, s.URL)
	for _, tt := range []struct {
		what    string
		size    int
		headers []string
		early   bool // finish before it is sent
		length  int64
	}{
		{"unknown length", 300_000, nil, false, -1},
		{"known length", 300_000, []string{"content-length", "300000"}, false, 300_000},
		{"complete", 1000, nil, true, 1000},
		{"empty", 0, nil, true, 0},
	} {
		r := e.request("POST", s.URL, e.headers(tt.headers...))
		body, out := e.body(r)
		e.want(e.Fails(types, "[method]outgoing-request.body", plugintest.Lend(r)), "error", "body twice")
		e.want(e.Fails(types, "[method]outgoing-body.write", plugintest.Lend(body)), "error", "write twice")
		var f value.Value
		if !tt.early {
			f = e.handle(r)
			e.write(out, strings.Repeat("x", tt.size))
		} else {
			for range tt.size / 1000 {
				e.Ok(streams, "[method]output-stream.check-write", plugintest.Lend(out))
				e.Ok(streams, "[method]output-stream.write", plugintest.Lend(out), blob(strings.Repeat("x", 1000)))
			}
		}
		e.finish(body, out)
		if tt.early {
			f = e.handle(r)
		}
		resp, code := e.await(f)
		if code != "" {
			t.Fatalf("%s: %s", tt.what, code)
		}
		e.want(e.text(resp), fmt.Sprintf("%d <nil> map[]", tt.size), tt.what)
		if n := length.Load(); n != tt.length {
			t.Errorf("%s: length %d", tt.what, n)
		}
	}
}

func TestBodyOfAnotherLength(t *testing.T) {
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	e := env(t, http.Config{}, s.URL)
	r := e.request("POST", s.URL, e.headers("content-length", "5"))
	body, out := e.body(r)
	f := e.handle(r)
	e.write(out, "1234")
	plugintest.Drop(out)
	e.want(e.Fails(types, "[static]outgoing-body.finish", body, value.None()), "HTTP-request-body-size", "a short body")
	_, code := e.await(f)
	e.want(code, "HTTP-request-body-size", "the response to a short body")

	r = e.request("POST", s.URL, e.headers("content-length", "5"))
	_, out = e.body(r)
	e.handle(r)
	v := e.Must(streams, "[method]output-stream.blocking-write-and-flush", plugintest.Lend(out), blob("123456"))
	p, _ := v.Payload()
	h, ok := p.Payload()
	if !ok {
		t.Fatal("a long body was taken")
	}
	c, _ := e.Must(types, "http-error-code", plugintest.Lend(h)).Payload()
	e.want(http.Code(c.Case()).String(), "HTTP-request-body-size", "a long body")
}

func TestFinishNeedsTheStreamDropped(t *testing.T) {
	e := env(t, http.Config{})
	r := e.request("POST", "http://localhost", e.headers())
	body, _ := e.body(r)
	err := e.Traps(types, "[static]outgoing-body.finish", body, value.None())
	if err.Error() != "the body's stream is still open: drop it before the body is finished" {
		t.Error(err)
	}
}

// TestUnfinishedBody drops a body that is being sent.
func TestUnfinishedBody(t *testing.T) {
	failed := make(chan error, 1)
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		failed <- err
	})
	e := env(t, http.Config{}, s.URL)
	r := e.request("POST", s.URL, e.headers())
	body, out := e.body(r)
	f := e.handle(r)
	e.write(out, "half")
	plugintest.Drop(out)
	plugintest.Drop(body)
	if err := <-failed; err == nil {
		t.Error("the server took half a body for a whole one")
	}
	if _, code := e.await(f); code == "" {
		t.Error("there is a response to half a request")
	}
}

func TestTrailers(t *testing.T) {
	h2 := httptest.NewUnstartedServer(nil)
	h2.EnableHTTP2 = true
	handle := nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, _ = io.Copy(w, r.Body)
		_ = nethttp.NewResponseController(w).Flush()
		w.Header().Set("Trailer:X-Sum", "back "+r.Trailer.Get("X-Sum"))
	})
	h2.Config.Handler = handle
	h2.StartTLS()
	defer h2.Close()
	roots := x509.NewCertPool()
	roots.AddCert(h2.Certificate())
	s := serve(t, handle)
	for _, url := range []string{s.URL, h2.URL} {
		e := env(t, http.Config{TLS: &tls.Config{RootCAs: roots}}, url)
		r := e.request("POST", url, e.headers("trailer", "x-sum"))
		body, out := e.body(r)
		f := e.handle(r)
		e.write(out, "abc")
		e.finish(body, out, e.headers("x-sum", "42"))
		resp, code := e.await(f)
		if code != "" {
			t.Fatal(code)
		}
		rb, in := e.stream(resp)
		got, _ := e.read(in)
		e.want(got, "abc", "body")
		e.Traps(types, "[static]incoming-body.finish", rb)
		plugintest.Drop(in)
		future := e.own(e.Must(types, "[static]incoming-body.finish", rb))
		p := e.own(e.Must(types, "[method]future-trailers.subscribe", future))
		e.Must(poll, "[method]pollable.block", p)
		outer, _ := e.Must(types, "[method]future-trailers.get", future).Payload()
		inner, _ := outer.Payload()
		opt, _ := inner.Payload()
		trailers, ok := opt.Payload()
		if !ok {
			t.Fatal("no trailers")
		}
		e.want(e.entries(plugintest.Lend(trailers)), "x-sum=back 42", "trailers")
		outer, _ = e.Must(types, "[method]future-trailers.get", future).Payload()
		if outer.Case() != 1 {
			t.Error("trailers were given twice")
		}
	}
}

// TestTrailersOfABodyNotRead asks for the trailers of a body that was not read.
func TestTrailersOfABodyNotRead(t *testing.T) {
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 200_000))
	})
	e := env(t, http.Config{}, s.URL)
	body := e.Ok(types, "[method]incoming-response.consume", e.response(e.request("GET", s.URL, e.headers())))
	future := e.own(e.Must(types, "[static]incoming-body.finish", body))
	p := e.own(e.Must(types, "[method]future-trailers.subscribe", future))
	e.Must(poll, "[method]pollable.block", p)
	outer, _ := e.Must(types, "[method]future-trailers.get", future).Payload()
	inner, _ := outer.Payload()
	if opt, _ := inner.Payload(); inner.Case() != 0 || opt.Case() != 0 {
		t.Error("not without trailers")
	}
}

func TestBackPressure(t *testing.T) {
	var sent atomic.Int64
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		for range 1000 {
			n, err := w.Write(make([]byte, 64<<10))
			if err != nil {
				return
			}
			sent.Add(int64(n))
		}
	})
	e := env(t, http.Config{}, s.URL)
	resp := e.response(e.request("GET", s.URL, e.headers()))
	time.Sleep(100 * time.Millisecond)
	if n := sent.Load(); n > 16<<20 {
		t.Errorf("%d bytes were taken from the server before anybody read", n)
	}
	body, in := e.stream(resp)
	plugintest.Drop(in)
	plugintest.Drop(body)

	release := make(chan struct{})
	slow := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		<-release
		_, _ = io.Copy(io.Discard, r.Body)
	})
	e = env(t, http.Config{}, slow.URL)
	r := e.request("POST", slow.URL, e.headers())
	ob, out := e.body(r)
	f := e.handle(r)
	total := 0
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		p := plugintest.Lend(e.Must(streams, "[method]output-stream.subscribe", plugintest.Lend(out)))
		_, err := e.With(ctx).Call(poll, "[method]pollable.block", p)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		n := e.Ok(streams, "[method]output-stream.check-write", plugintest.Lend(out)).U64()
		e.Ok(streams, "[method]output-stream.write", plugintest.Lend(out), value.Bytes(make([]byte, n)))
		if total += int(n); total > 64<<20 {
			t.Fatal("a server that does not read takes any amount")
		}
	}
	close(release)
	e.finish(ob, out)
	if _, code := e.await(f); code != "" {
		t.Error(code)
	}
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "begin")
			_ = nethttp.NewResponseController(w).Flush()
		}
		<-release
	})
	defer close(release)
	e := env(t, http.Config{}, s.URL, "http://192.0.2.1")
	options := func(what string, d time.Duration) value.Value {
		o := e.Must(types, "[constructor]request-options")
		if e.Must(types, "[method]request-options."+what, plugintest.Lend(o)).Case() != 0 {
			t.Errorf("%s is set", what)
		}
		e.Ok(types, "[method]request-options.set-"+what, plugintest.Lend(o), some(value.U64(uint64(d))))
		if p, _ := e.Must(types, "[method]request-options."+what, plugintest.Lend(o)).Payload(); p.U64() != uint64(d) {
			t.Errorf("%s is not what it was set to", what)
		}
		return o
	}
	const short = 50 * time.Millisecond
	start := time.Now()
	e.want(e.fails(e.request("GET", s.URL, e.headers()), options("first-byte-timeout", short)), "connection-read-timeout", "first byte")
	resp := e.response(e.request("GET", s.URL+"/body", e.headers()), options("between-bytes-timeout", short))
	_, in := e.stream(resp)
	got, code := e.read(in)
	e.want(got+" "+code, "begin connection-read-timeout", "between bytes")
	// Nobody answers at this address; some networks say so at once.
	got = e.fails(e.request("GET", "http://192.0.2.1/", e.headers()), options("connect-timeout", short))
	if got != "connection-timeout" && got != "destination-IP-unroutable" && got != "connection-refused" {
		t.Errorf("connect: %s", got)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("the timeouts took %v", d)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var conns atomic.Int64
	s := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) { fmt.Fprint(w, "x") }))
	s.Config.ConnState = func(_ net.Conn, st nethttp.ConnState) {
		if st == nethttp.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	e := env(t, http.Config{}, s.URL)
	for range 20 {
		e.want(e.text(e.response(e.request("GET", s.URL, e.headers()))), "x", "body")
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestDropped drops futures, responses and bodies at all stages: the server sees
// its requests end.
func TestDropped(t *testing.T) {
	gone := make(chan struct{}, 10)
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path != "/early" {
			_, _ = io.WriteString(w, "begin")
			_ = nethttp.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	e := env(t, http.Config{MaxRequests: 1}, s.URL)
	wait := func(what string) {
		t.Helper()
		select {
		case <-gone:
		case <-time.After(5 * time.Second):
			t.Errorf("%s: the request goes on", what)
		}
	}
	f := e.Ok(handler, "handle", e.request("GET", s.URL+"/early", e.headers()), value.None())
	time.Sleep(20 * time.Millisecond)
	plugintest.Drop(f)
	wait("a dropped future")

	take := func() value.Value {
		f := e.Ok(handler, "handle", e.request("GET", s.URL+"/late", e.headers()), value.None())
		p := plugintest.Lend(e.Must(types, "[method]future-incoming-response.subscribe", plugintest.Lend(f)))
		e.Must(poll, "[method]pollable.block", p)
		v := e.Must(types, "[method]future-incoming-response.get", plugintest.Lend(f))
		outer, _ := v.Payload()
		inner, _ := outer.Payload()
		r, _ := inner.Payload()
		plugintest.Drop(f)
		return r
	}
	plugintest.Drop(take())
	wait("a dropped response")

	r := take()
	body := e.Ok(types, "[method]incoming-response.consume", plugintest.Lend(r))
	plugintest.Drop(r)
	plugintest.Drop(body)
	wait("a dropped body")

	r = take()
	body, in := e.stream(plugintest.Lend(r))
	plugintest.Drop(body)
	e.want(string(e.Ok(streams, "[method]input-stream.blocking-read", plugintest.Lend(in), value.U64(9)).Bytes()), "begin", "a stream without its body")
	plugintest.Drop(in)
	wait("a dropped stream")

	r = take()
	future := e.Must(types, "[static]incoming-body.finish", e.Ok(types, "[method]incoming-response.consume", plugintest.Lend(r)))
	if e.Must(types, "[method]future-trailers.get", plugintest.Lend(future)).Case() != 0 {
		t.Error("trailers before the end of the body")
	}
	plugintest.Drop(future)
	wait("dropped trailers")
	e.response(e.request("GET", s.URL+"/late", e.headers())) // the one request that may be under way
	v := e.Must(handler, "handle", e.request("GET", s.URL+"/late", e.headers()), value.None())
	p, _ := v.Payload()
	e.want(http.Code(p.Case()).String(), "connection-limit-reached", "one more")
}

// TestUnfinishedBodyAndNoResponse ends requests whose body is still being written.
func TestUnfinishedBodyAndNoResponse(t *testing.T) {
	s := serve(t, func(_ nethttp.ResponseWriter, r *nethttp.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	e := env(t, http.Config{FirstByteTimeout: 50 * time.Millisecond}, s.URL)
	r := e.request("POST", s.URL, e.headers())
	_, out := e.body(r)
	_, code := e.await(e.handle(r))
	e.want(code, "connection-read-timeout", "no response in time")
	v := e.Must(streams, "[method]output-stream.check-write", plugintest.Lend(out))
	if v.Case() == 0 {
		t.Error("the body can still be written")
	}

	e = env(t, http.Config{}, s.URL)
	r = e.request("POST", s.URL, e.headers())
	_, out = e.body(r)
	f := e.Ok(handler, "handle", r, value.None())
	e.write(out, "some")
	plugintest.Drop(f)
	p := plugintest.Lend(e.Must(streams, "[method]output-stream.subscribe", plugintest.Lend(out)))
	e.Must(poll, "[method]pollable.block", p)
	for e.Must(streams, "[method]output-stream.check-write", plugintest.Lend(out)).Case() == 0 {
		time.Sleep(time.Millisecond)
	}
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
