package host

import (
	"context"
	"errors"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// TestReentrance: a component that is on the call stack cannot be entered, but by
// itself; and while its memory is allocated it cannot leave.
func TestReentrance(t *testing.T) {
	ft := fn(nil)
	t.Run("enter", func(t *testing.T) {
		k := newKit(t, "app", "lib")
		// lib.f calls app.g, while app.run calls lib.f.
		libStep, appStep := 1, 2
		back := k.adapter(plan.Side{Instance: 2}, plan.Side{Instance: 1}, appStep, "g", ft, canon.Options{}, canon.Options{})
		there := k.adapter(plan.Side{Instance: 1}, plan.Side{Instance: 2}, libStep, "f", ft, canon.Options{}, canon.Options{})
		self := k.adapter(plan.Side{Instance: 1}, plan.Side{Instance: 1}, appStep, "g", ft, canon.Options{}, canon.Options{})
		var imp, imp2 uint32
		lib := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, nil)) })
		lib.fn("f", nil, nil, func(f *core.Func) { f.Call(imp) })
		k.module(2, lib.Builder, fromHost(back))
		app := newGuest(func(b *core.Builder) {
			imp = b.ImportFunc("0", "f", b.Type(nil, nil))
			imp2 = b.ImportFunc("1", "f", b.Type(nil, nil))
		})
		app.fn("g", nil, nil, func(f *core.Func) {})
		app.fn("run", nil, nil, func(f *core.Func) { f.Call(imp) })
		app.fn("self", nil, nil, func(f *core.Func) { f.Call(imp2) })
		k.module(1, app.Builder, fromHost(there), fromHost(self))
		k.export(1, appStep, "run", ft, canon.Options{})
		k.export(1, appStep, "self", ft, canon.Options{})
		i := k.start(Config{})
		call1(t, i, "self")
		_, err := i.Call(context.Background(), "", "run")
		if want := "trap in app, function g: cannot enter component instance: it is already on the call stack"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("leave", func(t *testing.T) {
		k := newKit(t, "app")
		m := k.hostImport(plan.Side{Instance: 1}, "test:host/x", "f", ft, canon.Options{})
		var imp uint32
		g := &core.Builder{}
		imp = g.ImportFunc("0", "f", g.Type(nil, nil))
		g.Memory(core.MemoryType{Range: core.Range{Min: 1}})
		g.Export("memory", core.ExternMemory, 0)
		f := g.Func(g.Type(types(i32, i32, i32, i32), types(i32)))
		f.Call(imp).I32(0)
		g.Export("realloc", core.ExternFunc, f.Index)
		f = g.Func(g.Type(types(i32, i32), nil))
		g.Export("run", core.ExternFunc, f.Index)
		step := k.module(1, g, fromHost(m))
		k.export(1, step, "run", fn(nil, prim(wit.String)), allOptions)
		i := k.start(Config{Interfaces: hostWith("test:host/x", map[string]Func{"f": func(*Call, []value.Value) (value.Value, error) { return value.Value{}, nil }})})
		_, err := i.Call(context.Background(), "", "run", value.String("x"))
		if want := "trap in app, function test:host/x#f: cannot leave component instance: it may not call out now"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

// TestLyingRealloc: what realloc returns is checked.
func TestLyingRealloc(t *testing.T) {
	for _, c := range []struct {
		name string
		ptr  int32
		arg  value.Value
		ty   *wit.Type
		want string
	}{
		{"outside", 65536 - 2, value.String("abc"), prim(wit.String), "trap in app, function run: pointer or length is out of bounds of memory"},
		{"far", -1, value.String("abc"), prim(wit.String), "trap in app, function run: pointer or length is out of bounds of memory"},
		{"crooked", 2, value.List(value.U32(1)), wit.NewList(prim(wit.U32)), "trap in app, function run: pointer is not aligned"},
		{"end", 65536, value.String(""), prim(wit.String), ""},
		{"past", 65537, value.String(""), prim(wit.String), "trap in app, function run: pointer or length is out of bounds of memory"},
	} {
		k := newKit(t, "app")
		g := &core.Builder{}
		g.Memory(core.MemoryType{Range: core.Range{Min: 1}})
		g.Export("memory", core.ExternMemory, 0)
		f := g.Func(g.Type(types(i32, i32, i32, i32), types(i32)))
		f.I32(c.ptr)
		g.Export("realloc", core.ExternFunc, f.Index)
		f = g.Func(g.Type(types(i32, i32), nil))
		g.Export("run", core.ExternFunc, f.Index)
		step := k.module(1, g)
		k.export(1, step, "run", fn(nil, c.ty), allOptions)
		_, err := k.start(Config{}).Call(context.Background(), "", "run", c.arg)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestInstantiateFails(t *testing.T) {
	for _, c := range []struct {
		name string
		g    func(g *core.Builder)
		cfg  Config
		want string
	}{
		{"start", func(g *core.Builder) {
			f := g.Func(g.Type(nil, nil))
			f.Op(core.OpUnreachable)
			g.Start(f.Index)
		}, Config{}, "instantiate component lib: trap in lib, function lib/module 2: unreachable code was reached"},
		{"data", func(g *core.Builder) {
			g.Memory(core.MemoryType{Range: core.Range{Min: 1}})
			g.Data(65535, []byte("ab"))
		},
			Config{}, "instantiate component lib: trap in lib, function lib/module 2: instantiate lib/module 2: data[0]: out of bounds memory access"},
		{"memory", func(g *core.Builder) { g.Memory(core.MemoryType{Range: core.Range{Min: 100}}) }, Config{MaxMemory: 1 << 20},
			"instantiate component lib: trap in lib, function lib/module 2: memory is full: no memory for a linear memory of 6553600 bytes: component lib may have 1MiB of memory in one instance: 6.2MiB are needed; the limit is set by --max-memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKit(t, "app", "lib")
			k.module(1, newGuest(nil).Builder)
			g := &core.Builder{}
			c.g(g)
			k.module(2, g)
			_, err := k.compile(c.cfg).Instantiate(context.Background(), InstanceOptions{})
			var trap *Trap
			if err == nil || err.Error() != c.want || !errors.As(err, &trap) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestMemoryLimit: at the limit a guest's memory.grow answers -1.
func TestMemoryLimit(t *testing.T) {
	k := newKit(t, "app")
	g := newGuest(nil)
	g.fn("grow", types(i32), types(i32), func(f *core.Func) { f.LocalGet(0).MemoryOp(core.OpMemoryGrow) })
	step := k.module(1, g.Builder)
	k.export(1, step, "grow", fn(prim(wit.S32), prim(wit.U32)), canon.Options{})
	var told []Refusal
	i := k.start(Config{MaxMemory: 10 << 16, Refused: func(r Refusal) { told = append(told, r) }})
	for _, c := range []struct {
		by   uint32
		want int32
	}{{4, 1}, {6, -1}, {5, 5}, {1, -1}, {0, 10}, {1 << 31, -1}} {
		if got := call1(t, i, "grow", value.U32(c.by)).S32(); got != c.want {
			t.Errorf("grow %d = %d, want %d", c.by, got, c.want)
		}
	}
	const reason = "more memory: component app may have 640KiB of memory in one instance: 324KiB are in use, 384KiB more were asked for; the limit is set by --max-memory"
	if len(told) != 1 || told[0].Component != "app" || told[0].Kind != "memory" || told[0].Reason != reason || told[0].Write != "--max-memory 2MiB" {
		t.Errorf("told %+v", told)
	}
}

// TestValueLimit: a guest cannot make the host take any amount of memory.
func TestValueLimit(t *testing.T) {
	k := newKit(t, "app")
	g := newGuest(nil)
	g.fn("list", types(i32), types(i32), func(f *core.Func) {
		f.I32(8).I32(64).Mem(core.OpI32Store, 2, 0).I32(8).LocalGet(0).Mem(core.OpI32Store, 2, 4).I32(8)
	})
	step := k.module(1, g.Builder)
	k.export(1, step, "list", fn(wit.NewList(prim(wit.Bool)), prim(wit.U32)), allOptions)
	var told []Refusal
	i := k.start(Config{MaxValueBytes: 1000 * valueSize, Refused: func(r Refusal) { told = append(told, r) }})
	if got := call1(t, i, "list", value.U32(1000)).Len(); got != 1000 {
		t.Fatal(got)
	}
	_, err := i.Call(context.Background(), "", "list", value.U32(1001))
	if want := "trap in app, function list: value takes more memory than the host allows"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(told) != 1 || told[0].Component != "app" || told[0].Kind != "values" || told[0].Reason != "larger values in one call: the limit is 23KiB" {
		t.Errorf("told %+v", told)
	}
}
