package fuse_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/fuse"
	"github.com/sidecall/sidecall/linker/plan"
)

// rig is an engine with two memories and the flags of three instances: the
// composition, the caller and the callee.
type rig struct {
	tb       testing.TB
	ctx      context.Context
	rt       wazero.Runtime
	flags    api.Module
	mems     [2]api.Module
	accessor api.Module
	// scenario is the call that is being made.
	scenario *canontest.Scenario
	funcs    api.Module
	// checks counts interruption checks.
	checks int
}

// The plan's numbers of what a rig has.
const (
	flagsInstance = iota
	callerMemory
	calleeMemory
)

const (
	callerIndex = 1
	calleeIndex = 2
)

func newRig(tb testing.TB, cfg wazero.RuntimeConfig) *rig {
	ctx := context.Background()
	r := &rig{tb: tb, ctx: ctx, rt: wazero.NewRuntimeWithConfig(ctx, cfg)}
	tb.Cleanup(func() { r.rt.Close(ctx) })
	r.flags = r.instantiate(fuse.Flags(3), nil)
	for side := range r.mems {
		b := &core.Builder{}
		b.Memory(core.MemoryType{Range: core.Range{Min: canontest.MemorySize >> 16}})
		b.Export("mem", core.ExternMemory, 0)
		r.mems[side] = r.instantiate(b.Encode(), nil)
	}
	r.accessor = r.instantiate(fuse.Accessor("mem"), []api.Module{r.mems[canon.Caller]})
	r.funcs = r.guestFuncs()
	return r
}

// instantiate makes an instance of a module whose import names are positions.
func (r *rig) instantiate(bytes []byte, imports []api.Module) api.Module {
	r.tb.Helper()
	ctx := experimental.WithImportResolver(r.ctx, func(name string) api.Module {
		return imports[int(name[0]-'0')]
	})
	compiled, err := r.rt.CompileModule(ctx, bytes)
	if err != nil {
		r.tb.Fatalf("the engine refuses the module: %v", err)
	}
	m, err := r.rt.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		r.tb.Fatal(err)
	}
	return m
}

// hostFunc is a function of a host module.
type hostFunc struct {
	name            string
	params, results []api.ValueType
	fn              func(stack []uint64)
}

func (r *rig) host(funcs ...hostFunc) api.Module {
	r.tb.Helper()
	b := r.rt.NewHostModuleBuilder("host")
	for _, f := range funcs {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
			for i, t := range f.params {
				if t == api.ValueTypeI32 || t == api.ValueTypeF32 {
					stack[i] = uint64(uint32(stack[i])) // the engine leaves the high half undefined
				}
			}
			f.fn(stack)
		}), f.params, f.results).Export(f.name)
	}
	compiled, err := b.Compile(r.ctx)
	if err != nil {
		r.tb.Fatal(err)
	}
	m, err := r.rt.InstantiateModule(r.ctx, compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		r.tb.Fatal(err)
	}
	return m
}

// guestFuncs are the two reallocs and the interruption check.
func (r *rig) guestFuncs() api.Module {
	i := api.ValueTypeI32
	realloc := func(side canon.Side) hostFunc {
		return hostFunc{"realloc-" + side.String(), []api.ValueType{i, i, i, i}, []api.ValueType{i}, func(s []uint64) {
			r.pull()
			ptr, err := r.scenario.World.Sides[side].Realloc(uint32(s[0]), uint32(s[1]), uint32(s[2]), uint32(s[3]))
			if err != nil {
				panic(err)
			}
			s[0] = uint64(ptr)
		}}
	}
	return r.host(realloc(canon.Caller), realloc(canon.Callee), hostFunc{name: plan.CheckName, fn: func([]uint64) { r.checks++ }})
}

func (r *rig) memories() [2]func() []byte {
	var ms [2]func() []byte
	for side, m := range r.mems {
		mem := m.Memory()
		ms[side] = func() []byte { b, _ := mem.Read(0, mem.Size()); return b }
		clear(ms[side]())
	}
	return ms
}

// pull takes the instances' flags from the engine, push puts them there.
func (r *rig) pull() { r.eachFlag(func(g api.MutableGlobal, f *bool) { *f = g.Get() != 0 }) }

