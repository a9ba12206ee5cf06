package host

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// stringPair is an app that calls a lib with a string of its own, n times: "run"
// (n) → u32. The lib's "take" (string) → u32 returns the string's length.
func stringPair(t testing.TB, text string, from, to canon.Encoding) *kit {
	k := newKit(t, "app", "lib")
	lib := newGuest(nil)
	lib.fn("take", types(i32, i32), types(i32), func(f *core.Func) {
		lib.reset(f)
		f.LocalGet(1)
	})
	libStep := k.module(2, lib.Builder)
	ft := fn(prim(wit.U32), prim(wit.String))
	fo, to2 := allOptions, allOptions
	fo.Encoding, to2.Encoding = from, to
	k.export(2, libStep, "take", ft, to2)

	// The app's memory must exist before its import is made, as in real components:
	// it is in a module of its own.
	mem := newGuest(nil)
	mem.Data(64, []byte(text))
	memStep := k.module(1, mem.Builder)
	m := k.adapter(side(1, memStep), side(2, libStep), libStep, "take", ft, fo, to2)

	app := &core.Builder{}
	take := app.ImportFunc("0", "f", app.Type(types(i32, i32), types(i32)))
	run := app.Func(app.Type(types(i32), types(i32)))
	sum := run.Local(i32)
	run.Block(core.OpLoop)
	run.I32(64).I32(int32(len(text))).Call(take).LocalGet(sum).Op(core.OpI32Add).LocalSet(sum)
	run.LocalGet(0).I32(1).Op(core.OpI32Sub).LocalTee(0).BrIf(0)
	run.End().LocalGet(sum)
	app.Export("run", core.ExternFunc, run.Index)
	appStep := k.module(1, app, fromHost(m))
	k.exportAs(1, appStep, memStep, "run", fn(prim(wit.U32), prim(wit.U32)), canon.Options{})
	return k
}

func BenchmarkComponentToComponentString(b *testing.B) {
	i := stringPair(b, strings.Repeat("0123456789abcdef", 4), canon.UTF8, canon.UTF8).start(Config{})
	f, err := i.Func("", "run")
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	floor := floorWasmGoWasm(b)
	b.ReportAllocs()
	b.ResetTimer()
	got, err := f.Call(ctx, value.U32(uint32(b.N)))
	b.StopTimer()
	if err != nil || got.U32() != uint32(64*b.N) {
		b.Fatal(got.U32(), err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/floor, "x-wasm-go-wasm")
}

// floorWasmGoWasm measures what wasm → Go → wasm costs without us, in ns.
func floorWasmGoWasm(b *testing.B) float64 {
	ctx := context.Background()
	e, err := engine.New(ctx, engine.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close(ctx)
	s := e.NewStore()
	defer s.Close(ctx)
	instantiate := func(m *core.Builder, imports ...*engine.Instance) *engine.Instance {
		c, err := e.Compile(ctx, "floor", m.Encode())
		if err != nil {
			b.Fatal(err)
		}
		i, err := s.Instantiate(s.Values(), c, imports, &engine.Budget{Max: 1 << 20})
		if err != nil {
			b.Fatal(err)
		}
		return i
	}
	callee := &core.Builder{}
	f := callee.Func(callee.Type(types(i32, i32), types(i32)))
	f.LocalGet(1)
	callee.Export("f", core.ExternFunc, f.Index)
	target := instantiate(callee).Func("f")
	host, err := e.Host(ctx, "floor", []engine.HostFunc{{Name: "f", Params: []canon.RegType{canon.I32, canon.I32}, Results: []canon.RegType{canon.I32},
		Call: func(ctx context.Context, stack []uint64) {
			if err := target.Call(ctx, stack); err != nil {
				panic(err)
			}
		}}})
	if err != nil {
		b.Fatal(err)
	}
	caller := &core.Builder{}
	imp := caller.ImportFunc("0", "f", caller.Type(types(i32, i32), types(i32)))
	run := caller.Func(caller.Type(types(i32), nil))
	run.Block(core.OpLoop)
	run.I32(64).I32(64).Call(imp).Op(core.OpDrop)
	run.LocalGet(0).I32(1).Op(core.OpI32Sub).LocalTee(0).BrIf(0).End()
	caller.Export("run", core.ExternFunc, run.Index)
	loop := instantiate(caller, host).Func("run")
	return nanoseconds(func(n int) {
		if err := loop.Call(ctx, []uint64{uint64(n)}); err != nil {
			b.Fatal(err)
		}
	})
}

// nanoseconds is the best time of one turn, of several runs of many turns.
func nanoseconds(run func(n int)) float64 {
	const n = 200_000
	best := 0.0
	for range 5 {
		start := time.Now()
		run(n)
		if d := float64(time.Since(start)) / n; best == 0 || d < best {
			best = d
		}
	}
	return best
}

func BenchmarkGoToComponentString(b *testing.B) {
	i := stringPair(b, "x", canon.UTF8, canon.UTF8).start(Config{})
	f, err := i.Func("", "take")
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	arg := value.String(strings.Repeat("0123456789abcdef", 4))
	floor := floorGoToCore(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Call(ctx, arg); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/floor, "x-go-wasm")
}

// floorGoToCore measures a call of a core function from Go, in ns.
func floorGoToCore(b *testing.B) float64 {
	ctx := context.Background()
	e, err := engine.New(ctx, engine.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close(ctx)
	s := e.NewStore()
	defer s.Close(ctx)
	m := &core.Builder{}
	f := m.Func(m.Type(types(i32, i32), types(i32)))
	f.LocalGet(1)
	m.Export("f", core.ExternFunc, f.Index)
	c, err := e.Compile(ctx, "floor", m.Encode())
	if err != nil {
		b.Fatal(err)
	}
	i, err := s.Instantiate(s.Values(), c, nil, &engine.Budget{})
	if err != nil {
		b.Fatal(err)
	}
	target, stack := i.Func("f"), make([]uint64, 2)
	return nanoseconds(func(n int) {
		for range n {
			if err := target.Call(ctx, stack); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkInstantiate(b *testing.B) {
	c := stringPair(b, "x", canon.UTF8, canon.UTF8).compile(Config{})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		i, err := c.Instantiate(ctx, InstanceOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if err := i.Close(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
