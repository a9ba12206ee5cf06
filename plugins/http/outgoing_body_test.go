package http_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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
	_, code := e.await(f)
	e.want(code, "HTTP-protocol-error", "the response to half a request")
}

// TestTrailersThatFrame ends bodies with trailers of which the other end could take
// the length, or the coding, of the body.
func TestTrailersThatFrame(t *testing.T) {
	s := serve(t, func(_ nethttp.ResponseWriter, r *nethttp.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	e := env(t, http.Config{}, s.URL)
	for _, name := range []string{"content-length", "Content-Encoding", "trailer", "te", "authorization"} {
		r := e.request("POST", s.URL, e.headers("trailer", name))
		body, out := e.body(r)
		f := e.handle(r)
		e.write(out, "abc")
		plugintest.Drop(out)
		e.want(e.Fails(types, "[static]outgoing-body.finish", body, some(e.headers(name, "1"))), "HTTP-protocol-error", name)
		_, code := e.await(f)
		e.want(code, "HTTP-protocol-error", "the response to a request with the trailer "+name)
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
	h2c := serveH2C(t, handle)
	for grant, url := range map[string]string{s.URL: s.URL, h2.URL: h2.URL, "h2c" + strings.TrimPrefix(h2c, "http"): h2c} {
		e := env(t, http.Config{TLS: &tls.Config{RootCAs: roots}}, grant)
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
