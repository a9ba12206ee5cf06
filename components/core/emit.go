package core

// emitter writes one body after the other: what does not change is copied in stretches, and everything
// else is encoded anew.
type emitter struct {
	w    *writer
	r    instReader
	out  []byte
	plan *funcPlan
	src  []byte

	temp    uint32 // the added local of type i32
	usesTmp bool
	copied  int // up to here src has been written or replaced
	loop    int // the next loop in plan.loops
	insert  int // the next in plan.inserts
	jumps   threader
	effort  effort
	prev    inst

	// labels holds, for each open block of the source, the position of its label among the open blocks of
	// the output; open is their number there.
	labels []emitFrame
	open   int
}

type emitFrame struct{ label int } // position in the output

// function writes the body of defined function i, with its locals, into e.out.
func (e *emitter) function(i int) {
	w := e.w
	body := &w.m.Bodies[i]
	t := w.m.Types.At(w.m.Funcs[i])
	e.src, e.out, e.copied, e.loop, e.insert, e.prev = body.Insts, e.out[:0], 0, 0, 0, inst{}
	e.plan = &funcPlan{}
	if w.plans != nil {
		e.plan = &w.plans[i]
	}
	e.temp, e.usesTmp = uint32(len(t.Params)), false
	for _, run := range body.Locals {
		e.temp += run.Count
	}
	e.effort.begin(w, i, int(e.temp))
	e.labels, e.open = append(e.labels[:0], emitFrame{}), 1
	e.jumps.reset()
	e.jumps.direct = e.plan.direct
	e.r.reset(e.src, 0, w.m.limits)
	e.run(len(e.src))
	e.flush(len(e.src))
}

func (e *emitter) check(weight int32) {
	e.usesTmp = true
	e.effort.check()
	e.out = e.w.appendCheck(e.out, e.temp, weight)
}

// flush copies the source up to pos.
func (e *emitter) flush(pos int) {
	if pos > e.copied {
		e.out = append(e.out, e.src[e.copied:pos]...)
		e.copied = pos
	}
}

// replace copies the source up to the current instruction, and leaves that to the caller.
func (e *emitter) replace() *inst {
	in := &e.r.in
	e.flush(in.start)
	e.copied = in.end
	return in
}

// run writes the instructions from the reader's place up to end.
func (e *emitter) run(end int) {
	for e.r.pos < end && e.r.next() {
		e.inserts()
		e.instruction(&e.r.in)
		e.prev = e.r.in
	}
}

// inserts writes the checks in front of the current instruction.
func (e *emitter) inserts() {
	for ; e.insert < len(e.plan.inserts) && e.plan.inserts[e.insert].pos == e.r.in.start; e.insert++ {
		e.flush(e.r.in.start)
		e.check(e.plan.inserts[e.insert].weight)
	}
}

func (e *emitter) instruction(in *inst) {
	label := e.jumps.see(in, e.r.labels)
	e.effort.see(&e.r, label)
	switch in.op {
	case OpBlock, OpIf:
		e.openBlock()
	case OpTryTable:
		e.tryTable(in)
	case OpLoop:
		e.loopHead(in)
	case OpEnd:
		e.closeBlock()
	case OpBr, OpBrIf, OpBrOnNull, OpBrOnNonNull:
		if l := e.label(label); l != in.a {
			e.replace()
			e.out = appendU32(append(e.out, byte(in.op)), l)
		}
	case OpBrTable:
		e.brTable()
	case OpSelectTyped:
		e.selectTyped()
	case OpRefFunc:
		e.replace()
		e.out = appendU32(append(e.out, byte(OpGlobalGet)), e.w.refFunc(in.a))
	case OpCall, OpReturnCall:
		if f := e.w.fn(in.a); f != in.a {
			e.replace()
			e.out = appendU32(append(e.out, byte(in.op)), f)
		}
	default:
		if in.op >= opMisc && in.op < opVector {
			e.misc(in)
		}
	}
	if e.r.long && e.copied < in.end {
		// The engine reads some integers as one byte, and would take the rest for instructions.
		e.replace()
		e.out = e.r.canonical(e.out)
	}
}

func (e *emitter) openBlock() {
	e.labels = append(e.labels, emitFrame{label: e.open})
	e.open++
}

func (e *emitter) closeBlock() {
	e.labels = e.labels[:len(e.labels)-1]
	e.open--
}

// label translates a label.
func (e *emitter) label(l uint32) uint32 {
	return uint32(e.open - 1 - e.labels[len(e.labels)-1-int(l)].label)
}

