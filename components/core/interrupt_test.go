package core

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

var errStopped = errors.New("stopped by the check")

// guest is a rewritten module that runs until its check says no.
type guest struct {
	ctx    context.Context
	run    api.Function
	checks int
	// longest is the most processor time between two checks.
	longest time.Duration
	last    time.Duration
	until   time.Duration
}

// start instantiates what b builds, whose function "run" has no parameters.
func start(t testing.TB, b *Builder, until time.Duration) *guest {
	t.Helper()
	m, err := Decode(b.Encode(), 0)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := Rewrite(m, Options{Check: &Check{Module: "sidecall", Name: "check"}})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{ctx: context.Background(), until: until}
	r := wazero.NewRuntimeWithConfig(g.ctx, wazero.NewRuntimeConfig().WithCoreFeatures(engineFeatures))
	t.Cleanup(func() { r.Close(g.ctx) })
	_, err = r.NewHostModuleBuilder("sidecall").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(g.check), nil, nil).Export("check").Instantiate(g.ctx)
	if err != nil {
		t.Fatal(err)
	}
	inst, err := r.Instantiate(g.ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	g.run = inst.ExportedFunction("run")
	return g
}

func (g *guest) check(context.Context, []uint64) {
	now := processorTime()
	g.longest = max(g.longest, now-g.last)
	g.last = now
	g.checks++
	if now > g.until {
		panic(errStopped)
	}
}

// spin runs the guest until it has used its time, and returns the most processor time between checks.
func (g *guest) spin() (time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g.checks, g.longest, g.last = 0, 0, processorTime()
	g.until += g.last
	_, err := g.run.Call(g.ctx)
	g.longest = max(g.longest, processorTime()-g.last)
	return g.longest, err
}

// exported adds function "run".
func exported(b *Builder) *Func {
	f := b.Func(b.Type(nil, nil))
	b.Export("run", ExternFunc, f.Index)
	return f
}

