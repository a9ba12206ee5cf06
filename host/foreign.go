package host

import "github.com/sidecall/sidecall/components/canon"

// holding is what an instance has of one shared store.
type holding struct {
	// life is the one that it called last, count the own handles to resources of that
	// life that it has, in tables and in Go's hands. As long as it has any it calls no
	// other life: there, the same numbers would mean other resources.
	life  *life
	count int
	// owned are those in Go's hands.
	owned map[*ownership]foreign
}

// move is a resource of the callee's that a call over the border hands over.
type move struct {
	rt    int
	rep   uint32
	index uint32 // in the callee's table, once it is there
	// arrived is set if it is in the callee's table.
	arrived bool
}

// hold counts a resource of the shared store that the frame's call returns to its
// caller, and lets one go that goes the other way. The error is a TrapCode.
func (fr *frame) hold(n int) error {
	h := &fr.t.inst.holds[fr.c.border-1]
	if out := h.life.out.Add(int64(n)); n > 0 && out > int64(fr.t.inst.comp.cfg.MaxHandles) {
		h.life.out.Add(-int64(n))
		return canon.TrapTooManyHandles
	}
	h.count += n
	return nil
}

// abroad is the number of the shared store that a resource type of another store is
// of, 0 for the instance's own types and the host's.
func (i *Instance) abroad(rt int) int {
	if n := i.comp.resources[rt].store; n != i.number {
		return n
	}
	return 0
}

// destroyAbroad runs the destructor of a resource of a shared store.
func (t *task) destroyAbroad(function string, caller, rt int, rep uint32) {
	s := t.inst.comp.shared[t.inst.comp.resources[rt].store-1]
	h := &t.inst.holds[s.number-1]
	h.count--
	l := h.life
	if l.dead.Load() || t.inst.comp.resources[rt].dtor == none {
		l.out.Add(-1)
		return
	}
	if !s.enter() {
		waited := false
		defer func() {
			if !waited { // it is owed all the same
				l.drop([]foreign{{rt, rep}})
			}
		}()
		t.await(s)
		waited = true
	}
	l.out.Add(-1)
	if l.dead.Load() {
		s.leave()
		return
	}
	g := t.guest(l)
	defer func() {
		var why error
		if r := recover(); r != nil {
			why = g.recovered(r)
		}
		l.done(g, why)
		s.leave()
		if why != nil {
			panic(why)
		}
	}()
	g.destroy(function, caller, rt, rep)
}

// keep notes that Go code has a resource of a shared store from now on. It had the
// instance's, unless the frame's call crosses the border.
func (fr *frame) keep(o *ownership, rt int, rep uint32) {
	number := fr.t.inst.abroad(rt)
	if number == 0 {
		return
	}
	if fr.life != nil {
		if err := fr.hold(1); err != nil {
			fr.trapOf(err, canon.Caller)
		}
		fr.moved = fr.moved[:len(fr.moved)-1]
	}
	h := &fr.t.inst.holds[number-1]
	if h.owned == nil {
		h.owned = map[*ownership]foreign{}
	}
	h.owned[o] = foreign{rt, rep}
}

// give notes that Go code gives one to the call.
func (fr *frame) give(o *ownership, rt int, rep uint32) {
	fr.t.inst.unkeep(o, rt)
	if fr.life != nil {
		fr.moved = append(fr.moved, move{rt: rt, rep: rep})
		_ = fr.hold(-1) // only more of them can be too many
	}
}

// unkeep notes that Go code does not have one any more.
func (i *Instance) unkeep(o *ownership, rt int) {
	if number := i.abroad(rt); number > 0 {
		delete(i.holds[number-1].owned, o)
	}
}

// giveUp drops the resources of shared stores that the instance has at its end.
func (i *Instance) giveUp() {
	for n := range i.holds {
		h := &i.holds[n]
		if h.count == 0 {
			continue
		}
		rs := make([]foreign, 0, min(h.count, 1024))
		for o, f := range h.owned {
			o.given.Store(true)
			rs = append(rs, f)
		}
		for t := range i.tables {
			for _, x := range i.tables[t].array {
				if x.used && x.own && i.abroad(int(x.rt)) == n+1 {
					rs = append(rs, foreign{int(x.rt), x.rep})
				}
			}
		}
		h.life.drop(rs)
	}
	i.holds = nil
}

// carry notes what an operation on handles does to a resource of the shared store that
// the call crosses the border with. in is what the operation took: an index, or a
// representation. The error is a TrapCode.
func (fr *frame) carry(op *canon.Op, rt int, in, out uint32) error {
	last := len(fr.moved) - 1
	switch {
	case op.Code == canon.OpLiftOwn && op.Side == canon.Caller:
		fr.moved = append(fr.moved, move{rt: rt, rep: out})
		return fr.hold(-1)
	case op.Code == canon.OpLowerOwn && op.Side == canon.Callee:
		fr.moved[last].index, fr.moved[last].arrived = out, true
	case op.Code == canon.OpLiftOwn: // of the callee, for the caller
		fr.moved = append(fr.moved, move{rt: rt, rep: out})
	case op.Code == canon.OpLowerOwn:
		if err := fr.hold(1); err != nil {
			_, _ = fr.t.inst.tables[fr.c.instance[canon.Caller]].remove(out, rt) // it was just put there
			return err
		}
		fr.moved = fr.moved[:last]
	}
	return nil
}

// Stale reports whether the instance has resources of a singleton that is no more: a
// call that leads there again can only trap. It is for who has the instance, between
// calls.
func (i *Instance) Stale() bool {
	for n := range i.holds {
		if h := &i.holds[n]; h.count > 0 && h.life.dead.Load() {
			return true
		}
	}
	return false
}