func (e *emitter) brTable() {
	same := true
	for _, l := range e.r.labels {
		same = same && e.label(l) == l
	}
	if same {
		return
	}
	e.replace()
	e.out = append(e.out, byte(OpBrTable))
	labels := e.r.labels
	for i, l := range labels {
		labels[i] = e.label(l)
	}
	e.out = appendLabels(e.out, labels)
}

func (e *emitter) tryTable(in *inst) {
	if e.w.opt.Check != nil {
		// The engine may copy the whole stack here, which the host is to see.
		e.flush(in.start)
		e.out = appendU32(append(e.out, byte(OpCall)), e.w.check)
	}
	same := true
	for _, c := range e.r.catches {
		same = same && e.label(c.label) == c.label
	}
	if !same {
		e.replace()
		e.out = appendBlockType(append(e.out, byte(OpTryTable)), in.block)
		for i := range e.r.catches {
			e.r.catches[i].label = e.label(e.r.catches[i].label)
		}
		e.out = appendCatches(e.out, e.r.catches)
	}
	e.openBlock()
}

func (e *emitter) misc(in *inst) {
	w := e.w
	kind := bulkNone
	if w.opt.Check != nil {
		kind, _ = bulkOf(w.m, &e.prev, in)
	}
	switch {
	case in.op == OpMemoryInit && w.m.Datas[in.a].Mode == Active:
		e.replace()
		e.out = (&Code{e.out}).Idx2(OpMemoryInit, w.nothing(), 0).b
	case kind == bulkTested:
		e.replace()
		e.tested(in)
	case kind == bulkCalled, in.op == OpTableGrow && (w.grows || w.opt.MaxTableElements > 0):
		f := w.bulkHelper(in)
		e.replace()
		e.out = appendU32(append(e.out, byte(OpCall)), f)
	}
}

// tested keeps an instruction on a range for small lengths.
func (e *emitter) tested(in *inst) {
	f := e.w.bulkHelper(in)
	t := e.w.addType([]ValType{I32, I32, I32}, nil)
	e.usesTmp = true
	c := Code{e.out}
	c.LocalTee(e.temp).LocalGet(e.temp).I32(inlineBytes).Op(OpI32GtU)
	e.out = c.BlockOf(OpIf, t).Call(f).Else().MemoryOp(in.op).End().b
}

// loopHead writes the beginning of a loop with its check, and the whole loop if its body is copied.
func (e *emitter) loopHead(in *inst) {
	plan := loopPlan{}
	if e.loop < len(e.plan.loops) {
		plan = e.plan.loops[e.loop]
	}
	e.loop++
	if plan.unroll > 1 && e.withoutParams(in.block) {
		e.unrolled(in, plan)
		return
	}
	e.openBlock()
	if plan.weight > 0 {
		e.flush(in.end)
		e.check(plan.weight)
	}
}

func (e *emitter) withoutParams(t blockType) bool {
	return !t.indexed || len(e.w.m.Types.At(t.index).Params) == 0
}

// unrolled writes a loop whose body is repeated, so that the copies share one check:
//
//	block $exit
//	  loop $head
//	    check
//	    block $next
//	      body, with branches to the loop's head going to $next
//	      br $exit
//	    end
//	    ...
//	    body, with branches to the loop's head going to $head
//	  end
//	end
func (e *emitter) unrolled(in *inst, plan loopPlan) {
	e.replace()
	start, exit, block, inserts := e.copied, e.open, in.block, e.insert
	e.out = appendBlockType(append(e.out, byte(OpBlock)), block)
	e.out = appendBlockType(append(e.out, byte(OpLoop)), block)
	e.open += 2
	e.check(plan.weight * int32(plan.unroll))
	for i := 1; i <= plan.unroll; i++ {
		e.r.pos, e.copied, e.insert, e.prev = start, start, inserts, inst{}
		last := i == plan.unroll
		e.jumps.again()
		f := emitFrame{label: exit + 1}
		if !last {
			e.out = append(e.out, byte(OpBlock), 0x40)
			f.label = e.open
			e.open++
		}
		e.labels = append(e.labels, f)
		loop := effortFrame{}
		if !last {
			loop = e.effort.copied()
		}
		e.run(plan.end)
		e.flush(plan.end)
		e.labels = e.labels[:len(e.labels)-1]
		if !last {
			e.effort.copiedEnd(loop)
			e.out = appendU32(append(e.out, byte(OpBr)), uint32(e.open-1-exit))
			e.out = append(e.out, byte(OpEnd))
			e.open--
		}
	}
	// The source's end closes the loop; the block around it is closed behind it.
	e.r.next()
	e.jumps.see(&e.r.in, nil)
	e.copied = e.r.in.end
	e.out = append(e.out, byte(OpEnd), byte(OpEnd))
	e.open = exit
	e.effort.see(&e.r, 0)
}
