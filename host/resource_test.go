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

// resourceLib is a component "lib" (instance inst) that defines resource type 0:
//
//	make: func(rep: u32) -> own<r>     get: func(self: borrow<r>) -> u32
//	take: func(self: own<r>)           dropped: func() -> u32
//
// get returns the representation, take drops the handle, and dropped returns the
// sum of the representations destroyed.
type resourceLib struct {
	step, inst           int
	res                  *wit.Resource
	mk, get, take, count *wit.FuncType
}

func (k *kit) resourceLib(inst int) *resourceLib {
	r := &wit.Resource{Name: "r"}
	l := &resourceLib{inst: inst, res: r,
		mk: fn(wit.NewOwn(r), prim(wit.U32)), get: fn(prim(wit.U32), wit.NewBorrow(r)),
		take: fn(nil, wit.NewOwn(r)), count: fn(prim(wit.U32))}
	newT := k.builtin(inst, canon.ResourceNew("[resource-new]r", r), 0)
	dropT := k.builtin(inst, canon.ResourceDrop("[resource-drop]r", r), 0)
	var resNew, resDrop uint32
	g := newGuest(func(b *core.Builder) {
		resNew = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
		resDrop = b.ImportFunc("1", "f", b.Type(types(i32), nil))
	})
	sum := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0))
	g.fn("make", types(i32), types(i32), func(f *core.Func) { f.LocalGet(0).Call(resNew) })
	g.fn("get", types(i32), types(i32), func(f *core.Func) { f.LocalGet(0) }) // lowered as representation
	g.fn("take", types(i32), nil, func(f *core.Func) { f.LocalGet(0).Call(resDrop) })
	g.fn("dropped", nil, types(i32), func(f *core.Func) { f.GlobalGet(sum) })
	g.fn("dtor", types(i32), nil, func(f *core.Func) { f.GlobalGet(sum).LocalGet(0).Op(core.OpI32Add).GlobalSet(sum) })
	l.step = k.module(inst, g.Builder, fromHost(newT), fromHost(dropT))
	k.p.Resources = append(k.p.Resources, plan.Resource{Name: "r", Instance: inst, Dtor: ref(l.step, "dtor")})
	return l
}

// builtin adds a trampoline for a canonical definition of a component.
func (k *kit) builtin(inst int, p *canon.Program, resources ...int) int {
	return k.trampoline(inst, plan.Call{Program: p, Side: [2]plan.Side{{Instance: inst}, hostSide()}, HostFunc: -1, Resources: resources})
}

func TestResourceFromGo(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		k := newKit(t, "lib")
		l := k.resourceLib(1)
		k.export(1, l.step, "make", l.mk, canon.Options{}, 0)
		k.export(1, l.step, "get", l.get, canon.Options{}, 0)
		k.export(1, l.step, "take", l.take, canon.Options{}, 0)
		k.export(1, l.step, "dropped", l.count, canon.Options{})
		i := k.start(cfg)
		ctx := context.Background()

		a, b := call1(t, i, "make", value.U32(10)), call1(t, i, "make", value.U32(100))
		for range 3 {
			if got := call1(t, i, "get", value.Borrow(b.Handle())).U32(); got != 100 {
				t.Fatalf("get = %d, want 100", got)
			}
		}
		if got := call1(t, i, "get", a).U32(); got != 10 { // an owner may lend what it owns
			t.Fatalf("get = %d, want 10", got)
		}
		if err := i.Drop(ctx, a); err != nil {
			t.Fatal(err)
		}
		call1(t, i, "take", b)
		if got := call1(t, i, "dropped").U32(); got != 110 {
			t.Errorf("dropped = %d, want 110", got)
		}
		for _, c := range []struct {
			name string
			arg  value.Value
			want string
		}{
			{"get", a, "get: a handle to a r was given that had been given away before"},
			{"take", b, "take: a handle to a r was given that had been given away before"},
			{"take", value.Borrow(b.Handle()), "take: a handle to a r is wanted, a borrow was given"},
			{"get", value.U32(1), "get: a handle to a r is wanted, a u32 was given"},
			{"take", value.Own(&value.Handle{Rep: 10}), "take: a handle to a r that is only borrowed was given away"},
		} {
			_, err := i.Call(ctx, "", c.name, c.arg)
			var bad *ArgumentError
			if !errors.As(err, &bad) || err.Error() != c.want {
				t.Errorf("%s: got %v, want %s", c.name, err, c.want)
			}
		}
		if err := i.Drop(ctx, a); err == nil || err.Error() != "drop: the handle was given away before" {
			t.Errorf("second drop: %v", err)
		}
		call1(t, i, "dropped") // wrong arguments do not break an instance
	})
}

