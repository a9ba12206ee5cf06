package host

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// none is the index of what is absent.
const none = -1

// call is a plan.Call with its references as indices into what every instance
// has. It is immutable.
type call struct {
	*canon.Program
	comp *Composition
	// instance, memory and realloc are those of each side; none for the host's.
	instance, memory, realloc [2]int
	target, postReturn        int
	hostFunc                  int
	resources                 []int
	entering                  []int
	// values are the registers that hold values.
	values []canon.Reg
	// stack is the length of the stack that the largest core call needs.
	stack int
	// border is the number of the shared store that the call leads to from another one,
	// 0 if it stays in its own; cleanup is its OpCallPostReturn, nil without.
	border  int
	cleanup *canon.Op
	// traced is what the tracer is told of, nil for nothing.
	traced *TracedCall
}

// refs numbers the core functions and memories that calls refer to, so that an
// instance looks each up once.
type refs struct {
	funcs    []funcRef
	memories []plan.CoreRef
	byRef    map[refKey]int
}

type refKey struct {
	plan.CoreRef
	memory bool
}

// funcRef is a core function: an export of a core instance, or a trampoline,
// which is called without going through WebAssembly.
type funcRef struct {
	plan.CoreRef
	trampoline *call
}

// resource is a resource type of the plan.
type resource struct {
	name string
	// instance defined it; none for the host's own. store is that instance's.
	instance, store int
	dtor            int // core function
}

// bind resolves the plan's references.
func (c *Composition) bind() error {
	p := c.plan
	c.refs.byRef = map[refKey]int{}
	for i := range p.Instances {
		c.flagNames = append(c.flagNames, plan.FlagName(plan.MayLeave, i), plan.FlagName(plan.MayEnter, i))
	}
	// Trampolines first, because everything else may refer to them.
	c.calls = make([][]*call, len(p.HostModules))
	for i, m := range p.HostModules {
		c.calls[i] = make([]*call, len(m.Trampolines))
		for j := range m.Trampolines {
			c.calls[i][j] = &call{Program: m.Trampolines[j].Program, comp: c}
		}
	}
	if err := c.bindHost(); err != nil {
		return err
	}
	for i, m := range p.HostModules {
		for j := range m.Trampolines {
			if err := c.bindCall(c.calls[i][j], &m.Trampolines[j].Call); err != nil {
				return err
			}
		}
	}
	for i := range p.Exports {
		e := &p.Exports[i]
		if e.Type == nil {
			continue
		}
		b := &call{Program: e.Call.Program, comp: c}
		if err := c.bindCall(b, &e.Call); err != nil {
			return err
		}
		c.exports[exportName{e.Interface, e.Name}] = b
	}
	return nil
}

// bindHost finds the host's functions and resource types.
func (c *Composition) bindHost() error {
	byName := map[string]*Interface{}
	for _, i := range c.cfg.Interfaces {
		if _, twice := byName[i.Name]; twice && i.Name != "" {
			return fmt.Errorf("the host's interface %s is given twice", i.Name)
		}
		byName[i.Name] = i
	}
	c.hostFuncs = make([]hostFunc, len(c.plan.HostFuncs))
	for n, f := range c.plan.HostFuncs {
		h := hostFunc{name: qualified(f.Interface, f.Name), typ: f.Type}
		if i := byName[f.Interface]; i != nil && f.Interface != "" {
			h.fn = i.function(f.Name, f.Type)
		}
		if f.Interface == "" {
			for _, i := range c.cfg.Interfaces {
				if i.Name == "" && i.Funcs[f.Name] != nil {
					h.fn = i.Funcs[f.Name]
				}
			}
		}
		c.hostFuncs[n] = h
	}
	for n, r := range c.plan.Resources {
		dtor := none
		if r.Dtor != nil {
			dtor = c.refs.function(c, r.Dtor)
		}
		c.resources = append(c.resources, resource{name: r.Name, instance: r.Instance, store: c.plan.StoreOf(r.Instance), dtor: dtor})
		if r.Instance >= 0 {
			continue
		}
		res := hostResource(c.cfg.Interfaces, r.Interface, r.HostName)
		if res == nil {
			return fmt.Errorf("the host has no resource type %s", qualified(r.Interface, r.HostName))
		}
		if _, known := c.hostTypes[res]; !known {
			c.hostTypes[res] = n
		}
	}
	return nil
}

func hostResource(is []*Interface, iface, name string) *wit.Resource {
	for _, i := range is {
		if i.Name != iface || i.Type == nil {
			continue
		}
		if t, ok := i.Type.Export(name); ok {
			if t, ok := t.(*wit.TypeExport); ok {
				if res, ok := t.Def.(*wit.Resource); ok {
					return res
				}
			}
		}
	}
	return nil
}

// qualified is the name of a function or type in messages.
func qualified(iface, name string) string {
	if iface == "" {
		return name
	}
	return iface + "#" + name
}

func (c *Composition) bindCall(b *call, pc *plan.Call) error {
	if b.Program == nil {
		return fmt.Errorf("composition %s: the plan has a call without a program", c.plan.Name)
	}
	b.target, b.postReturn, b.hostFunc = none, none, pc.HostFunc
	for s := range pc.Side {
		side := &pc.Side[s]
		b.instance[s], b.memory[s], b.realloc[s] = side.Instance, none, none
		if side.Memory != nil {
			b.memory[s] = c.refs.memory(side.Memory)
		}
		if side.Realloc != nil {
			b.realloc[s] = c.refs.function(c, side.Realloc)
		}
		if side.Instance >= len(c.plan.Instances) {
			return fmt.Errorf("%s: the plan has no component instance %d", b.Name, side.Instance)
		}
	}
	if pc.Target != nil {
		b.target = c.refs.function(c, pc.Target)
	}
	if pc.PostReturn != nil {
		b.postReturn = c.refs.function(c, pc.PostReturn)
	}
	b.resources, b.entering = pc.Resources, pc.Entering
	if b.border = c.plan.Crosses(pc); b.border > 0 {
		for i := range b.Body {
			if b.Body[i].Code == canon.OpCallPostReturn {
				b.cleanup = &b.Body[i]
			}
		}
	}
	b.traced = c.trace(b)
	for r, t := range b.Regs {
		if t == canon.Value {
			b.values = append(b.values, canon.Reg(r))
		}
	}
	b.stack = 4 // realloc's
	for _, f := range []*canon.CoreFunc{b.Target, b.PostReturn} {
		if f != nil {
			b.stack = max(b.stack, len(f.Params), len(f.Results))
		}
	}
	return nil
}

func (r *refs) memory(ref *plan.CoreRef) int {
	k := refKey{*ref, true}
	if i, ok := r.byRef[k]; ok {
		return i
	}
	r.memories = append(r.memories, *ref)
	r.byRef[k] = len(r.memories) - 1
	return r.byRef[k]
}

func (r *refs) function(c *Composition, ref *plan.CoreRef) int {
	k := refKey{*ref, false}
	if i, ok := r.byRef[k]; ok {
		return i
	}
	f := funcRef{CoreRef: *ref}
	if ref.Instance < 0 {
		f.trampoline = c.calls[ref.HostModule][ref.Trampoline]
	}
	r.funcs = append(r.funcs, f)
	r.byRef[k] = len(r.funcs) - 1
	return r.byRef[k]
}
