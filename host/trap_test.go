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

// hostCaller is a component whose export "run" calls the host's function "f" of
// type () -> ().
func hostCaller(t testing.TB, f Func) (*kit, Config) {
	k := newKit(t, "app")
	ft := fn(nil)
	m := k.hostImport(plan.Side{Instance: 1}, "test:host/x", "f", ft, canon.Options{})
	var imp uint32
	g := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, nil)) })
	g.fn("run", nil, nil, func(f *core.Func) { f.Call(imp) })
	step := k.module(1, g.Builder, fromHost(m))
	k.export(1, step, "run", ft, canon.Options{})
	return k, Config{Interfaces: hostWith("test:host/x", map[string]Func{"f": f})}
}

func TestHostFunctionFails(t *testing.T) {
	cause := errors.New("disk on fire")
	for _, c := range []struct {
		name  string
		f     Func
		want  string
		check func(err error) bool
	}{
		{"error", func(*Call, []value.Value) (value.Value, error) { return value.Value{}, cause },
			"trap in app, function test:host/x#f: disk on fire",
			func(err error) bool {
				var t *Trap
				return errors.As(err, &t) && errors.Is(err, cause) && t.Code == canon.TrapHost
			}},
		{"exit", func(*Call, []value.Value) (value.Value, error) { return value.Value{}, &ExitError{3} },
			"component exited with code 3", func(err error) bool { var e *ExitError; return errors.As(err, &e) && e.Code == 3 }},
		{"panic", func(*Call, []value.Value) (value.Value, error) { panic("oops") },
			"bug in the host's function test:host/x#f: oops", func(err error) bool { var e *PanicError; return errors.As(err, &e) && len(e.Stack) > 0 }},
		{"index", func(_ *Call, args []value.Value) (value.Value, error) { return args[3], nil },
			"bug in the host's function test:host/x#f: runtime error: index out of range [3] with length 0", nil},
		{"kind", func(*Call, []value.Value) (value.Value, error) { value.U8(1).Str(); return value.Value{}, nil },
			"bug in the host's function test:host/x#f: value is a u8, not a string",
			func(err error) bool { var e *value.KindError; return errors.As(err, &e) }},
		{"missing", nil,
			"trap in app, function test:host/x#f: this host does not implement the function", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, cfg := hostCaller(t, c.f)
			i := k.start(cfg)
			_, err := i.Call(context.Background(), "", "run")
			if err == nil || err.Error() != c.want || c.check != nil && !c.check(err) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			_, err = i.Call(context.Background(), "", "run")
			var trap *Trap
			if !errors.As(err, &trap) || trap.Code != canon.TrapCannotEnter {
				t.Errorf("second call: %v", err)
			}
		})
	}
}

// TestWrongResult: a host function whose result does not fit its type has a bug.
func TestWrongResult(t *testing.T) {
	i := echo(t, wit.NewTuple(prim(wit.U8), prim(wit.String)), canon.UTF8)
	give := value.Value{}
	cfg := Config{Interfaces: hostWith("test:host/id", map[string]Func{"id": func(*Call, []value.Value) (value.Value, error) { return give, nil }})}
	c := i.compile(cfg)
	arg := value.Tuple(value.U8(1), value.String("x"))
	for _, w := range []struct {
		give value.Value
		want string
	}{
		{value.Value{}, "a tuple is wanted, a bool was given"},
		{value.Tuple(value.U8(1)), "a tuple of 2 parts is wanted, one of 1 was given"},
		{value.Tuple(value.U16(1), value.String("")), "a u8 is wanted, a u16 was given"},
		{value.Tuple(value.U8(1), value.Bytes(nil)), "a string is wanted, a list was given"},
		{value.Tuple(value.U8(1), value.String("\xff")), "string is not valid UTF-8"},
	} {
		inst, err := c.Instantiate(context.Background(), InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		give = w.give
		_, err = inst.Call(context.Background(), "", "echo", arg)
		var bad *ArgumentError
		if want := "test:host/id#id: " + w.want; !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		_ = inst.Close(context.Background())
	}
}

// TestWrongArguments: they are the caller's bug and leave the instance usable.
func TestWrongArguments(t *testing.T) {
	cases := wit.NewVariant(wit.Case{Name: "a", Type: prim(wit.U8)}, wit.Case{Name: "b"})
	flags := wit.NewFlags("a", "b")
	for _, c := range []struct {
		ty   *wit.Type
		arg  value.Value
		want string
	}{
		{prim(wit.String), value.String("a\xc3"), "echo: string is not valid UTF-8"},
		{prim(wit.Char), value.Char(0xd800), "echo: 0xd800 is no Unicode scalar value"},
		{wit.NewList(prim(wit.U16)), value.List(value.U16(1), value.U8(1)), "echo: a u16 is wanted, a u8 was given"},
		{wit.NewList(prim(wit.String)), value.List(value.String("x"), value.U8(1)), "echo: a string is wanted, a u8 was given"},
		{wit.NewList(prim(wit.Bool)), value.Bytes([]byte{1}), "echo: a bool is wanted, a u8 was given"},
		{cases, value.Variant(2, nil), "echo: case 2 of a variant is given, there are 2"},
		{cases, value.Variant(0, nil), "echo: case 0 of a variant lacks its payload"},
		{cases, value.Enum(1), "echo: a variant is wanted, a enum was given"},
		{flags, value.Flags(4), "echo: flags 0x4 are given, there are 2 labels"},
	} {
		cfg := Config{Interfaces: hostWith("test:host/id", map[string]Func{"id": func(_ *Call, a []value.Value) (value.Value, error) { return a[0], nil }})}
		i := echo(t, c.ty, canon.UTF8).start(cfg)
		for range 2 {
			_, err := i.Call(context.Background(), "", "echo", c.arg)
			var bad *ArgumentError
			if !errors.As(err, &bad) || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		}
		if _, err := i.Call(context.Background(), "", "echo"); err == nil || err.Error() != "echo: takes 1 arguments, was given 0" {
			t.Error(err)
		}
	}
}

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
			"instantiate component lib: trap in lib, function lib/module 2: memory is full: the module's memory of 6553600 bytes exceeds the component's limit of 1048576 bytes"},
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
	i := k.start(Config{MaxMemory: 10 << 16})
	for _, c := range []struct {
		by   uint32
		want int32
	}{{4, 1}, {6, -1}, {5, 5}, {1, -1}, {0, 10}, {1 << 31, -1}} {
		if got := call1(t, i, "grow", value.U32(c.by)).S32(); got != c.want {
			t.Errorf("grow %d = %d, want %d", c.by, got, c.want)
		}
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
	i := k.start(Config{MaxValueBytes: 1000 * valueSize})
	if got := call1(t, i, "list", value.U32(1000)).Len(); got != 1000 {
		t.Fatal(got)
	}
	_, err := i.Call(context.Background(), "", "list", value.U32(1001))
	if want := "trap in app, function list: value takes more memory than the host allows"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestUnknownExport(t *testing.T) {
	i := newKit(t, "app").start(Config{})
	_, err := i.Call(context.Background(), "a:b/c", "f")
	if want := "composition test does not export a function a:b/c#f"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
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
