package engine

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sidecall/sidecall/components/core"
)

// mutable builds a module whose exports change everything that a State allows:
// memory, its size, and globals of all types. With start, it does some of that
// while it is instantiated.
func mutable(pages uint32, start bool) (wasm []byte, state *State) {
	b := &core.Builder{}
	i32, i64, f32, f64 := core.I32, core.I64, core.F32, core.F64
	b.Memory(core.MemoryType{Range: core.Range{Min: pages, Max: 1000, HasMax: true}})
	b.Export("memory", core.ExternMemory, 0)
	state = &State{}
	inits := map[core.ValType]*core.Code{
		i32: new(core.Code).I32(-3), i64: new(core.Code).I64(1 << 40), f32: new(core.Code).F32(1.5), f64: new(core.Code).F64(-2.5),
	}
	set := b.Func(b.Type([]core.ValType{i32, i64, f32, f64}, nil))
	for n, t := range []core.ValType{i32, i64, f32, f64} {
		g := b.Global(core.GlobalType{Val: t, Mutable: true}, inits[t])
		name := fmt.Sprint("g", n)
		b.Export(name, core.ExternGlobal, g)
		state.Globals = append(state.Globals, name)
		set.LocalGet(uint32(n)).GlobalSet(g)
	}
	b.Export("set", core.ExternFunc, set.Index)
	fill := b.Func(b.Type([]core.ValType{i32, i32, i32}, nil))
	fill.LocalGet(0).LocalGet(1).LocalGet(2).MemoryOp(core.OpMemoryFill)
	b.Export("fill", core.ExternFunc, fill.Index)
	grow := b.Func(b.Type([]core.ValType{i32}, []core.ValType{i32}))
	grow.LocalGet(0).MemoryOp(core.OpMemoryGrow)
	b.Export("grow", core.ExternFunc, grow.Index)
	sum := b.Func(b.Type([]core.ValType{i32}, []core.ValType{i32, i32, i64}))
	sum.MemoryOp(core.OpMemorySize).LocalGet(0).Mem(core.OpI32Load, 0, 0).GlobalGet(1)
	b.Export("look", core.ExternFunc, sum.Index)
	if start {
		f := b.Func(b.Type(nil, nil))
		f.I32(2).MemoryOp(core.OpMemoryGrow).I32(16).Op(core.OpI32Shl).I32(7).I32(90_000).MemoryOp(core.OpMemoryFill)
		f.I32(9).I32(200).I32(50).MemoryOp(core.OpMemoryFill).I32(4711).GlobalSet(0)
		b.Start(f.Index)
	}
	return b.Encode(), state
}

// script is what is done to an instance, drawn from a seed; it returns what came
// of it.
func script(t *testing.T, i *Instance, r *rand.Rand) string {
	var out bytes.Buffer
	call := func(name string, args ...uint64) {
		stack := append(args, 0, 0, 0)
		err := i.Func(name).Call(context.Background(), &Stacks{}, stack)
		fmt.Fprintln(&out, name, args, stack, err != nil)
	}
	for range r.IntN(12) {
		size := uint64(len(i.Memory("memory").Bytes()))
		switch r.IntN(5) {
		case 0:
			call("set", uint64(r.Uint32()), r.Uint64(), uint64(r.Uint32()), r.Uint64())
		case 1:
			call("grow", uint64(r.IntN(4)))
		case 2:
			call("fill", uint64(r.Uint32()), 1, uint64(r.IntN(1<<17))) // mostly a trap
		case 3:
			call("look", uint64(r.Uint64N(size)))
		case 4:
			n := r.Uint64N(1 << r.IntN(21))
			call("fill", r.Uint64N(size), uint64(r.IntN(256)), min(n, size))
		}
	}
	return out.String()
}

// look is the whole state of an instance.
func look(i *Instance) string {
	out := fmt.Sprint(len(i.Memory("memory").Bytes()))
	for _, g := range i.globals {
		out += fmt.Sprint(" ", g.Get())
	}
	return out
}

