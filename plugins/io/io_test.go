package io_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/cli"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

const (
	poll    = "wasi:io/poll@0.2.12"
	streams = "wasi:io/streams@0.2.12"
	mono    = "wasi:clocks/monotonic-clock@0.2.12"
)

func env(t *testing.T, stdio host.Stdio) *plugintest.Env {
	t.Helper()
	plugintest.NoGoroutines(t)
	return plugintest.New(t, plan.Grants{}, stdio, wasiio.Interfaces(), clocks.Interfaces(), cli.Interfaces())
}

func stdin(e *plugintest.Env) value.Value {
	return plugintest.Lend(e.Must("wasi:cli/stdin@0.2.12", "get-stdin"))
}

func stdout(e *plugintest.Env) value.Value {
	return plugintest.Lend(e.Must("wasi:cli/stdout@0.2.12", "get-stdout"))
}

func timer(e *plugintest.Env, d time.Duration) value.Value {
	return plugintest.Lend(e.Must(mono, "subscribe-duration", value.U64(uint64(d))))
}

func u32s(v value.Value) (out []uint32) {
	for i := range v.Len() {
		out = append(out, v.At(i).U32())
	}
	return out
}

func equal(a, b []uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestPollOfNothingTraps(t *testing.T) {
	e := env(t, host.Stdio{})
	if err := e.Traps(poll, "poll", value.List()); err.Error() != "the list of pollables is empty" {
		t.Error(err)
	}
}

func TestPollReturnsAllThatAreReady(t *testing.T) {
	e := env(t, host.Stdio{})
	now, late := timer(e, 0), timer(e, time.Hour)
	for _, tt := range []struct {
		in   []value.Value
		want []uint32
	}{
		{[]value.Value{now}, []uint32{0}},
		{[]value.Value{late, now, late, now}, []uint32{1, 3}},
	} {
		if got := u32s(e.Must(poll, "poll", value.List(tt.in...))); !equal(got, tt.want) {
			t.Errorf("got %v, want %v", got, tt.want)
		}
	}
	if e.Must(poll, "[method]pollable.ready", late).Bool() || !e.Must(poll, "[method]pollable.ready", now).Bool() {
		t.Error("ready is wrong")
	}
}

// TestPollWaits polls a timer, an input that gets data, and one that does not.
func TestPollWaits(t *testing.T) {
	r, w := net.Pipe()
	defer w.Close()
	e := env(t, host.Stdio{In: r})
	in := stdin(e)
	p := plugintest.Lend(e.Must(streams, "[method]input-stream.subscribe", in))
	go func() {
		time.Sleep(20 * time.Millisecond)
		_, _ = w.Write([]byte("hello"))
	}()
	start := time.Now()
	if got := u32s(e.Must(poll, "poll", value.List(timer(e, time.Hour), p))); !equal(got, []uint32{1}) {
		t.Errorf("got %v", got)
	}
	if d := time.Since(start); d < 15*time.Millisecond {
		t.Errorf("ready after %v", d)
	}
	if got := string(e.Ok(streams, "[method]input-stream.read", in, value.U64(3)).Bytes()); got != "hel" {
		t.Errorf("read %q", got)
	}
	if got := string(e.Ok(streams, "[method]input-stream.blocking-read", in, value.U64(100)).Bytes()); got != "lo" {
		t.Errorf("read %q", got)
	}
	if got := u32s(e.Must(poll, "poll", value.List(p, timer(e, 20*time.Millisecond)))); !equal(got, []uint32{1}) {
		t.Errorf("got %v", got)
	}
}

func TestBlockIsInterrupted(t *testing.T) {
	r, w := net.Pipe()
	defer w.Close()
	e := env(t, host.Stdio{In: r})
	in := stdin(e)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, f := range []func() error{
		func() error { return e.With(ctx).Traps(poll, "[method]pollable.block", timer(e, time.Hour)) },
		func() error {
			return e.With(ctx).Traps(streams, "[method]input-stream.blocking-read", in, value.U64(1))
		},
		func() error {
			return e.With(ctx).Traps(streams, "[method]input-stream.blocking-skip", in, value.U64(1))
		},
	} {
		if err := f(); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
}

func TestTimersAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, d := range []time.Duration{1, 999, time.Microsecond, time.Second, 1500} {
			e := clocks.After(d)
			start := time.Now()
			if err := wasiio.Wait(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(start); got < d-time.Microsecond || got > d+time.Microsecond {
				t.Errorf("%v took %v", d, got)
			}
		}
	})
}

