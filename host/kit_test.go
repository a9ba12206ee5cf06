package host

import (
	"context"
	"fmt"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// kit builds plans by hand.
type kit struct {
	t testing.TB
	p *plan.Plan
}

// newKit starts a plan with component instance 0 (the composition) and one
// component with one instance for each name, numbered from 1.
func newKit(t testing.TB, names ...string) *kit {
	k := &kit{t: t, p: &plan.Plan{Name: "test"}}
	k.p.Instances = []plan.Instance{{Path: "test", Component: -1, Parent: -1}}
	for i, n := range names {
		k.p.Components = append(k.p.Components, plan.Component{Name: n})
		k.p.Instances = append(k.p.Instances, plan.Instance{Path: n, Component: i, Parent: 0})
	}
	k.p.Modules = append(k.p.Modules, plan.Module{Name: "flags", Generated: true})
	k.p.Steps = append(k.p.Steps, plan.Step{Instance: 0})
	return k
}

var (
	fromCheck = plan.Source{Instance: -1, HostModule: -1}
)

func fromHost(module int) plan.Source { return plan.Source{Instance: -1, HostModule: module} }
func fromCore(step int) plan.Source   { return plan.Source{Instance: step, HostModule: -1} }

// module adds a core module and its instantiation for a component instance, and
// returns the number of the core instance.
func (k *kit) module(inst int, b *core.Builder, imports ...plan.Source) int {
	name := fmt.Sprintf("%s/module %d", k.p.Instances[inst].Path, len(k.p.Modules))
	k.p.Modules = append(k.p.Modules, plan.Module{Name: name, Bytes: b.Encode()})
	k.p.Steps = append(k.p.Steps, plan.Step{Module: len(k.p.Modules) - 1, Instance: inst, Imports: imports})
	return len(k.p.Steps) - 1
}

// trampoline adds a host module with one trampoline, named "f".
func (k *kit) trampoline(inst int, c plan.Call) int {
	k.p.HostModules = append(k.p.HostModules, plan.HostModule{Instance: inst, Trampolines: []plan.Trampoline{{Name: "f", Call: c}}})
	return len(k.p.HostModules) - 1
}

func ref(step int, name string) *plan.CoreRef { return &plan.CoreRef{Instance: step, Name: name} }

// side is a component's side of a call: the core instance step has its memory and
// realloc.
func side(inst, step int) plan.Side {
	return plan.Side{Instance: inst, Memory: ref(step, "memory"), Realloc: ref(step, "realloc")}
}

func hostSide() plan.Side { return plan.Side{Instance: -1} }

var allOptions = canon.Options{Memory: true, Realloc: true}

// entering is the entering set of a call from one component instance to another.
func (k *kit) entering(caller, callee int) []int {
	var set []int
	for n := callee; n >= 0; n = k.p.Instances[n].Parent {
		for c := caller; c >= 0; c = k.p.Instances[c].Parent {
			if c == n {
				return set
			}
		}
		set = append(set, n)
	}
	return set
}

// export exports a function that the core function name of core instance step
// implements.
func (k *kit) export(inst, step int, name string, ft *wit.FuncType, opts canon.Options, resources ...int) {
	k.t.Helper()
	k.exportAs(inst, step, step, name, ft, opts, resources...)
}

// exportAs is export of a function whose memory is that of another core instance.
func (k *kit) exportAs(inst, step, memStep int, name string, ft *wit.FuncType, opts canon.Options, resources ...int) {
	k.t.Helper()
	prog, err := canon.HostExport(name, ft, opts)
	if err != nil {
		k.t.Fatal(err)
	}
	c := plan.Call{Program: prog, Side: [2]plan.Side{hostSide(), side(inst, memStep)}, Target: ref(step, name),
		HostFunc: -1, Entering: k.entering(-1, inst), Resources: resources}
	if opts.PostReturn {
		c.PostReturn = ref(step, "post-"+name)
	}
	k.p.Exports = append(k.p.Exports, plan.Export{Name: name, Type: ft, Call: c, Resource: -1})
}

// adapter adds a trampoline for a call from one component to another.
func (k *kit) adapter(caller plan.Side, callee plan.Side, step int, name string, ft *wit.FuncType, from, to canon.Options, resources ...int) int {
	k.t.Helper()
	prog, err := canon.Adapter(name, ft, from, to)
	if err != nil {
		k.t.Fatal(err)
	}
	c := plan.Call{Program: prog, Side: [2]plan.Side{caller, callee}, Target: ref(step, name), HostFunc: -1,
		Entering: k.entering(caller.Instance, callee.Instance), Resources: resources}
	if to.PostReturn {
		c.PostReturn = ref(step, "post-"+name)
	}
	return k.trampoline(caller.Instance, c)
}

// hostImport adds a trampoline for a call from a component to the host.
func (k *kit) hostImport(caller plan.Side, iface, name string, ft *wit.FuncType, opts canon.Options, resources ...int) int {
	k.t.Helper()
	prog, err := canon.HostImport(iface+"#"+name, ft, opts)
	if err != nil {
		k.t.Fatal(err)
	}
	k.p.HostFuncs = append(k.p.HostFuncs, plan.HostFunc{Interface: iface, Name: name, Type: ft})
	return k.trampoline(caller.Instance, plan.Call{Program: prog, Side: [2]plan.Side{caller, hostSide()},
		HostFunc: len(k.p.HostFuncs) - 1, Resources: resources})
}

// plan returns the finished plan.
func (k *kit) plan() *plan.Plan {
	b := &core.Builder{}
	for i := range k.p.Instances {
		for _, f := range []plan.Flag{plan.MayLeave, plan.MayEnter} {
			g := b.Global(core.GlobalType{Val: core.I32, Mutable: true}, new(core.Code).I32(1))
			b.Export(plan.FlagName(f, i), core.ExternGlobal, g)
		}
	}
	k.p.Modules[0].Bytes = b.Encode()
	return k.p
}

// compile compiles the plan.
func (k *kit) compile(cfg Config) *Composition {
	k.t.Helper()
	c, err := Compile(context.Background(), k.plan(), cfg)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			k.t.Error(err)
		}
	})
	return c
}

