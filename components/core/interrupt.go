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
// Where checks are and what they count is the planner's to decide: at the heads of loops, in front of
// calls by which a function takes part in recursion, on paths that are long, and where a function that
// may be active many times is left. On a machine of 2025, a check takes about 0.4 ns.
//
// What was tried and measured, as time with checks divided by time without:
//
//   - The call as the first alternative of the if: 1.5 on floating point. The compiler's allocator takes the
//     registers behind the if from the alternative that comes first, and a call leaves few.
//   - A counter in a local: as fast as the global, since processors forward what they just stored, and it
//     would have to be stored at every exit of the loop.
//   - A loop around the loop, so that the call is outside of the inner one: 2.9 on the tightest loop.
//   - One check for four rounds of a small loop, whose body is copied: 1.0 on the tightest loop, against
//     2.1 with a check in every round. Copies often make up for more than the check.
//   - Checks only at entries of functions and heads of loops, each counting the heaviest path to the end:
//     1.2 on what Go's compiler makes, where most of what was counted was not done, and the host was
//     called too often. With checks along paths 1.1, with threaded jumps (see threader) 0.95.
//
// Instructions that are calls into the host in this engine, memory.grow, table.grow and
// memory.atomic.wait, can take long there, which is not the pass's to change: memory.grow may copy a
// memory if its allocator does not reserve address space, and a wait lasts as long as the guest asks for.
func (w *writer) interrupt() {
	m := w.m
	w.shift = 1
	w.check = uint32(m.importedFuncs)
	if w.grows = w.tablesGrow && w.opt.Check.GrowTable != ""; w.grows {
		w.grow = w.check + 1
		w.shift++
		w.addType([]ValType{I32}, []ValType{I32})
	}
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