// resourceApp adds a component "app" (instance 2) with exports that call the lib
// at instance 1, each of the same name and with core values: make(rep) → handle,
// get(handle) → rep, take(handle), drop(handle).
func (k *kit) resourceApp(l *resourceLib) {
	var imports []plan.Source
	lib := plan.Side{Instance: l.inst}
	app := plan.Side{Instance: 2}
	for _, f := range []struct {
		name string
		ft   *wit.FuncType
	}{{"make", l.mk}, {"get", l.get}, {"take", l.take}} {
		imports = append(imports, fromHost(k.adapter(app, lib, l.step, f.name, f.ft, canon.Options{}, canon.Options{}, 0)))
	}
	imports = append(imports, fromHost(k.builtin(2, canon.ResourceDrop("[resource-drop]r", l.res), 0)))
	var fs [4]uint32
	g := newGuest(func(b *core.Builder) {
		fs[0] = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
		fs[1] = b.ImportFunc("1", "f", b.Type(types(i32), types(i32)))
		fs[2] = b.ImportFunc("2", "f", b.Type(types(i32), nil))
		fs[3] = b.ImportFunc("3", "f", b.Type(types(i32), nil))
	})
	for n, name := range []string{"make", "get", "take", "drop"} {
		var results []core.ValType
		if n < 2 {
			results = types(i32)
		}
		g.fn(name, types(i32), results, func(f *core.Func) { f.LocalGet(0).Call(fs[n]) })
	}
	step := k.module(2, g.Builder, imports...)
	for n, name := range []string{"make", "get", "take", "drop"} {
		ft := fn(nil, prim(wit.U32))
		if n < 2 {
			ft = fn(prim(wit.U32), prim(wit.U32))
		}
		k.export(2, step, name, ft, canon.Options{})
	}
	k.export(1, l.step, "dropped", l.count, canon.Options{})
}

func TestResourceBetweenComponents(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		k := newKit(t, "lib", "app")
		k.resourceApp(k.resourceLib(1))
		i := k.start(cfg)
		mk := func(rep uint32) uint32 { return call1(t, i, "make", value.U32(rep)).U32() }
		// Indices start at 1; the last one given back is the next.
		if a, b, c := mk(10), mk(20), mk(40); a != 1 || b != 2 || c != 3 {
			t.Fatalf("handles %d %d %d, want 1 2 3", a, b, c)
		}
		call1(t, i, "drop", value.U32(1))
		call1(t, i, "take", value.U32(3))
		if a, b := mk(80), mk(160); a != 3 || b != 1 {
			t.Fatalf("handles %d %d, want 3 1", a, b)
		}
		if got := call1(t, i, "get", value.U32(3)).U32(); got != 80 {
			t.Errorf("get = %d, want 80", got)
		}
		if got := call1(t, i, "dropped").U32(); got != 50 {
			t.Errorf("dropped = %d, want 50", got)
		}
	})
}

func TestHandleTraps(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle uint32
		want   string
	}{
		{"get", 0, "trap in app, function get: unknown handle index"},
		{"get", 2, "trap in app, function get: unknown handle index"},
		{"take", 1 << 31, "trap in app, function take: unknown handle index"},
		{"drop", 0, "trap in app, function [resource-drop]r: unknown handle index"},
	} {
		k := newKit(t, "lib", "app")
		k.resourceApp(k.resourceLib(1))
		i := k.start(Config{})
		call1(t, i, "make", value.U32(1))
		_, err := i.Call(context.Background(), "", c.name, value.U32(c.handle))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s(%d): got %v, want %s", c.name, c.handle, err, c.want)
		}
	}
}

