package clocks_test

import (
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/io"
)

const (
	mono = "wasi:clocks/monotonic-clock@0.2.12"
	wall = "wasi:clocks/wall-clock@0.2.12"
	zone = "wasi:clocks/timezone@0.2.12"
	poll = "wasi:io/poll@0.2.12"
)

func env(t *testing.T) *plugintest.Env {
	t.Helper()
	plugintest.NoGoroutines(t)
	return plugintest.New(t, plan.Grants{}, host.Stdio{}, clocks.Interfaces(), io.Interfaces())
}

func TestMonotonic(t *testing.T) {
	e := env(t)
	last := uint64(0)
	for range 1000 {
		now := e.Must(mono, "now").U64()
		if now < last || now%clocks.Resolution != 0 {
			t.Fatalf("%d after %d", now, last)
		}
		last = now
	}
	if r := e.Must(mono, "resolution").U64(); r != clocks.Resolution {
		t.Errorf("resolution %d", r)
	}
}

func TestSubscribe(t *testing.T) {
	e := env(t)
	for _, tt := range []struct {
		fn   string
		arg  func(now uint64) uint64
		wait uint64
	}{
		{"subscribe-duration", func(uint64) uint64 { return 5e6 }, 5e6},
		{"subscribe-duration", func(uint64) uint64 { return 5e6 + 1 }, 5e6 + 1},
		{"subscribe-instant", func(now uint64) uint64 { return now + 5e6 + 999 }, 5e6 + 999},
		{"subscribe-instant", func(uint64) uint64 { return 0 }, 0},
		{"subscribe-duration", func(uint64) uint64 { return 0 }, 0},
	} {
		before := e.Must(mono, "now").U64()
		p := plugintest.Lend(e.Must(mono, tt.fn, value.U64(tt.arg(before))))
		e.Must(poll, "[method]pollable.block", p)
		if after := e.Must(mono, "now").U64(); after < before+tt.wait {
			t.Errorf("%s: ready %d ns after %d, %d early", tt.fn, after-before, tt.wait, before+tt.wait-after)
		}
	}
}

func TestTheEndOfTime(t *testing.T) {
	e := env(t)
	var list []value.Value
	for _, fn := range []string{"subscribe-duration", "subscribe-instant"} {
		p := plugintest.Lend(e.Must(mono, fn, value.U64(^uint64(0))))
		if e.Must(poll, "[method]pollable.ready", p).Bool() {
			t.Errorf("%s of the largest number is ready", fn)
		}
		list = append(list, p)
	}
	list = append(list, plugintest.Lend(e.Must(mono, "subscribe-duration", value.U64(1e6))))
	if got := e.Must(poll, "poll", value.List(list...)); got.Len() != 1 || got.At(0).U32() != 2 {
		t.Error("the wrong one is ready")
	}
}

func TestWall(t *testing.T) {
	e := env(t)
	got, ok := clocks.Time(e.Must(wall, "now"))
	if d := time.Since(got); !ok || d < 0 || d > time.Second {
		t.Errorf("%v from now", d)
	}
	if r := e.Must(wall, "resolution"); r.At(0).U64() != 0 || r.At(1).U32() != clocks.Resolution {
		t.Error("resolution")
	}
}

func TestDatetime(t *testing.T) {
	for _, tt := range []struct {
		seconds uint64
		nanos   uint32
		ok      bool
	}{{0, 0, true}, {1 << 40, 999_999_999, true}, {0, 1_000_000_000, false}, {1 << 63, 0, false}} {
		got, ok := clocks.Time(value.Record(value.U64(tt.seconds), value.U32(tt.nanos)))
		if ok != tt.ok || ok && (uint64(got.Unix()) != tt.seconds || uint32(got.Nanosecond()) != tt.nanos) {
			t.Errorf("%d.%d: %v, %v", tt.seconds, tt.nanos, got, ok)
		}
	}
	if v := clocks.Datetime(time.Unix(-5, 3)); v.At(0).U64() != 0 || v.At(1).U32() != 0 {
		t.Error("a time before 1970 is not 1970")
	}
}

func TestTimezone(t *testing.T) {
	e := env(t)
	now := e.Must(wall, "now")
	d := e.Must(zone, "display", now)
	if d.At(0).S32() != 0 || d.At(1).Str() != "UTC" || d.At(2).Bool() || e.Must(zone, "utc-offset", now).S32() != 0 {
		t.Error("not UTC")
	}
}
