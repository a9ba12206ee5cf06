package compile

import (
	"fmt"

	"github.com/sidecall/sidecall/linker/fuse"
	"github.com/sidecall/sidecall/linker/plan"
)

// Fuse says which calls between components become generated WebAssembly.
type Fuse uint8

const (
	// FuseAuto: all that can.
	FuseAuto Fuse = iota
	// FuseOff: none. Every call is a trampoline, which the host interprets; both
	// must behave alike.
	FuseOff
)

// pending is a canon lower that will be a function of a generated module. It waits
// until something refers to it, so that the functions lowered between two core
// instances share a module.
type pending struct {
	def  *coreDef
	name string
	call plan.Call
}

// fusable reports whether a call is to be generated code: core instances of two
// stores, of which one is made anew while the other stays, cannot import each other.
func (c *compiler) fusable(call *plan.Call) bool {
	return c.opt.Fuse == FuseAuto && call.Target != nil && c.plan.Crosses(call) == 0 && fuse.Fusable(call) == nil
}

// ref is what a core definition is at run time. If it waits to be generated, it is
// generated now, with the others of its frame.
func (f *frame) ref(d *coreDef) (plan.CoreRef, error) {
	if d.waits == nil {
		return d.ref, nil
	}
	if err := d.waits.flush(); err != nil {
		return plan.CoreRef{}, err
	}
	return d.ref, nil
}

// flush generates the modules of the frame's waiting functions: one for those that
// use the same memories.
func (f *frame) flush() error {
	waiting := f.waiting
	f.waiting = nil
	for len(waiting) > 0 {
		var mems fuse.Memories
		var group []fuse.Adapter
		var members, rest []*pending
		for _, p := range waiting {
			joined, ok := mems.Join(&p.call)
			if !ok {
				rest = append(rest, p)
				continue
			}
			mems = joined
			group = append(group, fuse.Adapter{ExportName: p.name, Call: p.call})
			members = append(members, p)
		}
		step, err := f.adapters(group)
		if err != nil {
			return err
		}
		for _, p := range members {
			p.def.ref, p.def.waits = plan.CoreRef{Instance: step, Name: p.name}, nil
		}
		waiting = rest
	}
	return nil
}

// adapters adds the module of some adapters and its instantiation.
func (f *frame) adapters(group []fuse.Adapter) (step int, err error) {
	bytes, slots, err := fuse.Module(group)
	if err != nil {
		return 0, fmt.Errorf("generating adapters: %w", err)
	}
	name := "adapters of " + f.c.plan.Instances[f.inst].Path
	m, err := f.c.addModule(plan.Module{Name: name, Bytes: bytes, Generated: true, State: &plan.State{}})
	if err != nil {
		return 0, err
	}
	sources := make([]plan.Source, len(slots))
	for i, s := range slots {
		switch {
		case s.Accessor != nil:
			if sources[i].Instance, err = f.c.accessor(*s.Accessor, f.inst); err != nil {
				return 0, err
			}
			sources[i].HostModule = -1
		case s.Libcalls != nil:
			hm := plan.HostModule{Instance: f.inst, Trampolines: s.Libcalls}
			f.c.plan.HostModules = append(f.c.plan.HostModules, hm)
			sources[i] = plan.Source{Instance: -1, HostModule: len(f.c.plan.HostModules) - 1}
		default:
			sources[i] = s.Source
		}
	}
	return f.c.addStep(plan.Step{Module: m, Instance: f.inst, Imports: sources})
}

// accessor is the core instance through which generated code reaches a memory.
func (c *compiler) accessor(memory plan.CoreRef, inst int) (int, error) {
	if step, ok := c.accessors[memory]; ok {
		return step, nil
	}
	m, err := c.addModule(plan.Module{Name: "accessor of a memory", Bytes: fuse.Accessor(memory.Name), Generated: true, State: &plan.State{}})
	if err != nil {
		return 0, err
	}
	step, err := c.addStep(plan.Step{Module: m, Instance: inst, Imports: []plan.Source{{Instance: memory.Instance, HostModule: -1}}})
	if err == nil {
		c.accessors[memory] = step
	}
	return step, err
}
