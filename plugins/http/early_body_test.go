package http_test

import (
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// kept is how much of a body is kept that nobody can read yet; a blocking write, which flushes,
// ends when there is room for more.
const kept = 256<<10 - 1

// TestBodyBeforeHandle writes a body, as often guests do, before the request is sent: it is
// kept, up to a limit, beyond which the write fails and says what to do.
func TestBodyBeforeHandle(t *testing.T) {
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		b, err := io.ReadAll(r.Body)
		fmt.Fprint(w, len(b), err)
	})
	e := env(t, http.Config{}, s.URL)
	r := e.request("POST", s.URL, e.headers())
	body, out := e.body(r)
	e.write(out, strings.Repeat("x", kept))
	f := e.handle(r)
	e.write(out, strings.Repeat("x", kept)) // now somebody reads
	e.finish(body, out)
	resp, code := e.await(f)
	if code != "" {
		t.Fatal(code)
	}
	e.want(e.text(resp), fmt.Sprint(2*kept, nil), "what arrived")

	r = e.request("POST", s.URL, e.headers())
	body, out = e.body(r)
	e.write(out, strings.Repeat("x", kept))
	e.want(e.failedWrite(out), "this would wait for ever: nobody reads the body of a request that was not sent, and 262144 bytes of it are kept at most: call outgoing-handler.handle before more is written", "the error")
	plugintest.Drop(out)
	e.Must(types, "[static]outgoing-body.finish", body, value.None())
	if v := e.Must(handler, "handle", r, value.None()); v.Case() != 1 {
		t.Error("a request whose body is not whole was sent")
	}
}

// failedWrite is the text of the error of a write that fails.
func (e *httpEnv) failedWrite(out value.Value) string {
	e.t.Helper()
	v := e.Must(streams, "[method]output-stream.blocking-write-and-flush", plugintest.Lend(out), blob("y"))
	p, _ := v.Payload()
	h, failed := p.Payload()
	if v.Case() != 1 || !failed {
		e.t.Fatalf("the write did not fail: %v", v)
	}
	return e.Must("wasi:io/error@0.2.12", "[method]error.to-debug-string", plugintest.Lend(h)).Str()
}

// TestWaitForEver polls for room that nobody can make: the trap says why. Beside something
// that can happen it is waited for.
func TestWaitForEver(t *testing.T) {
	e := env(t, http.Config{}, "http://127.0.0.1:1")
	r := e.request("POST", "http://127.0.0.1:1", e.headers())
	_, out := e.body(r)
	e.write(out, strings.Repeat("x", kept))
	e.Ok(streams, "[method]output-stream.check-write", plugintest.Lend(out))
	e.Ok(streams, "[method]output-stream.write", plugintest.Lend(out), blob("x"))
	room := e.own(e.Must(streams, "[method]output-stream.subscribe", plugintest.Lend(out)))
	timer := e.own(e.Must("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration", value.U64(1e6)))
	if ready := e.Must(poll, "poll", value.List(room, timer)); ready.Len() != 1 || ready.At(0).U32() != 1 {
		t.Errorf("ready: %v", ready)
	}
	for what, err := range map[string]error{
		"block": e.Traps(poll, "[method]pollable.block", room),
		"poll":  e.Traps(poll, "poll", value.List(room, room)),
	} {
		if !strings.Contains(err.Error(), "this would wait for ever: nobody reads the body of a request that was not sent") {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A request that is dropped is never sent.
	plugintest.Drop(r)
	e.want(e.failedWrite(out), "the message with this body was dropped: nobody will read it", "the error")
}
