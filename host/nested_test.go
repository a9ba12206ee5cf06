package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// TestDestructorAcrossInstances: a destructor is entered as a function is. It may
// be called from inside its own component's call into a part of it, and not while
// its component is on the call stack for another reason.
func TestDestructorAcrossInstances(t *testing.T) {
	for _, c := range []struct {
		name string
		// owner's parent is dropper, dropper's parent is owner, or neither
		parent string
		want   string
	}{
		{"from a part of it", "owner", ""},
		{"from a sibling", "", "trap in owner, function [resource-drop]r: cannot enter component instance: it is already on the call stack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// owner.run makes a resource and gives it to dropper.take, which drops it
			// while owner is still on the call stack.
			k := newKit(t, "owner", "dropper")
			if c.parent == "owner" {
				k.p.Instances[2] = plan.Instance{Path: "owner/1", Component: 0, Parent: 1}
			}
			r := &wit.Resource{Name: "r"}
			take := fn(nil, wit.NewOwn(r))
			dropT := k.builtin(2, canon.ResourceDrop("[resource-drop]r", r), 0)
			var drop, resNew, takeF uint32
			d := newGuest(func(b *core.Builder) { drop = b.ImportFunc("0", "f", b.Type(types(i32), nil)) })
			d.fn("take", types(i32), nil, func(f *core.Func) { f.LocalGet(0).Call(drop) })
			dStep := k.module(2, d.Builder, fromHost(dropT))

			newT := k.builtin(1, canon.ResourceNew("[resource-new]r", r), 0)
			takeT := k.adapter(plan.Side{Instance: 1}, plan.Side{Instance: 2}, dStep, "take", take, canon.Options{}, canon.Options{}, 0)
			o := newGuest(func(b *core.Builder) {
				resNew = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
				takeF = b.ImportFunc("1", "f", b.Type(types(i32), nil))
			})
			o.Export("destroyed", core.ExternGlobal, o.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0)))
			o.fn("run", nil, nil, func(f *core.Func) { f.I32(5).Call(resNew).Call(takeF) })
			o.fn("dtor", types(i32), nil, func(f *core.Func) { f.LocalGet(0).GlobalSet(1) })
			step := k.module(1, o.Builder, fromHost(newT), fromHost(takeT))
			k.p.Resources = []plan.Resource{{Name: "r", Instance: 1, Dtor: ref(step, "dtor")}}
			k.export(1, step, "run", fn(nil), canon.Options{})
			i := k.start(Config{})
			_, err := i.Call(context.Background(), "", "run")
			if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			g, _ := i.core[step].Global("destroyed")
			if ran := g.Get() == 5; ran != (c.want == "") {
				t.Errorf("the destructor ran: %t", ran)
			}
		})
	}
}

// TestStartFunction: while a component is instantiated it counts as entered; its
// start function may call the host and other components, which may not call back.
func TestStartFunction(t *testing.T) {
	build := func(callBack bool) (*kit, Config, *int) {
		calls := new(int)
		k := newKit(t, "app", "lib")
		ft := fn(nil)
		hostT := k.hostImport(plan.Side{Instance: 1}, "test:host/x", "f", ft, canon.Options{})
		libStep, memStep := 1, 2
		// lib.f calls app.g if callBack.
		back := k.adapter(plan.Side{Instance: 2}, plan.Side{Instance: 1}, memStep, "g", ft, canon.Options{}, canon.Options{})
		there := k.adapter(plan.Side{Instance: 1}, plan.Side{Instance: 2}, libStep, "f", ft, canon.Options{}, canon.Options{})
		var imp, imp2 uint32
		lib := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, nil)) })
		lib.fn("f", nil, nil, func(f *core.Func) {
			if callBack {
				f.Call(imp)
			}
		})
		k.module(2, lib.Builder, fromHost(back))
		mem := newGuest(nil)
		mem.fn("g", nil, nil, func(f *core.Func) {})
		k.module(1, mem.Builder)
		// The module with the start function has the memory of another.
		b := &core.Builder{}
		imp = b.ImportFunc("0", "f", b.Type(nil, nil))
		imp2 = b.ImportFunc("1", "f", b.Type(nil, nil))
		b.ImportMemory("2", "memory", core.MemoryType{Range: core.Range{Min: 1}})
		f := b.Func(b.Type(nil, nil))
		f.Call(imp).Call(imp2)
		b.Start(f.Index)
		k.module(1, b, fromHost(hostT), fromHost(there), fromCore(memStep))
		cfg := Config{Interfaces: hostWith("test:host/x", map[string]Func{"f": func(c *Call, _ []value.Value) (value.Value, error) {
			*calls++
			if c.Component().Name != "app" {
				t.Errorf("called by %s", c.Component().Name)
			}
			return value.Value{}, nil
		}})}
		return k, cfg, calls
	}
	k, cfg, calls := build(false)
	k.start(cfg)
	if *calls != 1 {
		t.Errorf("the host was called %d times", *calls)
	}
	k, cfg, _ = build(true)
	_, err := k.compile(cfg).Instantiate(context.Background(), InstanceOptions{})
	if want := "instantiate component app: trap in app, function g: cannot enter component instance: it is already on the call stack"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