// start compiles and instantiates the plan.
func (k *kit) start(cfg Config) *Instance {
	k.t.Helper()
	i, err := k.compile(cfg).Instantiate(context.Background(), InstanceOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		if err := i.Close(context.Background()); err != nil {
			k.t.Error(err)
		}
	})
	return i
}

// call calls an exported function and fails the test on errors.
func call1(t testing.TB, i *Instance, name string, args ...value.Value) value.Value {
	t.Helper()
	v, err := i.Call(context.Background(), "", name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fn(result *wit.Type, params ...*wit.Type) *wit.FuncType {
	ft := &wit.FuncType{Result: result}
	for i, p := range params {
		ft.Params = append(ft.Params, wit.Field{Name: fmt.Sprintf("p%d", i), Type: p})
	}
	return ft
}

func prim(k wit.Kind) *wit.Type { return wit.Primitive(k) }

// guest builds a core module with a memory and a realloc that never frees: exports
// "memory", "realloc" and the global "heap".
type guest struct {
	*core.Builder
	heap uint32
}

var i32 = core.I32

func types(ts ...core.ValType) []core.ValType { return ts }

// newGuest makes one; imports must be added by then, so f adds them.
func newGuest(imports func(b *core.Builder)) *guest {
	g := &guest{Builder: &core.Builder{}}
	if imports != nil {
		imports(g.Builder)
	}
	g.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	g.Export("memory", core.ExternMemory, 0)
	g.heap = g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(1024))
	f := g.Func(g.Type(types(i32, i32, i32, i32), types(i32)))
	ptr := f.Local(i32)
	// ptr = (heap + align - 1) & -align; heap = ptr + new
	f.GlobalGet(g.heap).LocalGet(2).Op(core.OpI32Add).I32(-1).Op(core.OpI32Add).
		I32(0).LocalGet(2).Op(core.OpI32Sub, core.OpI32And).LocalTee(ptr).
		LocalGet(3).Op(core.OpI32Add).GlobalSet(g.heap)
	// grow until it fits
	f.Block(core.OpBlock)
	f.GlobalGet(g.heap).MemoryOp(core.OpMemorySize).I32(16).Op(core.OpI32Shl, core.OpI32LeU).BrIf(0)
	f.GlobalGet(g.heap).I32(16).Op(core.OpI32ShrU).MemoryOp(core.OpMemoryGrow).I32(-1).Op(core.OpI32Ne).BrIf(0)
	f.Op(core.OpUnreachable).End()
	// keep what was there
	f.LocalGet(ptr).LocalGet(0).LocalGet(1).LocalGet(3).LocalGet(1).LocalGet(3).Op(core.OpI32LtU, core.OpSelect).MemoryOp(core.OpMemoryCopy)
	f.LocalGet(ptr)
	g.Export("realloc", core.ExternFunc, f.Index)
	return g
}

// fn adds an exported function.
func (g *guest) fn(name string, params, results []core.ValType, body func(f *core.Func)) uint32 {
	f := g.Func(g.Type(params, results))
	body(f)
	g.Export(name, core.ExternFunc, f.Index)
	return f.Index
}

// reset forgets all allocations.
func (g *guest) reset(f *core.Func) { f.I32(1024).GlobalSet(g.heap) }