func TestHandleQuota(t *testing.T) {
	k := newKit(t, "lib", "app")
	k.resourceApp(k.resourceLib(1))
	i := k.start(Config{MaxHandles: 3})
	for n := range uint32(3) {
		call1(t, i, "make", value.U32(n))
	}
	_, err := i.Call(context.Background(), "", "make", value.U32(3))
	if want := "trap in app, function make: too many handles"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestBorrowRules: a handle that is lent cannot be given away; a callee must drop
// what it borrows.
func TestBorrowRules(t *testing.T) {
	build := func(t *testing.T, ft *wit.FuncType, keep bool) *Instance {
		k := newKit(t, "lib", "app", "third")
		l := k.resourceLib(1)
		// third.use(borrow, …): drops its borrow unless keep.
		drop := k.builtin(3, canon.ResourceDrop("[resource-drop]r", l.res), 0)
		var dropF uint32
		core3 := coreTypes(canon.FlattenFuncType(ft, canon.Lift).Params)
		third := newGuest(func(b *core.Builder) { dropF = b.ImportFunc("0", "f", b.Type(types(i32), nil)) })
		third.fn("use", core3, nil, func(f *core.Func) {
			if !keep {
				f.LocalGet(0).Call(dropF)
			}
		})
		thirdStep := k.module(3, third.Builder, fromHost(drop))
		app, lib := plan.Side{Instance: 2}, plan.Side{Instance: 1}
		mk := k.adapter(app, lib, l.step, "make", l.mk, canon.Options{}, canon.Options{}, 0)
		use := k.adapter(app, plan.Side{Instance: 3}, thirdStep, "use", ft, canon.Options{}, canon.Options{}, 0)
		var mkF, useF uint32
		g := newGuest(func(b *core.Builder) {
			mkF = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
			useF = b.ImportFunc("1", "f", b.Type(core3, nil))
		})
		g.fn("run", nil, types(i32), func(f *core.Func) {
			h := f.Local(i32)
			f.I32(7).Call(mkF).LocalSet(h)
			for range core3 {
				f.LocalGet(h)
			}
			f.Call(useF).LocalGet(h)
		})
		step := k.module(2, g.Builder, fromHost(mk), fromHost(use))
		k.export(2, step, "run", fn(prim(wit.U32)), canon.Options{})
		return k.start(Config{})
	}
	r := &wit.Resource{Name: "r"}
	own, borrow := wit.NewOwn(r), wit.NewBorrow(r)
	for _, c := range []struct {
		name string
		ft   *wit.FuncType
		keep bool
		want string
	}{
		{"dropped", fn(nil, borrow), false, ""},
		{"kept", fn(nil, borrow), true, "trap in third, function use: borrowed handles remain at the end of the call"},
		{"lent and given", fn(nil, borrow, own), false, "trap in app, function use: handle is lent out"},
		{"given and lent", fn(nil, own, borrow), false, "trap in app, function use: unknown handle index"},
		{"lent twice", fn(nil, borrow, borrow), false, "trap in third, function use: borrowed handles remain at the end of the call"},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := build(t, c.ft, c.keep)
			_, err := i.Call(context.Background(), "", "run")
			if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

type hostObject struct {
	n     uint32
	drops *[]uint32
}

func (o *hostObject) Drop() { *o.drops = append(*o.drops, o.n) }

// hostResources offers new: (u32) → own, use: (borrow) → u32, take: (own).
func hostResources(drops *[]uint32) (*Interface, *wit.Resource) {
	h := &wit.Resource{Name: "h"}
	i := &Interface{Name: "test:host/things@1.0.0", Type: &wit.InstanceType{Exports: []wit.Decl{{Name: "h", Type: &wit.TypeExport{Def: h, Abstract: true}}}}}
	i.Funcs = map[string]Func{
		"new": func(c *Call, args []value.Value) (value.Value, error) {
			return c.Own(h, &hostObject{args[0].U32(), drops}), nil
		},
		"use": func(c *Call, args []value.Value) (value.Value, error) {
			o, err := Object[*hostObject](args[0])
			if err != nil {
				return value.Value{}, err
			}
			return value.U32(o.n), nil
		},
		"take": func(c *Call, args []value.Value) (value.Value, error) {
			o, err := Object[*hostObject](args[0])
			if err != nil {
				return value.Value{}, err
			}
			o.n += 1000
			return value.Value{}, nil
		},
	}
	return i, h
}

// TestHostResourceLost: an object that a guest has no room for, or gives away with an
// argument that is none, is dropped with the instance.
func TestHostResourceLost(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		var drops []uint32
		iface, h := hostResources(&drops)
		iface.Funcs["some"] = func(c *Call, _ []value.Value) (value.Value, error) {
			one := c.Own(h, &hostObject{1, &drops})
			ok := value.List(value.Tuple(value.String("x"), value.Some(one)))
			return value.Ok(&ok), nil
		}
		iface.Funcs["with"] = func(*Call, []value.Value) (value.Value, error) { return value.Value{}, nil }
		cfg.Interfaces = []*Interface{iface}
		k := newKit(t, "app")
		k.p.Resources = []plan.Resource{{Name: "h", Instance: -1, Interface: iface.Name, HostName: "h"}}
		some := fn(wit.NewResult(wit.NewList(wit.NewTuple(prim(wit.String), wit.NewOption(wit.NewOwn(h)))), nil))
		mem := k.module(1, newGuest(nil).Builder)
		app := side(1, mem)
		host := k.hostImport(app, iface.Name, "some", some, allOptions, 0)
		with := k.hostImport(app, iface.Name, "with", fn(nil, wit.NewOwn(h), prim(wit.String)), allOptions, 0)
		mk := k.hostImport(app, iface.Name, "new", fn(wit.NewOwn(h), prim(wit.U32)), canon.Options{}, 0)
		var f, w, n uint32
		g := newGuest(func(b *core.Builder) {
			f = b.ImportFunc("0", "f", b.Type(types(i32), nil))
			w = b.ImportFunc("1", "f", b.Type(types(i32, i32, i32), nil))
			n = b.ImportFunc("2", "f", b.Type(types(i32), types(i32)))
		})
		g.fn("go", types(i32), nil, func(fn *core.Func) { fn.LocalGet(0).Call(f) })
		g.fn("with", types(i32), nil, func(fn *core.Func) { fn.I32(7).Call(n).LocalGet(0).I32(8).Call(w) })
		step := k.module(1, g.Builder, fromHost(host), fromHost(with), fromHost(mk))
		k.export(1, step, "go", fn(nil, prim(wit.U32)), canon.Options{})
		k.export(1, step, "with", fn(nil, prim(wit.U32)), canon.Options{})
		comp := k.compile(cfg)
		i := instance(t, comp)
		call1(t, i, "go", value.U32(64))
		if _, err := i.Call(t.Context(), "", "go", value.U32(0xfffffff0)); err == nil {
			t.Fatal("there was room for the result")
		}
		closed(t, i)
		if len(drops) != 2 {
			t.Errorf("%d objects were dropped, want both", len(drops))
		}

		i, drops = instance(t, comp), nil
		call1(t, i, "with", value.U32(64)) // the function has that one
		if _, err := i.Call(t.Context(), "", "with", value.U32(0xfffffff0)); err == nil {
			t.Fatal("there was a text")
		}
		closed(t, i)
		if len(drops) != 1 {
			t.Errorf("%d objects were dropped, want the one that did not arrive", len(drops))
		}
	})
}

func TestHostResource(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		var drops []uint32
		iface, h := hostResources(&drops)
		cfg.Interfaces = []*Interface{iface}
		k := newKit(t, "app")
		k.p.Resources = []plan.Resource{{Name: "h", Instance: -1, Interface: iface.Name, HostName: "h"}}
		app := plan.Side{Instance: 1}
		fts := []*wit.FuncType{fn(wit.NewOwn(h), prim(wit.U32)), fn(prim(wit.U32), wit.NewBorrow(h)), fn(nil, wit.NewOwn(h))}
		var imports []plan.Source
		for n, name := range []string{"new", "use", "take"} {
			imports = append(imports, fromHost(k.hostImport(app, iface.Name, name, fts[n], canon.Options{}, 0)))
		}
		imports = append(imports, fromHost(k.builtin(1, canon.ResourceDrop("[resource-drop]h", h), 0)))
		var fs [4]uint32
		g := newGuest(func(b *core.Builder) {
			fs[0] = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
			fs[1] = b.ImportFunc("1", "f", b.Type(types(i32), types(i32)))
			fs[2] = b.ImportFunc("2", "f", b.Type(types(i32), nil))
			fs[3] = b.ImportFunc("3", "f", b.Type(types(i32), nil))
		})
		names := []string{"new", "use", "take", "drop"}
		for n, name := range names {
			g.fn(name, types(i32), map[bool][]core.ValType{true: types(i32)}[n < 2], func(f *core.Func) { f.LocalGet(0).Call(fs[n]) })
		}
		// give: func(own<h>) -> u32 returns the handle's index.
		g.fn("give", types(i32), types(i32), func(f *core.Func) { f.LocalGet(0) })
		step := k.module(1, g.Builder, imports...)
		for n, name := range names {
			ft := fn(nil, prim(wit.U32))
			if n < 2 {
				ft = fn(prim(wit.U32), prim(wit.U32))
			}
			k.export(1, step, name, ft, canon.Options{})
		}
		k.export(1, step, "give", fn(prim(wit.U32), wit.NewOwn(h)), canon.Options{}, 0)
		c := k.compile(cfg)
		i, err := c.Instantiate(context.Background(), InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint32(4) {
			if got := call1(t, i, "new", value.U32(n)).U32(); got != n+1 {
				t.Fatalf("handle %d, want %d", got, n+1)
			}
		}
		if got := call1(t, i, "use", value.U32(3)).U32(); got != 2 {
			t.Errorf("use = %d, want 2", got)
		}
		call1(t, i, "drop", value.U32(2))
		call1(t, i, "take", value.U32(1)) // the host has it again: no drop
		if len(drops) != 1 || drops[0] != 1 {
			t.Errorf("drops %v, want [1]", drops)
		}
		given := i.Own(h, &hostObject{50, &drops})
		idx := call1(t, i, "give", given)
		if got := call1(t, i, "use", idx).U32(); got != 50 {
			t.Errorf("use = %d, want 50", got)
		}
		if _, err := i.Call(context.Background(), "", "give", given); err == nil {
			t.Error("an object was given twice")
		}
		if err := i.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		sum := uint32(0)
		for _, d := range drops {
			sum += d
		}
		if len(drops) != 4 || sum != 1+2+3+50 {
			t.Errorf("drops after close: %v, want 1, 2, 3 and 50", drops)
		}
	})
}
