package host

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// TestFaults: every fault of core WebAssembly has its code, and the error names
// component and function.
func TestFaults(t *testing.T) {
	bodies := []struct {
		code canon.TrapCode
		body func(g *guest, f *core.Func)
	}{
		{canon.TrapUnreachable, func(g *guest, f *core.Func) { f.Op(core.OpUnreachable) }},
		{canon.TrapMemoryAccess, func(g *guest, f *core.Func) { f.I32(-1).Mem(core.OpI32Load, 2, 0).Op(core.OpDrop) }},
		{canon.TrapTableAccess, func(g *guest, f *core.Func) {
			g.Table(core.TableType{Elem: core.FuncRef, Range: core.Range{Min: 1}})
			f.I32(5).Idx2(core.OpCallIndirect, g.Type(nil, nil), 0)
		}},
		{canon.TrapIndirectCallType, func(g *guest, f *core.Func) {
			table := g.Table(core.TableType{Elem: core.FuncRef, Range: core.Range{Min: 1}})
			g.Elem(table, 0, f.Index)
			f.F32(0).I32(0).Idx2(core.OpCallIndirect, g.Type(types(core.F32), nil), 0)
		}},
		{canon.TrapIntegerDivideByZero, func(g *guest, f *core.Func) { f.I32(1).I32(0).Op(core.OpI32DivS, core.OpDrop) }},
		{canon.TrapIntegerOverflow, func(g *guest, f *core.Func) { f.I32(-1<<31).I32(-1).Op(core.OpI32DivS, core.OpDrop) }},
		{canon.TrapInvalidConversion, func(g *guest, f *core.Func) {
			f.F32(0).F32(0).Op(core.OpF32Div, core.OpI32TruncF32S, core.OpDrop)
		}},
		{canon.TrapStackOverflow, func(g *guest, f *core.Func) { f.Call(f.Index) }},
		{canon.TrapUncaughtException, func(g *guest, f *core.Func) { f.Idx(core.OpThrow, g.Tag(g.Type(nil, nil))) }},
		{canon.TrapNullReference, func(g *guest, f *core.Func) {
			ty := g.Type(nil, nil)
			f.RefNull(core.RefTo(ty, true)).Idx(core.OpCallRef, ty)
		}},
	}
	engines(t, func(t *testing.T, cfg Config) {
		for _, b := range bodies {
			t.Run(b.code.String(), func(t *testing.T) {
				k := newKit(t, "app", "lib")
				lib := newGuest(nil)
				lib.fn("f", nil, nil, func(f *core.Func) {
					b.body(lib, f)
				})
				libStep := k.module(2, lib.Builder)
				ft := fn(nil)
				m := k.adapter(plan.Side{Instance: 1}, plan.Side{Instance: 2}, libStep, "f", ft, canon.Options{}, canon.Options{})
				var imp uint32
				app := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, nil)) })
				app.fn("run", nil, nil, func(f *core.Func) { f.Call(imp) })
				appStep := k.module(1, app.Builder, fromHost(m))
				k.export(1, appStep, "run", ft, canon.Options{})
				i := k.start(cfg)

				_, err := i.Call(context.Background(), "", "run")
				var trap *Trap
				if !errors.As(err, &trap) || trap.Code != b.code {
					t.Fatalf("got %v, want %v", err, b.code)
				}
				if trap.Component != "lib" || trap.Instance != "lib" || trap.Function != "f" || trap.Cause != nil {
					t.Errorf("got component %q, instance %q, function %q, cause %v", trap.Component, trap.Instance, trap.Function, trap.Cause)
				}
				if want := "trap in lib, function f: " + b.code.String(); err.Error() != want {
					t.Errorf("got %q, want %q", err, want)
				}
				// The stack is that of the callee, and below it the caller's.
				if b.code != canon.TrapStackOverflow && !slices.Equal(trap.Stack, []string{".$1()", "host.f()", ".$2()"}) {
					t.Errorf("stack %q", trap.Stack)
				}

				_, err = i.Call(context.Background(), "", "run")
				if want := "trap in app, function run: cannot enter component instance: the composition trapped before: trap in lib, function f: " + b.code.String(); err == nil || err.Error() != want {
					t.Errorf("second call: got %v, want %s", err, want)
				}
				if !errors.As(err, &trap) || trap.Code != canon.TrapCannotEnter {
					t.Errorf("second call: %v is no TrapCannotEnter", err)
				}
			})
		}
	})
}

