package http_test

import (
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/io"
)

const (
	types   = "wasi:http/types@0.2.12"
	handler = "wasi:http/outgoing-handler@0.2.12"
	streams = "wasi:io/streams@0.2.12"
	poll    = "wasi:io/poll@0.2.12"
)

type httpEnv struct {
	*plugintest.Env
	t testing.TB
}

func env(t testing.TB, cfg http.Config, origins ...string) *httpEnv {
	t.Helper()
	plugintest.NoGoroutines(t)
	p := http.New(cfg)
	t.Cleanup(func() { p.Close() })
	e := plugintest.New(t, plan.Grants{OutboundHosts: origins}, host.Stdio{}, p.Interfaces(), io.Interfaces(), clocks.Interfaces())
	return &httpEnv{e, t}
}

// pair is env of two components, with an origin granted to each, or "".
func pair(t testing.TB, first, second string) (a, b *httpEnv) {
	t.Helper()
	plugintest.NoGoroutines(t)
	p := http.New(http.Config{})
	t.Cleanup(func() { p.Close() })
	var components []plan.Component
	for _, origin := range []string{first, second} {
		c := plan.Component{Name: "c"}
		if origin != "" {
			c.Grants.OutboundHosts = []string{origin}
		}
		components = append(components, c)
	}
	e := plugintest.Of(t, components, host.Stdio{}, p.Interfaces(), io.Interfaces(), clocks.Interfaces())
	return &httpEnv{e, t}, &httpEnv{e.As(1), t}
}

// own drops v at the end of the test and returns a borrow of it.
func (e *httpEnv) own(v value.Value) value.Value {
	e.t.Cleanup(func() { plugintest.Drop(v) })
	return plugintest.Lend(v)
}

func str(s string) value.Value { return value.String(s) }

func some(v value.Value) value.Value { return value.Some(v) }

func blob(s string) value.Value { return value.Bytes([]byte(s)) }

// headers makes fields of pairs.
func (e *httpEnv) headers(pairs ...string) value.Value {
	e.t.Helper()
	f := e.Must(types, "[constructor]fields")
	for i := 0; i < len(pairs); i += 2 {
		e.Ok(types, "[method]fields.append", plugintest.Lend(f), str(pairs[i]), blob(pairs[i+1]))
	}
	return f
}

// entries shows fields as text.
func (e *httpEnv) entries(f value.Value) string {
	e.t.Helper()
	list := e.Must(types, "[method]fields.entries", f)
	var out []string
	for i := range list.Len() {
		out = append(out, list.At(i).At(0).Str()+"="+string(list.At(i).At(1).Bytes()))
	}
	return strings.Join(out, " ")
}

// request makes a request for a URL.
func (e *httpEnv) request(method, url string, headers value.Value) value.Value {
	e.t.Helper()
	r := e.Must(types, "[constructor]outgoing-request", headers)
	scheme, rest, _ := strings.Cut(url, "://")
	authority, path, _ := strings.Cut(rest, "/")
	set := func(what string, v value.Value) {
		e.t.Helper()
		e.Ok(types, "[method]outgoing-request.set-"+what, plugintest.Lend(r), v)
	}
	m := str(method)
	set("method", value.Variant(9, &m))
	n := 0
	if scheme == "https" {
		n = 1
	}
	set("scheme", some(value.Variant(n, nil)))
	set("authority", some(str(authority)))
	set("path-with-query", some(str("/"+path)))
	return r
}

// handle sends a request and returns the future.
func (e *httpEnv) handle(r value.Value, options ...value.Value) value.Value {
	e.t.Helper()
	opt := value.None()
	if len(options) > 0 {
		opt = some(options[0])
	}
	return e.own(e.Ok(handler, "handle", r, opt))
}

// await waits for the response. code is the error-code's name if there is none.
func (e *httpEnv) await(future value.Value) (response value.Value, code string) {
	e.t.Helper()
	p := e.own(e.Must(types, "[method]future-incoming-response.subscribe", future))
	e.Must(poll, "[method]pollable.block", p)
	v := e.Must(types, "[method]future-incoming-response.get", future)
	outer, _ := v.Payload()
	inner, ok := outer.Payload()
	if !ok {
		e.t.Fatal("the response was taken before")
	}
	r, _ := inner.Payload()
	if inner.Case() == 1 {
		return value.Value{}, http.Code(r.Case()).String()
	}
	return e.own(r), ""
}

// response is await of a request that must succeed.
func (e *httpEnv) response(r value.Value, options ...value.Value) value.Value {
	e.t.Helper()
	resp, code := e.await(e.handle(r, options...))
	if code != "" {
		e.t.Fatalf("no response: %s", code)
	}
	return resp
}

// fails is await of a request that must fail.
func (e *httpEnv) fails(r value.Value, options ...value.Value) string {
	e.t.Helper()
	_, code := e.await(e.handle(r, options...))
	return code
}

func (e *httpEnv) status(resp value.Value) int {
	return int(e.Must(types, "[method]incoming-response.status", resp).U16())
}

// stream returns a response's body and its stream.
func (e *httpEnv) stream(resp value.Value) (body, in value.Value) {
	e.t.Helper()
	body = e.Ok(types, "[method]incoming-response.consume", resp)
	return body, e.Ok(types, "[method]incoming-body.stream", plugintest.Lend(body))
}

// read reads a stream to its end; code says how it ended.
func (e *httpEnv) read(in value.Value) (body, code string) {
	e.t.Helper()
	var b []byte
	for {
		v := e.Must(streams, "[method]input-stream.blocking-read", plugintest.Lend(in), value.U64(1<<16))
		p, _ := v.Payload()
		if v.Case() == 0 {
			b = append(b, p.Bytes()...)
			continue
		}
		if h, failed := p.Payload(); failed {
			c := e.Must(types, "http-error-code", plugintest.Lend(h))
			if p, ok := c.Payload(); ok {
				return string(b), http.Code(p.Case()).String()
			}
			return string(b), "no code"
		}
		return string(b), ""
	}
}

// text is the body of a response.
func (e *httpEnv) text(resp value.Value) string {
	e.t.Helper()
	body, in := e.stream(resp)
	s, code := e.read(in)
	if code != "" {
		e.t.Errorf("the body ended with %s", code)
	}
	plugintest.Drop(in)
	plugintest.Drop(body)
	return s
}

// body takes a request's body and its stream.
func (e *httpEnv) body(r value.Value) (body, out value.Value) {
	e.t.Helper()
	body = e.Ok(types, "[method]outgoing-request.body", plugintest.Lend(r))
	return body, e.Ok(types, "[method]outgoing-body.write", plugintest.Lend(body))
}

// write writes all of s, waiting as often as it takes.
func (e *httpEnv) write(out value.Value, s string) {
	e.t.Helper()
	for len(s) > 0 {
		n := min(len(s), 4096)
		e.Ok(streams, "[method]output-stream.blocking-write-and-flush", plugintest.Lend(out), blob(s[:n]))
		s = s[n:]
	}
}

// finish ends a body.
func (e *httpEnv) finish(body, out value.Value, trailers ...value.Value) {
	e.t.Helper()
	plugintest.Drop(out)
	t := value.None()
	if len(trailers) > 0 {
		t = some(trailers[0])
	}
	e.Ok(types, "[static]outgoing-body.finish", body, t)
}

func (e *httpEnv) want(got, want, what string) {
	e.t.Helper()
	if got != want {
		e.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func serve(t testing.TB, h nethttp.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}