type closer struct{ closed *[]string }

func (c closer) Close() error { *c.closed = append(*c.closed, "closed"); return nil }

// TestCallOfPlugin: what a host function learns from its Call.
func TestCallOfPlugin(t *testing.T) {
	var closed []string
	type key struct{}
	made := 0
	k, cfg := hostCaller(t, func(c *Call, _ []value.Value) (value.Value, error) {
		c.State(key{}, func() any { made++; return closer{&closed} })
		in, err := io.ReadAll(c.Stdio().In)
		if err != nil {
			return value.Value{}, err
		}
		_, err = c.Stdio().Out.Write(bytes.ToUpper(in))
		return value.Value{}, err
	})
	c := k.compile(cfg)
	var out strings.Builder
	for _, opt := range []InstanceOptions{{Stdio: Stdio{In: strings.NewReader("hello"), Out: &out}}, {}} {
		i, err := c.Instantiate(context.Background(), opt)
		if err != nil {
			t.Fatal(err)
		}
		call1(t, i, "run")
		call1(t, i, "run")
		if err := i.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != "HELLO" || made != 2 || len(closed) != 2 {
		t.Errorf("out %q, %d states made, %d closed", out.String(), made, len(closed))
	}
}

// TestDropPanics: a plugin's bug while an instance closes is an error of Close.
func TestDropPanics(t *testing.T) {
	k, cfg := hostCaller(t, func(c *Call, _ []value.Value) (value.Value, error) {
		c.State("key", func() any { return panicker{} })
		return value.Value{}, nil
	})
	i, err := k.compile(cfg).Instantiate(context.Background(), InstanceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	call1(t, i, "run")
	if err := i.Close(context.Background()); err == nil || err.Error() != "bug in the host's function close of a plugin's state: oops" {
		t.Errorf("got %v", err)
	}
}

type panicker struct{}

func (panicker) Close() error { panic("oops") }
func (panicker) Drop()        { panic("oops") }

// TestDropOfGuestPanics: the same while a guest drops its handle.
func TestDropOfGuestPanics(t *testing.T) {
	h := &wit.Resource{Name: "h"}
	cfg := Config{Interfaces: hostWith("test:host/x", nil)}
	cfg.Interfaces[0].Type = &wit.InstanceType{Exports: []wit.Decl{{Name: "h", Type: &wit.TypeExport{Def: h, Abstract: true}}}}
	k := newKit(t, "app")
	k.p.Resources = []plan.Resource{{Name: "h", Instance: -1, Interface: "test:host/x", HostName: "h"}}
	dropT := k.builtin(1, canon.ResourceDrop("[resource-drop]h", h), 0)
	var drop uint32
	g := newGuest(func(b *core.Builder) { drop = b.ImportFunc("0", "f", b.Type(types(i32), nil)) })
	g.fn("take", types(i32), nil, func(f *core.Func) { f.LocalGet(0).Call(drop) })
	step := k.module(1, g.Builder, fromHost(dropT))
	k.export(1, step, "take", fn(nil, wit.NewOwn(h)), canon.Options{}, 0)
	i := k.start(cfg)
	_, err := i.Call(context.Background(), "", "take", i.Own(h, panicker{}))
	var bug *PanicError
	if !errors.As(err, &bug) || err.Error() != "bug in the host's function drop of a resource: oops" {
		t.Errorf("got %v", err)
	}
}
