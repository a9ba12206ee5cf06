package vectors

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// function is the type of a function that takes one value of type t.
func function(t *wit.Type) *wit.FuncType {
	return &wit.FuncType{Params: []wit.Field{{Name: "v", Type: t}}}
}

func options(e canon.Encoding) canon.Options {
	return canon.Options{Encoding: e, Memory: true, Realloc: true}
}

// newPlan makes a plan of n component instances, numbered from 1, whose core
// modules are added as steps 1 to n.
func newPlan(n int) *plan.Plan {
	p := &plan.Plan{Name: "vector", Instances: []plan.Instance{{Path: "vector", Component: -1, Parent: -1}}}
	for i := range n {
		name := fmt.Sprintf("guest%d", i+1)
		p.Components = append(p.Components, plan.Component{Name: name})
		p.Instances = append(p.Instances, plan.Instance{Path: name, Component: i, Parent: 0})
	}
	var flags core.Builder
	for i := range p.Instances {
		for _, f := range []plan.Flag{plan.MayLeave, plan.MayEnter} {
			g := flags.Global(core.GlobalType{Val: core.I32, Mutable: true}, new(core.Code).I32(1))
			flags.Export(plan.FlagName(f, i), core.ExternGlobal, g)
		}
	}
	p.Modules = []plan.Module{{Name: "flags", Bytes: flags.Encode(), Generated: true}}
	p.Steps = []plan.Step{{Module: 0, Instance: 0}}
	return p
}

// add adds the core module of the next component instance.
func add(p *plan.Plan, g *guest, imports ...plan.Source) {
	p.Modules = append(p.Modules, plan.Module{Name: fmt.Sprintf("guest %d", len(p.Modules)), Bytes: g.Encode()})
	n := len(p.Modules) - 1
	p.Steps = append(p.Steps, plan.Step{Module: n, Instance: n, Imports: imports})
}

// side is component instance n as one end of a call.
func side(n int) plan.Side {
	return plan.Side{Instance: n, Memory: &plan.CoreRef{Instance: n, Name: "memory"}, Realloc: &plan.CoreRef{Instance: n, Name: "realloc"}}
}

var hostSide = plan.Side{Instance: -1}

// trampoline adds the host module whose function "f" is the call, and returns how
// a core module imports it.
func trampoline(p *plan.Plan, instance int, c plan.Call) plan.Source {
	p.HostModules = append(p.HostModules, plan.HostModule{Instance: instance, Trampolines: []plan.Trampoline{{Name: "f", Call: c}}})
	return plan.Source{Instance: -1, HostModule: len(p.HostModules) - 1}
}

// export exports the core function name of component instance n.
func export(p *plan.Plan, n int, name string, ft *wit.FuncType, e canon.Encoding) error {
	prog, err := canon.HostExport(name, ft, options(e))
	if err != nil {
		return err
	}
	p.Exports = append(p.Exports, plan.Export{Name: fmt.Sprintf("%s%d", name, n), Type: ft, Resource: -1, Call: plan.Call{
		Program: prog, Side: [2]plan.Side{hostSide, side(n)}, Target: &plan.CoreRef{Instance: n, Name: name}, HostFunc: -1, Entering: []int{n, 0}}})
	return nil
}

// start compiles and instantiates a plan; the function that it returns closes it.
func start(ctx context.Context, p *plan.Plan, cfg host.Config) (*host.Instance, func() error, error) {
	c, err := host.Compile(ctx, p, cfg)
	if err != nil {
		return nil, nil, err
	}
	i, err := c.Instantiate(ctx, host.InstanceOptions{})
	if err != nil {
		return nil, nil, errors.Join(err, c.Close())
	}
	return i, func() error { return errors.Join(i.Close(context.WithoutCancel(ctx)), c.Close()) }, nil
}

