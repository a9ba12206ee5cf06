package compile

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// lowered is the call that a canon lower in f makes.
//
// A call between an instance and one around it, or into the same instance, traps:
// may_enter_from would allow it ("donut wrapping"), but the specification's scripts
// still ask for a trap "for now" and other engines give one, so a component that
// relied on it would run nowhere else.
func (f *frame) lowered(fn *function, name string, typ *wit.FuncType, opts options) (plan.Call, error) {
	call := plan.Call{HostFunc: -1}
	var err error
	if call.Side[canon.Caller], err = f.side(opts); err != nil {
		return call, err
	}
	call.Side[canon.Callee].Instance = -1
	if err := f.c.spendType(typ); err != nil {
		return call, err
	}
	if fn.host != nil {
		if call.Program, err = canon.HostImport(name, typ, opts.canon); err != nil {
			return call, err
		}
		call.HostFunc = fn.host.use(f.c.plan)
		return call, f.callResources(&call)
	}
	l := fn.lifted
	if f.c.within(f.inst, l.frame.inst) || f.c.within(l.frame.inst, f.inst) {
		call.Program, err = canon.Refused(name, typ, canon.TrapCannotEnter)
		return call, err
	}
	if call.Program, err = canon.Adapter(name, typ, opts.canon, l.options.canon); err != nil {
		return call, err
	}
	if err := l.callee(&call, f.inst); err != nil {
		return call, err
	}
	if err := f.callResources(&call); err != nil {
		return call, err
	}
	return call, f.c.checkBorder(&call)
}

// called is the call by which the host calls a function.
func (c *compiler) called(fn *function, name string, typ *wit.FuncType) (plan.Call, error) {
	call := plan.Call{HostFunc: -1}
	call.Side[canon.Caller].Instance = -1
	call.Side[canon.Callee].Instance = -1
	if err := c.spendType(typ); err != nil {
		return call, err
	}
	var err error
	if fn.host != nil {
		if call.Program, err = canon.HostForward(name, fn.host.typ); err != nil {
			return call, err
		}
		call.HostFunc = fn.host.use(c.plan)
		for _, id := range call.Program.Resources {
			call.Resources = append(call.Resources, c.host.resource(id, fn.host.iface, id.Name).index)
		}
		return call, nil
	}
	if call.Program, err = canon.HostExport(name, fn.lifted.typ, fn.lifted.options.canon); err != nil {
		return call, err
	}
	if err := fn.lifted.callee(&call, -1); err != nil {
		return call, err
	}
	if err := fn.lifted.frame.callResources(&call); err != nil {
		return call, err
	}
	return call, c.checkBorder(&call)
}

// callee fills in the callee's side.
func (l *lifted) callee(call *plan.Call, caller int) (err error) {
	if call.Side[canon.Callee], err = l.frame.side(l.options); err != nil {
		return err
	}
	if call.Target, err = l.frame.optional(l.target); err != nil {
		return err
	}
	if call.PostReturn, err = l.frame.optional(l.options.postReturn); err != nil {
		return err
	}
	call.Entering = l.frame.c.entering(caller, l.frame.inst)
	return nil
}

func (f *frame) side(o options) (plan.Side, error) {
	memory, err := f.optional(o.memory)
	if err != nil {
		return plan.Side{}, err
	}
	realloc, err := f.optional(o.realloc)
	return plan.Side{Instance: f.inst, Memory: memory, Realloc: realloc}, err
}

// optional is the reference to a definition, nil if that is nil.
func (f *frame) optional(d *coreDef) (*plan.CoreRef, error) {
	if d == nil {
		return nil, nil
	}
	ref, err := f.ref(d)
	return &ref, err
}

// callResources maps the resource types of the program, whose types are f's.
func (f *frame) callResources(call *plan.Call) error {
	for _, id := range call.Program.Resources {
		r, ok := f.resource(id)
		if !ok {
			return fmt.Errorf("%w: resource type %s of %s is not bound", errBug, id.Name, call.Program.Name)
		}
		call.Resources = append(call.Resources, r.index)
	}
	return nil
}

// spendType counts the parts of a function's type, which its call has to walk.
func (c *compiler) spendType(t *wit.FuncType) error {
	n := 1
	for _, p := range t.Params {
		n += int(min(p.Type.Metrics().Size, 1<<24))
	}
	if t.Result != nil {
		n += int(min(t.Result.Metrics().Size, 1<<24))
	}
	return c.spend(n)
}
