package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// withStates rewrites the plan's modules as the linker does, so that instances can
// be reset.
func (k *kit) withStates() *kit {
	k.t.Helper()
	p := k.plan()
	for n := range p.Modules {
		m := &p.Modules[n]
		d, err := core.Decode(m.Bytes, 0)
		if err != nil {
			k.t.Fatal(err)
		}
		bytes, info, err := core.Rewrite(d, core.Options{ExportState: true, LiftData: true})
		if err != nil {
			k.t.Fatal(err)
		}
		m.Bytes, m.State = bytes, &plan.State{}
		for _, part := range info.Image {
			m.Image = append(m.Image, plan.ImagePart{Offset: part.Offset, Bytes: part.Bytes})
		}
		for _, g := range info.Globals {
			m.State.Globals = append(m.State.Globals, g.Name)
		}
	}
	return k
}

// storeKit has a component that keeps handles, memory and globals, with data.
func storeKit(t testing.TB) *kit {
	k := newKit(t, "lib")
	r := &wit.Resource{Name: "r"}
	newT := k.builtin(1, canon.ResourceNew("[resource-new]r", r), 0)
	var resNew uint32
	g := newGuest(func(b *core.Builder) { resNew = b.ImportFunc("0", "f", b.Type(types(i32), types(i32))) })
	g.Data(512, []byte("data"))
	// make answers with the new handle's index.
	g.fn("make", types(i32), types(i32), func(f *core.Func) { f.LocalGet(0).Call(resNew) })
	g.fn("put", types(i32, i32), nil, func(f *core.Func) { f.LocalGet(0).LocalGet(1).Mem(core.OpI32Store, 0, 0) })
	g.fn("get", types(i32), types(i32), func(f *core.Func) { f.LocalGet(0).Mem(core.OpI32Load, 0, 0) })
	g.fn("take", types(i32), types(i32), func(f *core.Func) { // allocate
		f.I32(0).I32(0).I32(1).LocalGet(0).Call(resNew + 1)
	})
	step := k.module(1, g.Builder, fromHost(newT))
	k.p.Resources = append(k.p.Resources, plan.Resource{Name: "r", Instance: 1})
	u32 := prim(wit.U32)
	for _, name := range []string{"make", "get", "take"} {
		k.export(1, step, name, fn(u32, u32), canon.Options{})
	}
	k.export(1, step, "put", fn(nil, u32, u32), canon.Options{})
	return k
}

// deeds does things drawn from a seed to an instance, and tells what came of them.
func deeds(i *Instance, seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 9))
	var out strings.Builder
	for range n {
		var args []value.Value
		name := []string{"make", "put", "get", "take"}[r.IntN(4)]
		args = append(args, value.U32(uint32(r.IntN(1<<r.IntN(19)))))
		if name == "put" {
			args = append(args, value.U32(r.Uint32()))
		}
		v, err := i.Call(context.Background(), "", name, args...)
		fmt.Fprintln(&out, name, v, err)
	}
	return out.String()
}

// TestReuse: instances made of used ones do what fresh ones do.
func TestReuse(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.MaxMemory = 40 << 16
		ctx := context.Background()
		fresh, again := storeKit(t).compile(cfg), storeKit(t).withStates().compile(cfg)
		resets := 0
		for seed := range uint64(60) {
			var got [2]string
			for n, c := range []*Composition{fresh, again} {
				i, err := c.Instantiate(ctx, InstanceOptions{})
				if err != nil {
					t.Fatal(err)
				}
				got[n] = deeds(i, seed, 12)
				if err := i.Close(ctx); err != nil {
					t.Fatal(err)
				}
				if _, err := i.Call(ctx, "", "get", value.U32(0)); !errors.Is(err, ErrClosed) {
					t.Fatalf("a call into a closed instance: %v", err)
				}
			}
			if got[0] != got[1] {
				t.Fatalf("script %d, fresh:\n%sused:\n%s", seed, got[0], got[1])
			}
			resets += len(again.reuse.idle)
			// The first instance has no snapshot; one that trapped is gone.
			if want := seed > 0 && !strings.Contains(got[1], "trap"); (len(again.reuse.idle) == 1) != want {
				t.Fatalf("script %d: %d instances wait\n%s", seed, len(again.reuse.idle), got[1])
			}
		}
		if resets == 0 || resets == 60 {
			t.Errorf("%d of 60 instances were reset: the scripts show nothing", resets)
		}
		if len(fresh.reuse.idle) != 0 {
			t.Error("an instance without states was kept")
		}
	})
}

// TestNotReused: what asked the host while it was made is made anew each time.
func TestNotReused(t *testing.T) {
	ctx := context.Background()
	k := newKit(t, "app")
	asked := 0
	ft := fn(prim(wit.U32))
	m := k.hostImport(plan.Side{Instance: 1}, "test:host/x", "f", ft, canon.Options{})
	var imp uint32
	g := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, types(i32))) })
	seen := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0))
	start := g.Func(g.Type(nil, nil))
	start.Call(imp).GlobalSet(seen)
	g.Start(start.Index)
	g.fn("seen", nil, types(i32), func(f *core.Func) { f.GlobalGet(seen) })
	step := k.module(1, g.Builder, fromHost(m))
	k.export(1, step, "seen", ft, canon.Options{})
	c := k.withStates().compile(Config{Interfaces: hostWith("test:host/x", map[string]Func{"f": func(*Call, []value.Value) (value.Value, error) {
		asked++
		return value.U32(uint32(asked)), nil
	}})})
	for n := range 5 {
		i, err := c.Instantiate(ctx, InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := call1(t, i, "seen").U32(); got != uint32(n+1) {
			t.Fatalf("instance %d saw %d", n, got)
		}
		if err := i.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReuseIsBounded: what waits is bounded, and closed with the composition.
func TestReuseIsBounded(t *testing.T) {
	ctx := context.Background()
	c := storeKit(t).withStates().compile(Config{Engine: "interpreter"})
	for range 2 {
		var open []*Instance
		for n := range maxSpares + 20 {
			i, err := c.Instantiate(ctx, InstanceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			call1(t, i, "put", value.U32(600), value.U32(uint32(n)))
			open = append(open, i)
		}
		for n, i := range open {
			if got := call1(t, i, "get", value.U32(600)).U32(); got != uint32(n) {
				t.Fatalf("instance %d has %s", n, strconv.Itoa(int(got)))
			}
			if err := i.Close(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(c.reuse.idle); got != maxSpares {
			t.Errorf("%d instances wait, want %d", got, maxSpares)
		}
	}
}
