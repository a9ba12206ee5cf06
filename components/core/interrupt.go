package core

// interrupt plans the checks of all functions and adds what they need: the import, the counter, and the
// function that resets it.
//
// The counter is a global that starts at the budget. A check subtracts what the code behind it may cost,
// and calls the host once the counter is below zero:
//
//	global.get $counter
//	i32.const <weight>
//	i32.sub
//	local.tee $t
//	global.set $counter
//	local.get $t
//	i32.const 0
//	i32.lt_s
//	if
//	  call $slow    ;; calls the check, then sets the counter to the budget
//	end
//
// Checks are at the head of every loop, at the entry of every function that recursion has to pass or
// that is large, and at the exit of functions that may be active many times. See planner.
//
// Measured alternatives: a counter in a local costs the same, since the machine forwards what it just
// stored, and needs a store at every exit of the loop; a loop around the loop, so that the call is
// outside of the inner one, saves spilled registers but costs the tightest loops a jump. Sharing one check
// between copies of a small body beats both.
//
// Instructions that are calls into the host in this engine, memory.grow, table.grow and
// memory.atomic.wait, can be delayed there, which is not the pass's to change: memory.grow may copy a
// memory if its allocator does not reserve address space, and a wait lasts as long as the guest asks for.
func (w *writer) interrupt() {
	m := w.m
	w.shift = 1
	w.check = uint32(m.importedFuncs)
	w.counter = uint32(len(m.globals))
	w.budget = DefaultBudget
	if b := w.opt.Check.Budget; b > 0 {
		w.budget = int32(min(b, 1<<30))
	}
	slow := w.helper(nil, nil)
	slow.Call(w.check).I32(w.budget).GlobalSet(w.counter)
	w.slow = slow.Index

	graph := newCallGraph(w.scans)
	w.plans = make([]funcPlan, len(m.Bodies))
	p := &planner{m: m, plans: w.plans, scans: w.scans, breaks: graph.breaks}
	for range 2 {
		for _, f := range graph.order {
			p.plan(int(f), graph.cyclic[f], graph.depth)
		}
		if !p.guessed {
			break
		}
		// Those whose cost had to be guessed are functions that recursion has to pass. What these cost
		// does not depend on guesses, so the second round, which sees it, is exact.
	}
}

// count appends a check that counts a constant. temp is a local of type i32.
func (w *writer) count(f *Func, temp uint32, weight int32) {
	f.b = w.appendCheck(f.b, temp, weight)
}

// countLocal appends a check that counts what is in temp.
func (w *writer) countLocal(f *Func, temp uint32) {
	f.GlobalGet(w.counter).LocalGet(temp).Op(OpI32Sub)
	f.b = w.appendTest(f.b, temp)
}

func (w *writer) appendCheck(b []byte, temp uint32, weight int32) []byte {
	c := Code{b}
	c.GlobalGet(w.counter).I32(weight).Op(OpI32Sub)
	return w.appendTest(c.b, temp)
}

func (w *writer) appendTest(b []byte, temp uint32) []byte {
	c := Code{b}
	c.LocalTee(temp).GlobalSet(w.counter)
	c.LocalGet(temp).I32(0).Op(OpI32GeS).Block(OpIf).Else().Call(w.slow).End()
	return c.b
}