// endless are modules that do not end by themselves within the age of the universe, by each means there
// is to go on.
var endless = []struct {
	name  string
	build func(*Builder)
}{
	{"loop", func(b *Builder) {
		exported(b).Block(OpLoop).Br(0).End()
	}},
	{"loop with a condition", func(b *Builder) {
		f := exported(b)
		n := f.Local(I64)
		f.Block(OpLoop).LocalGet(n).I64(1).Op(OpI64Add).LocalTee(n).I64(-1).Op(OpI64Ne).BrIf(0).End()
	}},
	{"loop with a table", func(b *Builder) {
		exported(b).Block(OpLoop).Block(OpBlock).I32(1).BrTable([]uint32{0}, 1).End().End()
	}},
	{"loops in a loop", func(b *Builder) {
		f := exported(b)
		n := f.Local(I32)
		f.Block(OpLoop)
		for range 3 {
			f.I32(1000).LocalSet(n).Block(OpLoop).LocalGet(n).I32(1).Op(OpI32Sub).LocalTee(n).BrIf(0).End()
		}
		f.Br(0).End()
	}},
	{"loop by exceptions", func(b *Builder) {
		tag := b.Tag(b.Type(nil, nil))
		f := exported(b)
		f.Block(OpLoop)
		f.Raw([]byte{byte(OpTryTable), 0x40, 1, 2, 0}) // catch_all 0
		f.Idx(OpThrow, tag).End().End()
	}},
	{"calls that double", func(b *Builder) {
		const depth = 60
		t := b.Type(nil, nil)
		for i := range depth {
			f := b.Func(t)
			if i > 0 {
				f.Call(f.Index - 1).Call(f.Index - 1)
			}
		}
		exported(b).Call(depth - 1)
	}},
	{"recursion that branches", func(b *Builder) {
		// f(n): if n > 0 { f(n-1); f(n-1) }
		f := b.Func(b.Type([]ValType{I32}, nil))
		f.LocalGet(0).Block(OpIf)
		for range 2 {
			f.LocalGet(0).I32(1).Op(OpI32Sub).Call(f.Index)
		}
		f.End()
		exported(b).I32(1000).Call(f.Index)
	}},
	{"recursion through a table", func(b *Builder) {
		t := b.Type([]ValType{I32}, nil)
		table := b.Table(TableType{Elem: FuncRef, Range: Range{Min: 1}})
		f := b.Func(t)
		f.LocalGet(0).Block(OpIf)
		for range 2 {
			f.LocalGet(0).I32(1).Op(OpI32Sub).I32(0).Idx2(OpCallIndirect, t, table)
		}
		f.End()
		b.Elem(table, 0, f.Index)
		exported(b).I32(1000).Call(f.Index)
	}},
	{"tail calls", func(b *Builder) {
		t := b.Type(nil, nil)
		f, g := b.Func(t), b.Func(t)
		f.Idx(OpReturnCall, g.Index)
		g.Idx(OpReturnCall, f.Index)
		exported(b).Call(f.Index)
	}},
	{"tail calls through a table", func(b *Builder) {
		t := b.Type(nil, nil)
		table := b.Table(TableType{Elem: FuncRef, Range: Range{Min: 1}})
		f := b.Func(t)
		f.I32(0).Idx2(OpReturnCallIndirect, t, table)
		b.Elem(table, 0, f.Index)
		exported(b).Call(f.Index)
	}},
	{"calls by reference that double", func(b *Builder) {
		const depth = 60
		t := b.Type(nil, nil)
		for i := range depth {
			f := b.Func(t)
			b.Declare(f.Index)
			if i > 0 {
				f.Idx(OpRefFunc, f.Index-1).Idx(OpCallRef, t)
				f.Idx(OpRefFunc, f.Index-1).Idx(OpCallRef, t)
			}
		}
		exported(b).Call(depth - 1)
	}},
	{"loop over a long body", func(b *Builder) {
		f := exported(b)
		n := f.Local(I64)
		f.Block(OpLoop)
		for range 20_000 {
			f.LocalGet(n).I64(3).Op(OpI64Mul).I64(1).Op(OpI64Add).LocalSet(n)
		}
		f.Br(0).End()
	}},
	{"long bodies in a chain", func(b *Builder) {
		t := b.Type([]ValType{I64}, []ValType{I64})
		var last uint32
		for i := range 100 {
			f := b.Func(t)
			if i > 0 {
				f.LocalGet(0).Call(last).LocalSet(0)
			}
			for range 2000 {
				f.LocalGet(0).I64(3).Op(OpI64DivU).I64(-5).Op(OpI64Add).LocalSet(0)
			}
			f.LocalGet(0)
			last = f.Index
		}
		exported(b).Block(OpLoop).I64(1).Call(last).Op(OpDrop).Br(0).End()
	}},
	{"recursion with work on the way back", func(b *Builder) {
		// f(n): if n > 0 { f(n-1); work }, as deep as the stack allows
		f := b.Func(b.Type([]ValType{I32, I64}, []ValType{I64}))
		f.LocalGet(0).Block(OpIf).LocalGet(0).I32(1).Op(OpI32Sub).LocalGet(1).Call(f.Index).LocalSet(1)
		for range 200 {
			f.LocalGet(1).I64(3).Op(OpI64DivU).I64(-5).Op(OpI64Add).LocalSet(1)
		}
		f.End().LocalGet(1)
		exported(b).Block(OpLoop).I32(50_000).I64(1).Call(f.Index).Op(OpDrop).Br(0).End()
	}},
	{"divisions", func(b *Builder) {
		f := exported(b)
		n := f.Local(I64)
		f.Block(OpLoop)
		for range 50 {
			f.I64(-1).LocalGet(n).I64(1).Op(OpI64Or, OpI64DivU).LocalSet(n)
		}
		f.Br(0).End()
	}},
	{"loads that miss", func(b *Builder) {
		b.Memory(MemoryType{Range: Range{Min: 4096}})
		f := exported(b)
		p := f.Local(I32)
		f.Block(OpLoop)
		for range 10 {
			f.LocalGet(p).I32(1664525).Op(OpI32Mul).I32(1013904223).Op(OpI32Add).LocalTee(p)
			f.LocalGet(p).I32(0xfffffc0).Op(OpI32And).Mem(OpI32Load, 2, 0).Op(OpI32Add).LocalSet(p)
		}
		f.Br(0).End()
	}},
	{"memory.fill", func(b *Builder) {
		b.Memory(MemoryType{Range: Range{Min: 4096}})
		exported(b).Block(OpLoop).I32(0).I32(7).I32(4096 << 16).MemoryOp(OpMemoryFill).Br(0).End()
	}},
	{"memory.fill of pieces", func(b *Builder) {
		b.Memory(MemoryType{Range: Range{Min: 16}})
		f := exported(b)
		n := f.Local(I32)
		f.I32(40_000).LocalSet(n)
		f.Block(OpLoop).I32(0).I32(7).LocalGet(n).MemoryOp(OpMemoryFill).Br(0).End()
	}},
	{"memory.copy", func(b *Builder) {
		b.Memory(MemoryType{Range: Range{Min: 4096}})
		exported(b).Block(OpLoop).I32(1).I32(0).I32(4096<<16 - 1).MemoryOp(OpMemoryCopy).Br(0).End()
	}},
	{"memory.init", func(b *Builder) {
		b.Memory(MemoryType{Range: Range{Min: 64}})
		data := b.PassiveData(make([]byte, 64<<16))
		exported(b).Block(OpLoop).I32(0).I32(0).I32(64<<16).Idx2(OpMemoryInit, data, 0).Br(0).End()
	}},
	{"table.fill", func(b *Builder) {
		table := b.Table(TableType{Elem: FuncRef, Range: Range{Min: 1_000_000}})
		exported(b).Block(OpLoop).I32(0).RefNull(FuncRef).I32(1_000_000).Idx(OpTableFill, table).Br(0).End()
	}},
	{"table.copy", func(b *Builder) {
		table := b.Table(TableType{Elem: FuncRef, Range: Range{Min: 1_000_000}})
		exported(b).Block(OpLoop).I32(1).I32(0).I32(999_999).Idx2(OpTableCopy, table, table).Br(0).End()
	}},
	{"a jump that selects the part", func(b *Builder) {
		f := exported(b)
		x := f.Local(I32)
		f.Block(OpLoop).Block(OpBlock).Block(OpBlock).Block(OpBlock)
		f.LocalGet(x).BrTable([]uint32{0, 1}, 2).End()
		f.I32(2).LocalSet(x).Br(2).End()
		f.Op(OpNop).End()
		f.I32(0).LocalSet(x).Br(0).End()
	}},
}