// TestFaultBetweenComponents: a fault in a component that was called without Go is
// that component's.
func TestFaultBetweenComponents(t *testing.T) {
	k := newKit(t, "lib", "app")
	lib := newGuest(nil)
	lib.fn("f", nil, nil, func(f *core.Func) { f.Op(core.OpUnreachable) })
	libStep := k.module(1, lib.Builder)
	adapter := &core.Builder{}
	call := adapter.ImportFunc("0", "f", adapter.Type(nil, nil))
	flag := adapter.ImportGlobal("1", plan.FlagName(plan.MayEnter, 1), core.GlobalType{Val: i32, Mutable: true})
	f := adapter.Func(adapter.Type(nil, nil))
	f.I32(0).GlobalSet(flag).Call(call).I32(1).GlobalSet(flag)
	adapter.Export("f", core.ExternFunc, f.Index)
	adapterStep := k.module(2, adapter, fromCore(libStep), fromCore(0))
	var imp uint32
	app := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, nil)) })
	app.fn("run", nil, nil, func(f *core.Func) { f.Call(imp) })
	step := k.module(2, app.Builder, fromCore(adapterStep))
	k.export(2, step, "run", fn(nil), canon.Options{})
	_, err := k.start(Config{}).Call(context.Background(), "", "run")
	var trap *Trap
	if !errors.As(err, &trap) || trap.Component != "lib" || trap.Function != ".$1()" || len(trap.Stack) != 3 {
		t.Errorf("got %#v", err)
	}
}

func TestReport(t *testing.T) {
	trap := &Trap{Code: canon.TrapUnreachable, Component: "lib", Instance: "lib/3", Function: "f", Stack: []string{"a.b(i32)", "c.d()"}}
	want := `trap: unreachable code was reached
  component: lib
  instance:  lib/3
  function:  f
  stack, innermost first:
    a.b(i32)
    c.d()
`
	if got := trap.Report(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := (&Trap{Code: canon.TrapUnknown, Cause: errors.New("why")}).Error(); got != "trap: why" {
		t.Error(got)
	}
}

// TestCallDepth: a destructor that drops another resource of its kind, and so on,
// is the one recursion that leads through the host. It must not exhaust Go's stack.
func TestCallDepth(t *testing.T) {
	k := newKit(t, "app")
	r := &wit.Resource{Name: "r"}
	newT := k.builtin(1, canon.ResourceNew("[resource-new]r", r), 0)
	dropT := k.builtin(1, canon.ResourceDrop("[resource-drop]r", r), 0)
	var resNew, resDrop uint32
	g := newGuest(func(b *core.Builder) {
		resNew = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
		resDrop = b.ImportFunc("1", "f", b.Type(types(i32), nil))
	})
	// dtor(rep): if rep > 0, make a resource rep-1 and drop it.
	g.fn("dtor", types(i32), nil, func(f *core.Func) {
		f.LocalGet(0).Block(core.OpIf).LocalGet(0).I32(1).Op(core.OpI32Sub).Call(resNew).Call(resDrop).End()
	})
	g.fn("run", types(i32), nil, func(f *core.Func) { f.LocalGet(0).Call(resNew).Call(resDrop) })
	step := k.module(1, g.Builder, fromHost(newT), fromHost(dropT))
	k.p.Resources = []plan.Resource{{Name: "r", Instance: 1, Dtor: ref(step, "dtor")}}
	k.export(1, step, "run", fn(nil, prim(wit.U32)), canon.Options{})
	i := k.start(Config{MaxCallDepth: 500})
	call1(t, i, "run", value.U32(400))
	_, err := i.Call(context.Background(), "", "run", value.U32(1_000_000))
	if want := "trap in app, function [resource-new]r: too many nested calls between components"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var trap *Trap
	if errors.As(err, &trap) && len(trap.Stack) > maxStack {
		t.Errorf("the trap has a stack of %d functions", len(trap.Stack))
	}
}

// TestStacksOfNestedCalls: calls that nest through the host, each with a deep
// recursion of its own, exhaust neither memory nor Go's stack.
func TestStacksOfNestedCalls(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		k := newKit(t, "app")
		r := &wit.Resource{Name: "r"}
		newT := k.builtin(1, canon.ResourceNew("[resource-new]r", r), 0)
		dropT := k.builtin(1, canon.ResourceDrop("[resource-drop]r", r), 0)
		var resNew, resDrop uint32
		g := newGuest(func(b *core.Builder) {
			resNew = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
			resDrop = b.ImportFunc("1", "f", b.Type(types(i32), nil))
		})
		// deep(n): n calls of itself, then a resource is made and dropped.
		deep := g.Func(g.Type(types(i32), nil))
		deep.LocalGet(0).Block(core.OpIf).LocalGet(0).I32(1).Op(core.OpI32Sub).Call(deep.Index).
			Else().I32(0).Call(resNew).Call(resDrop).End()
		turns := int32(1900)
		if cfg.Engine == "compiler" {
			turns = 300_000
		}
		g.fn("dtor", types(i32), nil, func(f *core.Func) { f.I32(turns).Call(deep.Index) })
		g.fn("run", nil, nil, func(f *core.Func) { f.I32(turns).Call(deep.Index) })
		step := k.module(1, g.Builder, fromHost(newT), fromHost(dropT))
		k.p.Resources = []plan.Resource{{Name: "r", Instance: 1, Dtor: ref(step, "dtor")}}
		k.export(1, step, "run", fn(nil), canon.Options{})
		_, err := k.start(cfg).Call(context.Background(), "", "run")
		if want := "trap in app, function [resource-drop]r: call stack exhausted"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}