func (r *rig) push() {
	r.eachFlag(func(g api.MutableGlobal, f *bool) {
		g.Set(0)
		if *f {
			g.Set(1)
		}
	})
}

func (r *rig) eachFlag(do func(api.MutableGlobal, *bool)) {
	for side, in := range r.scenario.World.Sides {
		do(r.flags.ExportedGlobal(plan.FlagName(plan.MayLeave, side+1)).(api.MutableGlobal), &in.MayLeave)
		do(r.flags.ExportedGlobal(plan.FlagName(plan.MayEnter, side+1)).(api.MutableGlobal), &in.MayEnter)
	}
}

// call says what a scenario's adapter refers to.
func (s rigCall) call() plan.Call {
	ref := func(instance int, name string) *plan.CoreRef { return &plan.CoreRef{Instance: instance, Name: name} }
	return plan.Call{
		Program: s.program,
		Side: [2]plan.Side{
			canon.Caller: {Instance: callerIndex, Memory: ref(callerMemory, "mem"), Realloc: ref(3, "realloc-caller")},
			canon.Callee: {Instance: calleeIndex, Memory: ref(calleeMemory, "mem"), Realloc: ref(3, "realloc-callee")},
		},
		Target: ref(4, "target"), PostReturn: ref(4, "post-return"),
		HostFunc: -1, Entering: []int{calleeIndex},
	}
}

type rigCall struct{ program *canon.Program }

// valTypes are core types as the engine has them.
func valTypes(ts []canon.RegType) []api.ValueType {
	vs := make([]api.ValueType, len(ts))
	for i, t := range ts {
		vs[i] = [...]api.ValueType{api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF32, api.ValueTypeF64}[t]
	}
	return vs
}

// target is the callee's core functions.
func (r *rig) target(p *canon.Program) api.Module {
	funcs := []hostFunc{{"target", valTypes(p.Target.Params), valTypes(p.Target.Results), func(s []uint64) {
		r.pull()
		out, err := r.scenario.World.Target(s[:len(p.Target.Params)])
		if err != nil {
			panic(err)
		}
		copy(s, out)
	}}}
	if p.PostReturn != nil {
		funcs = append(funcs, hostFunc{"post-return", valTypes(p.PostReturn.Params), nil, func(s []uint64) {
			r.pull()
			if err := r.scenario.World.PostReturn(s[:len(p.PostReturn.Params)]); err != nil {
				panic(err)
			}
		}})
	}
	return r.host(funcs...)
}

// libcalls is the host module that a slot asks for.
func (r *rig) libcalls(ts []plan.Trampoline) api.Module {
	var funcs []hostFunc
	for _, t := range ts {
		p := t.Program
		var results []canon.RegType
		for _, reg := range p.Results {
			results = append(results, p.Regs[reg])
		}
		funcs = append(funcs, hostFunc{t.Name, valTypes(p.Regs[:p.Params]), valTypes(results), func(s []uint64) {
			r.pull()
			out, _, err := canontest.Run(p, r.scenario.World, s[:p.Params], nil)
			if err != nil {
				panic(err)
			}
			copy(s, out)
		}})
	}
	return r.host(funcs...)
}

// link makes an instance of a fused module.
func (r *rig) link(bytes []byte, slots []fuse.Slot, p *canon.Program) api.Module {
	r.tb.Helper()
	decoded, err := core.Decode(bytes, 0)
	if err == nil {
		err = decoded.Validate()
	}
	if err != nil {
		r.tb.Fatalf("the module is not valid: %v", err)
	}
	instances := []api.Module{flagsInstance: r.flags, callerMemory: r.mems[0], calleeMemory: r.mems[1], 3: r.funcs, 4: nil}
	var imports []api.Module
	for _, s := range slots {
		switch {
		case s.Accessor != nil:
			if s.Accessor.Instance != callerMemory {
				r.tb.Fatalf("an accessor of memory %+v", s.Accessor)
			}
			imports = append(imports, r.accessor)
		case s.Libcalls != nil:
			imports = append(imports, r.libcalls(s.Libcalls))
		case s.Source == plan.Source{Instance: -1, HostModule: -1}:
			imports = append(imports, r.funcs)
		case s.Source.Instance == 4:
			imports = append(imports, r.target(p))
		default:
			imports = append(imports, instances[s.Source.Instance])
		}
	}
	return r.instantiate(bytes, imports)
}
