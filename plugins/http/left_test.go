package http_test

import (
	"io"
	nethttp "net/http"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// descriptors counts the process's open files, 0 where that cannot be seen.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// TestNothingLeft sends many requests that end in all sorts of ways, and looks what is
// left of them: goroutines, descriptors. SIDECALL_REQUESTS says how many.
func TestNothingLeft(t *testing.T) {
	count := 2000
	if testing.Short() {
		count = 200
	}
	if n, err := strconv.Atoi(os.Getenv("SIDECALL_REQUESTS")); err == nil {
		count = n
	}
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(w, "begin")
			_ = nethttp.NewResponseController(w).Flush()
			<-r.Context().Done()
		case "/silent":
			<-r.Context().Done()
		case "/abort":
			panic(nethttp.ErrAbortHandler)
		default:
			_, _ = io.Copy(w, r.Body)
		}
	})
	e := env(t, http.Config{FirstByteTimeout: time.Minute}, s.URL)
	send := func(method, path string, options ...value.Value) value.Value {
		opt := value.None()
		if len(options) > 0 {
			opt = some(options[0])
		}
		return e.Ok(handler, "handle", e.request(method, s.URL+path, e.headers()), opt)
	}
	// get waits for the response and takes it.
	get := func(f value.Value) (resp value.Value, ok bool) {
		p := e.Must(types, "[method]future-incoming-response.subscribe", plugintest.Lend(f))
		e.Must(poll, "[method]pollable.block", plugintest.Lend(p))
		plugintest.Drop(p)
		v, _ := e.Must(types, "[method]future-incoming-response.get", plugintest.Lend(f)).Payload()
		v, _ = v.Payload()
		plugintest.Drop(f)
		resp, _ = v.Payload()
		return resp, v.Case() == 0
	}
	body := func(resp value.Value) (body, in value.Value) {
		body = e.Ok(types, "[method]incoming-response.consume", plugintest.Lend(resp))
		return body, e.Ok(types, "[method]incoming-body.stream", plugintest.Lend(body))
	}
	short := func() value.Value {
		o := e.Must(types, "[constructor]request-options")
		e.Ok(types, "[method]request-options.set-first-byte-timeout", plugintest.Lend(o), some(value.U64(uint64(time.Millisecond))))
		return o
	}
	ways := []func(){
		func() { // as it should be
			resp, _ := get(send("GET", "/"))
			b, in := body(resp)
			e.read(in)
			plugintest.Drop(in)
			future := e.Must(types, "[static]incoming-body.finish", b)
			e.Must(types, "[method]future-trailers.get", plugintest.Lend(future))
			plugintest.Drop(future)
			plugintest.Drop(resp)
		},
		func() { // echoed
			r := e.request("POST", s.URL, e.headers())
			ob, out := e.body(r)
			f := e.Ok(handler, "handle", r, value.None())
			e.write(out, "some text")
			e.finish(ob, out)
			resp, _ := get(f)
			b, in := body(resp)
			e.read(in)
			plugintest.Drop(in)
			plugintest.Drop(b)
			plugintest.Drop(resp)
		},
		func() { plugintest.Drop(send("GET", "/silent")) },
		func() { // the response alone is dropped
			resp, _ := get(send("GET", "/long"))
			plugintest.Drop(resp)
		},
		func() { // the stream before the body
			resp, _ := get(send("GET", "/long"))
			b, in := body(resp)
			plugintest.Drop(resp)
			plugintest.Drop(in)
			plugintest.Drop(b)
		},
		func() { // and the other way round
			resp, _ := get(send("GET", "/long"))
			b, in := body(resp)
			plugintest.Drop(b)
			plugintest.Drop(in)
			plugintest.Drop(resp)
		},
		func() { // trailers that never come
			resp, _ := get(send("GET", "/long"))
			b := e.Ok(types, "[method]incoming-response.consume", plugintest.Lend(resp))
			plugintest.Drop(e.Must(types, "[static]incoming-body.finish", b))
			plugintest.Drop(resp)
		},
		func() { get(send("GET", "/abort")) },
		func() { get(send("GET", "/silent", short())) },
		func() { // half a body
			r := e.request("POST", s.URL, e.headers())
			ob, out := e.body(r)
			f := e.Ok(handler, "handle", r, value.None())
			e.write(out, "half")
			plugintest.Drop(out)
			plugintest.Drop(ob)
			get(f)
		},
		func() { // never sent
			r := e.request("POST", s.URL, e.headers())
			ob, out := e.body(r)
			plugintest.Drop(out)
			plugintest.Drop(ob)
		},
	}
	run := func(n int) {
		for i := range n {
			ways[i%len(ways)]()
		}
	}
	settles := func(what string, cond func() bool) {
		t.Helper()
		for range 3000 {
			if cond() {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("more %s than before", what)
	}
	run(50)
	goroutines, files := runtime.NumGoroutine(), descriptors()
	run(count)
	// Some connections may be kept; what each way left behind would be more.
	settles("goroutines", func() bool { return runtime.NumGoroutine() <= goroutines+15 })
	settles("descriptors", func() bool { return descriptors() <= files+15 })
}
