package host

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/value"
)

// frame is one activation of a Program, used again for later ones. regs holds the core registers, i32 and
// f32 zero-extended; vals the values, at the same numbers.
type frame struct {
	t *task
	// to is the task that the callee's side runs on: t, or one of a shared store.
	to   *task
	c    *call
	regs []uint64
	vals []value.Value
	// views are the memories of both sides as they were last seen; nil after
	// anything ran that can make them grow.
	views [2][]byte
	// bytes is the Go memory taken by values made so far.
	bytes uint64
	// allowed is what bytes may become without asking, taken what was taken for it.
	allowed, taken uint64
	// entered is set once the callee's function was called. Until then, undo
	// knows what to take back: the flags changed, and scopes.
	entered  bool
	changed  [2]bool
	entering bool
	scopes   int
	ends     [2]end

	// The rest is for calls to a shared store. callers is set while the caller is at
	// fault if anything goes wrong, cleaned once the callee's post-return was called.
	life             *life
	callers, cleaned bool
	moved            []move
}

// on is the instance that one side is in.
func (fr *frame) on(side canon.Side) *Instance {
	if side == canon.Callee {
		return fr.to.inst
	}
	return fr.t.inst
}

// frame takes a frame for c, the topmost of the task.
func (t *task) frame(c *call) *frame {
	if len(t.frames) == t.top {
		fr := &frame{t: t}
		fr.ends = [2]end{{fr, canon.Caller}, {fr, canon.Callee}}
		t.frames = append(t.frames, fr)
	}
	fr := t.frames[t.top]
	t.top++
	fr.c, fr.to, fr.bytes, fr.entered, fr.changed, fr.entering, fr.cleaned = c, t, 0, false, [2]bool{}, false, false
	fr.allowed = 0
	fr.regs = t.regs.push(len(c.Regs))
	if len(c.values) > 0 {
		fr.vals = t.vals.push(len(c.Regs))
	}
	fr.scopes = len(t.scopes)
	fr.forget()
	return fr
}

// close gives the frame back.
func (fr *frame) close() {
	fr.t.regs.pop(len(fr.c.Regs))
	if len(fr.c.values) > 0 {
		for _, r := range fr.c.values { // few of them, and each is 24 bytes with a pointer
			fr.vals[r] = value.Value{}
		}
		fr.t.vals.pop(len(fr.c.Regs))
		fr.vals = nil
	}
	fr.giveBack()
	fr.t.top--
}

// undo takes back what was changed before the callee's core function was called.
// Memory that was allocated in the callee stays so.
func (fr *frame) undo() {
	for side, changed := range fr.changed {
		if changed {
			fr.on(canon.Side(side)).flags[fr.c.instance[side]].mayLeave.Set(1)
		}
	}
	if fr.entering {
		for _, n := range fr.c.entering {
			fr.to.inst.flags[n].mayEnter.Set(1)
		}
	}
	for len(fr.t.scopes) > fr.scopes {
		fr.t.closeScope()
	}
}

// memory returns the memory of one side. It is valid until the guest runs.
func (fr *frame) memory(side canon.Side) []byte {
	if fr.views[side] == nil {
		fr.views[side] = fr.on(side).memory(fr.c.memory[side])
	}
	return fr.views[side]
}

// forget is to be called after a guest has run.
func (fr *frame) forget() { fr.views = [2][]byte{} }

func (i *Instance) memory(ref int) []byte {
	m := i.memories[ref]
	if m == nil {
		r := &i.comp.refs.memories[ref]
		if r.Instance < len(i.core) {
			m = i.core[r.Instance].Memory(r.Name)
		}
		if m == nil {
			panic(broken("core instance %d has no memory %q", r.Instance, r.Name))
		}
		i.memories[ref] = m
	}
	return m.Bytes()
}

// trap ends the call with a fault of the component on one side.
func (fr *frame) trap(code canon.TrapCode, side canon.Side) {
	fr.callers = side == canon.Caller
	panic(fr.c.trap(code, side))
}

// misfit ends the call because a value does not fit its type: a bug of Go code.
func (fr *frame) misfit(format string, args ...any) {
	fr.callers = true
	panic(&ArgumentError{fr.c.Name, fmt.Sprintf(format, args...)})
}

// valueStep is how much the values of a call may take before that is taken of the
// composition's memory, and in what pieces it is.
const valueStep = 64 << 10

// take counts memory taken by values made for the host.
func (fr *frame) take(bytes uint64, side canon.Side) {
	if fr.bytes += bytes; fr.bytes > fr.allowed {
		fr.allow(side)
	}
}

// allow takes what the values need of the composition's memory.
func (fr *frame) allow(side canon.Side) {
	comp := fr.t.inst.comp
	if fr.bytes > comp.cfg.MaxValueBytes {
		fr.trap(canon.TrapValueTooLarge, side)
	}
	if fr.bytes <= valueStep {
		fr.allowed = min(valueStep, comp.cfg.MaxValueBytes)
		return
	}
	// More than is needed now, so that lists do not ask for each element.
	more := min(max(fr.bytes, 2*fr.taken, 2*valueStep), comp.cfg.MaxValueBytes) - fr.taken
	if err := comp.quotas.Memory.Take(more); err != nil {
		t := fr.c.trap(canon.TrapValueTooLarge, side)
		t.Cause, fr.callers = err, side == canon.Caller
		panic(t)
	}
	fr.taken += more
	fr.allowed = fr.taken
}

// giveBack gives back what values took.
func (fr *frame) giveBack() {
	if fr.taken > 0 {
		fr.t.inst.comp.quotas.Memory.Give(fr.taken)
		fr.taken = 0
	}
}
