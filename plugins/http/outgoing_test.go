package http_test

import (
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

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