// TestReset: an instance that was reset, whatever was done to it, cannot be told
// from one that was just made.
func TestReset(t *testing.T) {
	ctx := context.Background()
	large := make([]byte, 300_000)
	for i := range large {
		large[i] = byte(i*7 + i>>12)
	}
	images := map[string][]Part{
		"none":   nil,
		"small":  {{1000, large[:5000]}, {1005, []byte("over")}},
		"large":  {{70_001, large}, {70_003, []byte("over")}, {500_000, large[:70_000]}},
		"sparse": {{16, large[:70_000]}, {190 << 16, large[:1000]}},
	}
	for _, kind := range []string{Compiler, Interpreter} {
		for name, parts := range images {
			for _, start := range []bool{false, true} {
				for _, pages := range []uint32{1, 2, 20, 200} {
					if name == "sparse" && pages < 200 || name == "large" && pages < 20 {
						continue
					}
					t.Run(fmt.Sprint(kind, "/", name, "/", start, "/", pages), func(t *testing.T) {
						e, err := New(ctx, Config{Kind: kind})
						if err != nil {
							t.Skip(err)
						}
						defer e.Close(ctx)
						wasm, state := mutable(pages, start)
						m, err := e.Compile(ctx, "m", wasm, 0)
						if err != nil {
							t.Fatal(err)
						}
						m.Image, m.State = e.NewImage(parts), state
						budget := &Budget{Max: 64 << 20}
						fresh := func() (*Store, *Instance) {
							s := e.NewStore()
							i, err := s.Instantiate(s.Values(), m, nil, budget)
							if err != nil {
								t.Fatal(err)
							}
							if !i.findGlobals() {
								t.Fatal("the globals were not found")
							}
							return s, i
						}
						first, _ := fresh()
						shot := first.Snapshot()
						if shot == nil {
							t.Fatal("no snapshot")
						}
						if err := first.Close(ctx); err != nil {
							t.Fatal(err)
						}
						used, ui := fresh()
						for seed := range uint64(15) {
							s, fi := fresh()
							fm, um := fi.Memory("memory"), ui.Memory("memory")
							if look(fi) != look(ui) || !bytes.Equal(fm.Bytes(), um.Bytes()) {
								t.Fatalf("before %d: %s, fresh: %s, first difference at %d", seed, look(ui), look(fi), differ(fm.Bytes(), um.Bytes()))
							}
							before := budget.linear
							want := script(t, fi, rand.New(rand.NewPCG(seed, 3)))
							got := script(t, ui, rand.New(rand.NewPCG(seed, 3)))
							if got != want || look(fi) != look(ui) || !bytes.Equal(fm.Bytes(), um.Bytes()) {
								t.Fatalf("script %d:\n%s%s, fresh:\n%s%s", seed, got, look(ui), want, look(fi))
							}
							if err := s.Close(ctx); err != nil {
								t.Fatal(err)
							}
							if _, ok := used.Reset(shot); !ok {
								t.Fatalf("after %d: no reset", seed)
							}
							if budget.linear*2 != before {
								t.Fatalf("after %d: %d bytes of the budget are used, by two it were %d", seed, budget.linear, before)
							}
							// What grows must be zero again.
							rest := um.buf[um.size:min(uint64(len(um.buf)), um.size+8<<20)]
							if !zero(rest) {
								t.Fatalf("after %d: not all is zero behind the memory's end", seed)
							}
						}
						if err := used.Close(ctx); err != nil {
							t.Fatal(err)
						}
					})
				}
			}
		}
	}
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestImage: what a memory holds at first, mapped and copied, is the parts, later
// ones over earlier ones.
func TestImage(t *testing.T) {
	e, err := New(context.Background(), Config{Kind: Interpreter})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(context.Background())
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 60 {
		size := uint64(1+r.IntN(40)) * pageSize
		want := make([]byte, size)
		var parts []Part
		for range r.IntN(6) {
			at := r.Uint64N(size)
			b := make([]byte, r.Uint64N(1<<r.IntN(20)))
			b = b[:min(uint64(len(b)), size-at)]
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			copy(want[at:], b)
			parts = append(parts, Part{at, b})
		}
		i := e.NewImage(parts)
		budget := &Budget{Max: 1 << 30}
		for turn := range 3 { // the second and third use what the one before left
			m := e.pool.mustGet(t, 50*pageSize, i, budget)
			got := m.Reallocate(size)
			if !bytes.Equal(got, want) {
				t.Fatalf("image %d, turn %d: byte %d differs", n, turn, differ(got, want))
			}
			grown := m.Reallocate(50 * pageSize)
			if !zero(grown[size:]) {
				t.Fatalf("image %d, turn %d: what was grown is not zero", n, turn)
			}
			for range r.IntN(30) {
				at := r.Uint64N(50 * pageSize)
				b := grown[at:min(at+r.Uint64N(1<<18), 50*pageSize)]
				for i := range b {
					b[i] = 0xee
				}
			}
			e.pool.put(m)
		}
	}
}

// TestSnapshotNeedsStates: without knowing what code can change there is no reset.
func TestSnapshotNeedsStates(t *testing.T) {
	ctx := context.Background()
	e, err := New(ctx, Config{Kind: Interpreter})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	for _, state := range []*State{nil, {Globals: []string{"no such global"}}} {
		wasm, _ := mutable(1, false)
		m, err := e.Compile(ctx, "m", wasm, 0)
		if err != nil {
			t.Fatal(err)
		}
		m.State = state
		s := e.NewStore()
		if _, err := s.Instantiate(s.Values(), m, nil, &Budget{Max: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		if s.Snapshot() != nil {
			t.Errorf("a snapshot was taken with State %v", state)
		}
		if err := s.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
