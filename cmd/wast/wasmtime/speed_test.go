package wasmtime

import (
	"context"
	"os"
	"testing"
	"time"

	wasmtime "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/wit"
)

// pairs is testdata/pairs.wat.
func pairs(tb testing.TB) []byte {
	text, err := os.ReadFile("testdata/pairs.wat")
	if err != nil {
		tb.Fatal(err)
	}
	b, err := wasmtime.Wat2Wasm(string(text))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func ours(tb testing.TB, b []byte) *host.Composition {
	p, err := linker.Component("pairs", b, nil, linker.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	c, err := host.Compile(context.Background(), p, host.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return c
}

func theirs(tb testing.TB, b []byte, opt Options) (*Linker, *Component) {
	e := NewEngine(opt)
	c, err := e.Compile(b)
	if err != nil {
		tb.Fatal(err)
	}
	l := e.NewLinker()
	tb.Cleanup(func() { l.Close(); c.Close(); e.Close() })
	return l, c
}

// race runs two functions in turns, b.N rounds, and reports the time of the best
// round of each, divided by n, and the ratio.
func race(b *testing.B, n int, sidecall, wasmtime func()) {
	best := [2]time.Duration{1 << 62, 1 << 62}
	for b.Loop() {
		for i, f := range []func(){sidecall, wasmtime} {
			start := time.Now()
			f()
			best[i] = min(best[i], time.Since(start))
		}
	}
	b.ReportMetric(0, "ns/op")
	ns := func(i int) float64 { return float64(best[i].Nanoseconds()) / float64(n) }
	b.ReportMetric(ns(0), "sidecall-ns")
	b.ReportMetric(ns(1), "wasmtime-ns")
	b.ReportMetric(ns(0)/ns(1), "ratio")
}

// BenchmarkCalls: calls from component to component, two numbers, 64 bytes of text,
// a list of 16 numbers; wasmtime's guests without and with interruption.
func BenchmarkCalls(b *testing.B) {
	const n = 200_000
	component := pairs(b)
	inst, err := ours(b, component).Instantiate(context.Background(), host.InstanceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer inst.Close(context.Background())
	var others [2]*Instance
	for i := range others {
		l, c := theirs(b, component, Options{Epochs: i == 1})
		if others[i], err = l.Instantiate(c); err != nil {
			b.Fatal(err)
		}
		defer others[i].Close()
	}
	u32 := wit.Primitive(wit.U32)
	t := &wit.FuncType{Params: []wit.Field{{Name: "n", Type: u32}}, Result: u32}
	for _, f := range []struct {
		name string
		want uint32
	}{{"add", n * (n + 1) / 2 % (1 << 32)}, {"text", n * 64}, {"list", n * 16}} {
		check := func(v value.Value, err error) {
			if err != nil || v.U32() != f.want {
				b.Fatalf("%v, %v; want %d", v, err, f.want)
			}
		}
		for i, name := range []string{"", "-epochs"} {
			g, err := others[i].Func(f.name)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(f.name+name, func(b *testing.B) {
				race(b, n, func() { check(inst.Call(context.Background(), "", f.name, value.U32(n))) },
					func() { check(g.Call(t, value.U32(n))) })
			})
		}
	}
}

// BenchmarkInstantiate: both components made and closed again, 100 times a round.
func BenchmarkInstantiate(b *testing.B) {
	const n = 100
	component := pairs(b)
	comp := ours(b, component)
	ctx := context.Background()
	for _, pooling := range []bool{false, true} {
		l, c := theirs(b, component, Options{Pooling: pooling})
		name := "on-demand"
		if pooling {
			name = "pooling"
		}
		b.Run(name, func(b *testing.B) {
			race(b, n, func() {
				for range n {
					i, err := comp.Instantiate(ctx, host.InstanceOptions{})
					if err != nil {
						b.Fatal(err)
					}
					if err := i.Close(ctx); err != nil {
						b.Fatal(err)
					}
				}
			}, func() {
				for range n {
					i, err := l.Instantiate(c)
					if err != nil {
						b.Fatal(err)
					}
					i.Close()
				}
			})
		})
	}
}