func TestReadToTheEnd(t *testing.T) {
	e := env(t, host.Stdio{In: strings.NewReader("abc")})
	in := stdin(e)
	read := func(fn string, n uint64) string {
		return string(e.Ok(streams, "[method]input-stream."+fn, in, value.U64(n)).Bytes())
	}
	if got := read("read", 0) + read("blocking-read", 0) + read("blocking-read", 2) + read("blocking-read", 1<<63); got != "abc" {
		t.Errorf("read %q", got)
	}
	for _, fn := range []string{"blocking-read", "read", "blocking-skip", "skip"} {
		if got := e.Fails(streams, "[method]input-stream."+fn, in, value.U64(1)); got != "closed" {
			t.Errorf("%s: %s", fn, got)
		}
	}
	p := e.Must(streams, "[method]input-stream.subscribe", in)
	if !e.Must(poll, "[method]pollable.ready", plugintest.Lend(p)).Bool() {
		t.Error("the end is nothing to wait for")
	}
}

func TestSkip(t *testing.T) {
	e := env(t, host.Stdio{In: strings.NewReader("abcdef")})
	in := stdin(e)
	if n := e.Ok(streams, "[method]input-stream.blocking-skip", in, value.U64(2)).U64(); n != 2 {
		t.Errorf("skipped %d", n)
	}
	if got := string(e.Ok(streams, "[method]input-stream.blocking-read", in, value.U64(2)).Bytes()); got != "cd" {
		t.Errorf("read %q", got)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errors.New("the disk is gone") }
func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestErrorsAreToldOnce(t *testing.T) {
	e := env(t, host.Stdio{In: broken{}, Out: broken{}})
	in, out := stdin(e), stdout(e)
	for _, f := range []func() value.Value{
		func() value.Value { return e.Must(streams, "[method]input-stream.blocking-read", in, value.U64(1)) },
		func() value.Value {
			return e.Must(streams, "[method]output-stream.blocking-write-and-flush", out, value.Bytes([]byte("x")))
		},
	} {
		v := f()
		p, _ := v.Payload()
		if v.Case() != 1 || p.Case() != 0 {
			t.Fatal("did not fail")
		}
		h, _ := p.Payload()
		got := e.Must("wasi:io/error@0.2.12", "[method]error.to-debug-string", plugintest.Lend(h)).Str()
		if got != "the disk is gone" {
			t.Errorf("got %q", got)
		}
		v = f()
		if p, _ := v.Payload(); v.Case() != 1 || p.Case() != 1 {
			t.Error("the stream is not closed after it failed")
		}
	}
}

// gate is a writer that writes when it is let, one write at a time.
type gate struct {
	mu   sync.Mutex
	got  strings.Builder
	open chan struct{}
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.Write(p)
}

func (g *gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.String()
}

func TestWriteNeedsPermission(t *testing.T) {
	var b strings.Builder
	e := env(t, host.Stdio{Out: &b})
	out := stdout(e)
	write := func(s string) error {
		_, err := e.Call(streams, "[method]output-stream.write", out, value.Bytes([]byte(s)))
		return err
	}
	const msg = "write of 1 bytes, of which 0 are permitted: call check-write before each write and write no more than it returned"
	if err := write("x"); err == nil || err.Error() != msg {
		t.Errorf("without check-write: %v", err)
	}
	if n := e.Ok(streams, "[method]output-stream.check-write", out).U64(); n == 0 {
		t.Error("nothing permitted")
	}
	if err := write("abc"); err != nil {
		t.Error(err)
	}
	if err := write("x"); err == nil {
		t.Error("one check-write permitted two writes")
	}
	n := e.Ok(streams, "[method]output-stream.check-write", out).U64()
	if err := write(strings.Repeat("x", int(n)+1)); err == nil {
		t.Error("more was written than permitted")
	}
	e.Ok(streams, "[method]output-stream.check-write", out)
	e.Ok(streams, "[method]output-stream.flush", out)
	if err := write("x"); err == nil {
		t.Error("a permit outlived a flush")
	}
	if err := write(""); err != nil {
		t.Errorf("nothing needs no permit: %v", err)
	}
	e.Ok(streams, "[method]output-stream.check-write", out)
	e.Ok(streams, "[method]output-stream.write-zeroes", out, value.U64(2))
	for _, f := range []struct {
		fn  string
		arg value.Value
	}{
		{"write-zeroes", value.U64(1 << 60)},
		{"blocking-write-zeroes-and-flush", value.U64(4097)},
		{"blocking-write-and-flush", value.Bytes(make([]byte, 4097))},
	} {
		e.Traps(streams, "[method]output-stream."+f.fn, out, f.arg)
	}
	e.Ok(streams, "[method]output-stream.blocking-write-zeroes-and-flush", out, value.U64(1))
	e.Ok(streams, "[method]output-stream.blocking-write-and-flush", out, value.Bytes([]byte("d")))
	if got := b.String(); got != "abc\x00\x00\x00d" {
		t.Errorf("wrote %q", got)
	}
}

func TestBackPressure(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	e := env(t, host.Stdio{Out: g})
	out := stdout(e)
	var sent int
	for {
		n := int(e.Ok(streams, "[method]output-stream.check-write", out).U64())
		if n == 0 {
			break
		}
		n = min(n, 20000)
		e.Ok(streams, "[method]output-stream.write", out, value.Bytes(make([]byte, n)))
		if sent += n; sent > 1<<20 {
			t.Fatal("a writer that does not write takes any amount")
		}
	}
	p := plugintest.Lend(e.Must(streams, "[method]output-stream.subscribe", out))
	if e.Must(poll, "[method]pollable.ready", p).Bool() {
		t.Error("ready with nothing permitted")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := e.With(ctx).Traps(streams, "[method]output-stream.blocking-flush", out); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(g.open)
	e.Must(poll, "[method]pollable.block", p)
	e.Ok(streams, "[method]output-stream.blocking-flush", out)
	if got := len(g.String()); got != sent {
		t.Errorf("%d bytes of %d arrived", got, sent)
	}
}

func TestFlushForbidsWritesUntilItIsDone(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	e := env(t, host.Stdio{Out: g})
	out := stdout(e)
	e.Ok(streams, "[method]output-stream.check-write", out)
	e.Ok(streams, "[method]output-stream.write", out, value.Bytes([]byte("x")))
	e.Ok(streams, "[method]output-stream.flush", out)
	if n := e.Ok(streams, "[method]output-stream.check-write", out).U64(); n != 0 {
		t.Errorf("%d permitted during a flush", n)
	}
	close(g.open)
	e.Ok(streams, "[method]output-stream.blocking-flush", out)
	if g.String() != "x" {
		t.Error("not flushed")
	}
}

func TestSplice(t *testing.T) {
	r, w := net.Pipe()
	var b strings.Builder
	e := env(t, host.Stdio{In: r, Out: &b})
	in, out := stdin(e), stdout(e)
	if n := e.Ok(streams, "[method]output-stream.splice", out, in, value.U64(10)).U64(); n != 0 {
		t.Errorf("%d bytes out of nothing", n)
	}
	go func() {
		_, _ = io.WriteString(w, "0123456789")
		w.Close()
	}()
	var moved uint64
	for moved < 10 {
		moved += e.Ok(streams, "[method]output-stream.blocking-splice", out, in, value.U64(4)).U64()
	}
	if got := e.Fails(streams, "[method]output-stream.blocking-splice", out, in, value.U64(4)); got != "closed" {
		t.Error(got)
	}
	e.Traps(streams, "[method]output-stream.write", out, value.Bytes([]byte("x"))) // a splice is no check-write
	e.Ok(streams, "[method]output-stream.blocking-flush", out)
	if got := b.String(); got != "0123456789" {
		t.Errorf("moved %q", got)
	}
}

func TestManyWaitersAndWakers(t *testing.T) {
	plugintest.NoGoroutines(t)
	var s wasiio.Signal
	var mu sync.Mutex
	var n int
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			at := wasiio.Func{Signal: &s, Is: func() bool { mu.Lock(); defer mu.Unlock(); return n >= 10*i }}
			if err := wasiio.Wait(t.Context(), at, wasiio.Func{Signal: &s, Is: func() bool { return false }}); err != nil {
				t.Error(err)
			}
		})
	}
	for range 500 {
		mu.Lock()
		n++
		mu.Unlock()
		s.Notify()
	}
	wg.Wait()
	if s.Watched() {
		t.Error("a watcher was left behind")
	}
}
