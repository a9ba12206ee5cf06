package host

import (
	"context"
	"errors"
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

// BenchmarkComponentToComponentString is a call with a 64-byte string on the Go
// path, beside a bare call from WebAssembly through Go to WebAssembly.
func BenchmarkComponentToComponentString(b *testing.B) {
	i := stringPair(b, strings.Repeat("0123456789abcdef", 4), canon.UTF8, canon.UTF8).start(Config{})
	f, err := i.Func("", "run")
	if err != nil {
		b.Fatal(err)
	}
	run := func(n int) {
		got, err := f.Call(context.Background(), value.U32(uint32(n)))
		if err != nil || got.U32() != uint32(64*n) {
			b.Fatal(got, err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	b.ReportMetric(ratio(run, floorWasmGoWasm(b)), "x-wasm-go-wasm")
}

// floorWasmGoWasm is calls from WebAssembly through Go to WebAssembly without us.
func floorWasmGoWasm(b *testing.B) func(n int) {
	ctx := context.Background()
	e, err := engine.New(ctx, engine.Config{})
	if err != nil {
		b.Fatal(err)
	}
	s := e.NewStore()
	b.Cleanup(func() { _ = errors.Join(s.Close(ctx), e.Close(ctx)) })
	instantiate := func(m *core.Builder, imports ...*engine.Instance) *engine.Instance {
		c, err := e.Compile(ctx, "floor", m.Encode(), 0)
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
	target, nested := instantiate(callee).Func("f"), &engine.Stacks{}
	host, err := e.Host(ctx, "floor", []engine.HostFunc{{Name: "f", Params: []canon.RegType{canon.I32, canon.I32}, Results: []canon.RegType{canon.I32},
		Call: func(ctx context.Context, stack []uint64) {
			if err := target.Call(ctx, nested, stack); err != nil {
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
	return func(n int) {
		if err := loop.Call(ctx, nested, []uint64{uint64(n)}); err != nil {
			b.Fatal(err)
		}
	}
}

// ratio is how much longer a turn of ours takes than one of floor. Both are run in
// turns, and the best of each counts, because the machine has other things to do.
func ratio(ours, floor func(n int)) float64 {
	const n = 20_000
	best := func(run func(int), d time.Duration) time.Duration {
		start := time.Now()
		run(n)
		return min(d, time.Since(start))
	}
	a, b := time.Hour, time.Hour
	for range 50 {
		a, b = best(ours, a), best(floor, b)
	}
	return float64(a) / float64(b)
}

// BenchmarkGoToComponentString is a call from Go with one string, beside one of a
// core function.
func BenchmarkGoToComponentString(b *testing.B) {
	i := stringPair(b, "x", canon.UTF8, canon.UTF8).start(Config{})
	f, err := i.Func("", "take")
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	arg := value.String(strings.Repeat("0123456789abcdef", 4))
	run := func(n int) {
		for range n {
			if _, err := f.Call(ctx, arg); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	b.ReportMetric(ratio(run, floorGoToCore(b)), "x-go-wasm")
}

// floorGoToCore is calls of a core function from Go.
func floorGoToCore(b *testing.B) func(n int) {
	ctx := context.Background()
	e, err := engine.New(ctx, engine.Config{})
	if err != nil {
		b.Fatal(err)
	}
	s := e.NewStore()
	b.Cleanup(func() { _ = errors.Join(s.Close(ctx), e.Close(ctx)) })
	m := &core.Builder{}
	f := m.Func(m.Type(types(i32, i32), types(i32)))
	f.LocalGet(1)
	m.Export("f", core.ExternFunc, f.Index)
	c, err := e.Compile(ctx, "floor", m.Encode(), 0)
	if err != nil {
		b.Fatal(err)
	}
	i, err := s.Instantiate(s.Values(), c, nil, &engine.Budget{})
	if err != nil {
		b.Fatal(err)
	}
	target, nested, stack := i.Func("f"), &engine.Stacks{}, make([]uint64, 2)
	return func(n int) {
		for range n {
			if err := target.Call(ctx, nested, stack); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkInstantiate is an instance of two components (four modules) made and
// closed. (The floor for it is measured where the whole composition is.)
func BenchmarkInstantiate(b *testing.B) {
	c := stringPair(b, "x", canon.UTF8, canon.UTF8).compile(Config{})
	ctx := context.Background()
	run := func(n int) {
		for range n {
			i, err := c.Instantiate(ctx, InstanceOptions{})
			if err == nil {
				err = i.Close(ctx)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
}

// TestAllocations: calls do not allocate.
func TestAllocations(t *testing.T) {
	i := stringPair(t, strings.Repeat("0123456789abcdef", 4), canon.UTF8, canon.UTF8).start(Config{})
	arg := value.String("a string of some length, which is copied")
	for _, c := range []struct {
		name string
		arg  value.Value
	}{{"run", value.U32(1)}, {"take", arg}} {
		f, err := i.Func("", c.name)
		if err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(100, func() {
			if _, err := f.Call(context.Background(), c.arg); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 && !raceEnabled {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}