// lift has a guest whose memory begins with memory call a function of the host with
// core values, and returns the value that arrives.
func lift(ctx context.Context, cfg host.Config, t *wit.Type, e canon.Encoding, bits []uint64, memory []byte) (got value.Value, err error) {
	ft := function(t)
	prog, err := canon.HostImport("f", ft, options(e))
	if err != nil {
		return got, err
	}
	sig := canon.FlattenFuncType(ft, canon.Lower)
	if len(sig.Params) != len(bits) {
		return got, fmt.Errorf("the type has %d core values, the vector %d", len(sig.Params), len(bits))
	}
	p := newPlan(1)
	p.HostFuncs = []plan.HostFunc{{Interface: "vectors", Name: "f", Type: ft}}
	g := newGuest(memory, &sig)
	g.caller(sig, bits)
	add(p, g, trampoline(p, 1, plan.Call{Program: prog, Side: [2]plan.Side{side(1), hostSide}}))
	if err := export(p, 1, "run", &wit.FuncType{}, e); err != nil {
		return got, err
	}
	cfg.Interfaces = []*host.Interface{{Name: "vectors", Type: wit.NewInstanceType([]wit.Decl{{Name: "f", Type: ft}}, nil),
		Funcs: map[string]host.Func{"f": func(_ *host.Call, args []value.Value) (value.Value, error) {
			got = args[0]
			return value.Value{}, nil
		}}}}
	i, stop, err := start(ctx, p, cfg)
	if err != nil {
		return got, err
	}
	_, err = i.Call(ctx, "", "run1")
	return got, errors.Join(err, stop())
}

// lower hands a value to a guest. If the source's encoding is not UTF-8, which is
// that of the host's own strings, the value goes through a guest with that encoding
// first.
func lower(ctx context.Context, cfg host.Config, t *wit.Type, v value.Value, from, to canon.Encoding) (*lowered, error) {
	ft := function(t)
	sig := canon.FlattenFuncType(ft, canon.Lift)
	n := 1
	p := newPlan(1)
	first := newGuest(nil, nil)
	if from == canon.UTF8 {
		first.recorder(sig, false)
		add(p, first)
		from = to
	} else {
		n = 2
		p = newPlan(2)
		// The guest that is called is instantiated first, so it is number 1.
		first.recorder(sig, false)
		add(p, first)
		prog, err := canon.Adapter("f", ft, options(from), options(to))
		if err != nil {
			return nil, err
		}
		second := newGuest(nil, &sig)
		second.recorder(sig, true)
		add(p, second, trampoline(p, 2, plan.Call{Program: prog, Side: [2]plan.Side{side(2), side(1)},
			Target: &plan.CoreRef{Instance: 1, Name: "f"}, HostFunc: -1, Entering: []int{1}}))
	}
	list := &wit.FuncType{Result: wit.NewList(wit.Primitive(wit.U8))}
	if err := errors.Join(export(p, n, "f", ft, from), export(p, 1, "dump", list, to)); err != nil {
		return nil, err
	}
	i, stop, err := start(ctx, p, cfg)
	if err != nil {
		return nil, err
	}
	_, err = i.Call(ctx, "", fmt.Sprintf("f%d", n), v)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	dump, err := i.Call(ctx, "", "dump1")
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	return read(dump.Bytes(), len(sig.Params)), nil
}

// read takes apart what a guest recorded.
func read(b []byte, params int) *lowered {
	l := &lowered{memory: b[:page]}
	for i := range params {
		l.core = append(l.core, binary.LittleEndian.Uint64(b[valuesAt+8*i:]))
	}
	for n := range binary.LittleEndian.Uint32(b[logCount:]) {
		var call [5]uint32
		for k := range call {
			call[k] = binary.LittleEndian.Uint32(b[logStart+20*int(n)+4*k:])
		}
		l.realloc = append(l.realloc, call)
	}
	return l
}

func isTrap(err error) bool {
	var trap *host.Trap
	return errors.As(err, &trap)
}