// TestInterrupted stops each endless module, and looks how long it went on between two checks.
func TestInterrupted(t *testing.T) {
	const most = 10 * time.Millisecond
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			b := new(Builder)
			c.build(b)
			g := start(t, b, 50*time.Millisecond)
			began := time.Now()
			longest, err := g.spin()
			if !errors.Is(err, errStopped) {
				t.Fatalf("ended with %v after %d checks", err, g.checks)
			}
			// The module may be compiled or grow its stack in between, and a shared machine may be slow: what
			// must not happen is that it happens every time.
			for retry := 0; retry < 3 && longest > most; retry++ {
				g.until = 50 * time.Millisecond
				again, _ := g.spin()
				longest = min(longest, again)
			}
			if longest > most {
				t.Errorf("%v of processor time between two checks, and at most %v are allowed", longest, most)
			}
			t.Logf("%d checks in %v, at most %v apart", g.checks, time.Since(began), longest)
		})
	}
}

// TestCollectorNotHeldUp collects garbage while guests spin.
func TestCollectorNotHeldUp(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			// A busy machine takes its time for other reasons, and sometimes very much.
			for attempt := 1; ; attempt++ {
				guest, host := pauses(t, c.build)
				t.Logf("collections take %v while the guest spins, and %v while the host spins", guest, host)
				if guest <= 3*host+10*time.Millisecond {
					break
				}
				if attempt == 3 {
					t.Fatal("the guest holds up the collector")
				}
			}
		})
	}
}

// pauses is how long collections take while a guest spins, and while the host itself does.
func pauses(t *testing.T, build func(*Builder)) (guest, host time.Duration) {
	t.Helper()
	const spinning = 150 * time.Millisecond
	b := new(Builder)
	build(b)
	g := start(t, b, spinning)
	done := make(chan error)
	guest = collections(func() {
		_, err := g.spin()
		done <- err
	})
	if err := <-done; !errors.Is(err, errStopped) {
		t.Fatal(err)
	}
	host = collections(func() {
		for began := time.Now(); time.Since(began) < spinning; {
		}
	})
	return guest, host
}

// collections runs something in a goroutine and collects garbage meanwhile. It returns the least time but
// one: what holds up the collector does so every time.
func collections(spin func()) time.Duration {
	go spin()
	var took []time.Duration
	for range 5 {
		time.Sleep(5 * time.Millisecond)
		began := time.Now()
		runtime.GC()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[1]
}
