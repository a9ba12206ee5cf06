package host

import (
	"github.com/sidecall/sidecall/components/canon"
)

// handleOp executes the operations on handle tables.
func (fr *frame) handleOp(op *canon.Op) {
	inst := fr.c.instance[op.Side]
	t := &fr.on(op.Side).tables[inst]
	rt := fr.resource(op)
	in := uint32(fr.regs[op.A])
	var out uint32
	var err error
	switch op.Code {
	case canon.OpLiftOwn:
		out, err = liftOwn(t, in, rt)
	case canon.OpLiftBorrow:
		out, err = fr.t.scope().liftBorrow(t, in, rt)
	case canon.OpLowerOwn, canon.OpResourceNew:
		out, err = t.add(handle{rt: int32(rt), rep: in, own: true})
	case canon.OpLowerBorrow:
		if fr.t.inst.comp.resources[rt].instance == inst {
			out = in
			break
		}
		out, err = fr.t.scope().lowerBorrow(t, in, rt)
	case canon.OpResourceRep:
		var h *handle
		if h, err = t.get(in, rt); err == nil {
			out = h.rep
		}
	case canon.OpResourceDrop:
		err = fr.drop(t, in, rt)
	}
	if err == nil && fr.life != nil {
		err = fr.carry(op, rt, in, out)
	}
	if err != nil {
		fr.trapOf(err, op.Side)
	}
	if op.Dst != canon.NoReg {
		fr.regs[op.Dst] = uint64(out)
	}
}

// resource is the index, among those of the plan, of the resource type that an
// operation is about.
func (fr *frame) resource(op *canon.Op) int {
	if op.Imm >= uint64(len(fr.c.resources)) {
		panic(broken("%s has no resource type %d", fr.c.Name, op.Imm))
	}
	return fr.c.resources[op.Imm]
}

// liftOwn is lift_own.
func liftOwn(t *table, i uint32, rt int) (rep uint32, err error) {
	h, err := t.get(i, rt)
	if err != nil {
		return 0, err
	}
	if h.lends == 0 && !h.own {
		return 0, canon.TrapHandleNotOwned
	}
	was, err := t.remove(i, rt)
	return was.rep, err
}

// liftBorrow is lift_borrow.
func (s *scope) liftBorrow(t *table, i uint32, rt int) (rep uint32, err error) {
	h, err := t.get(i, rt)
	if err != nil {
		return 0, err
	}
	h.lends++
	s.lenders = append(s.lenders, lender{table: t, index: i})
	return h.rep, nil
}

// lowerBorrow is lower_borrow into an instance that did not define the resource.
func (s *scope) lowerBorrow(t *table, rep uint32, rt int) (uint32, error) {
	s.borrows++
	return t.add(handle{rt: int32(rt), rep: rep, scope: s})
}

// drop is canon_resource_drop.
func (fr *frame) drop(t *table, i uint32, rt int) error {
	h, err := t.remove(i, rt)
	if err != nil {
		return err
	}
	if !h.own {
		h.scope.borrows--
		return nil
	}
	fr.t.destroy(fr.c.Name, fr.c.instance[canon.Caller], rt, h.rep)
	fr.forget()
	return nil
}

// destroy runs the destructor of a resource, on behalf of component instance
// caller, or of the host if that is none.
func (t *task) destroy(function string, caller, rt int, rep uint32) {
	i := t.inst
	r := &i.comp.resources[rt]
	if i.abroad(rt) > 0 {
		t.destroyAbroad(function, caller, rt, rep)
		return
	}
	if r.instance < 0 {
		if err := i.objects.drop(rep); err != nil {
			panic(err)
		}
		return
	}
	// The entering set: the instance that defined the resource and what that is part
	// of, up to what the caller is part of too.
	outside := i.comp.commonAncestor(caller, r.instance)
	for n := r.instance; n != outside; n = i.comp.plan.Instances[n].Parent {
		if i.flags[n].mayEnter.Get() == 0 {
			panic(i.cannotEnter(function, r.instance, errEntered))
		}
	}
	if r.dtor == none {
		return
	}
	i.setEnteredUpTo(outside, r.instance, 0)
	stack := t.regs.push(1)
	stack[0] = uint64(rep)
	t.callCore(function, r.instance, r.dtor, stack)
	t.regs.pop(1)
	i.setEnteredUpTo(outside, r.instance, 1)
}

// setEnteredUpTo sets may_enter of inst and those that it is part of, but not of
// outside and those that that is part of.
func (i *Instance) setEnteredUpTo(outside, inst int, mayEnter uint32) {
	for n := inst; n != outside; n = i.comp.plan.Instances[n].Parent {
		i.flags[n].mayEnter.Set(mayEnter)
	}
}

// commonAncestor is the innermost component instance that both are, or are part
// of; none if caller is the host.
func (c *Composition) commonAncestor(caller, callee int) int {
	for ; callee >= 0; callee = c.plan.Instances[callee].Parent {
		for n := caller; n >= 0; n = c.plan.Instances[n].Parent {
			if n == callee {
				return n
			}
		}
	}
	return none
}
