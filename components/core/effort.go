package core

// effort counts, in one pass over the instructions that are written for a function, what the engine's
// compiler makes of them. Its work and memory grow with more than the size of the code: with the values that
// are alive times the blocks, with the results of calls, with the globals that are loaded anew behind each
// call, and so on. Each count below is an upper bound of something that the compiler (wazero 1.12: frontend,
// ssa, regalloc) does, and compile_cost.go says what one of it takes. What is never reached is not
// counted, as the compiler skips it.
type effort struct {
	m        *Module
	mutable  int // globals that are loaded anew behind every call
	results  int // of the function
	frames   []effortFrame
	height   int // of the operand stack
	dead     int // blocks that are open in unreachable code, that around it included; 0 in reachable code
	locals   []effortLocal
	stamp    int32 // of the function in locals
	depth    int   // of the current block in the dominator tree
	known    int   // addresses that are known to be inside the memory
	chain    int   // the block at which walks back to a local's definition end
	sets     int   // of locals so far
	reads    int   // of locals so far
	handlers int   // try_tables around

	// instructions, operands and results, which are objects each
	values int
	// basic blocks, those on edges included
	blocks int
	// for each block, the operand stack's height
	stacked int
	// different locals that are used
	used int
	// for each block, the addresses that are remembered, and where blocks meet, comparisons of these
	bounds, meets float64
	// for each edge, the steps up the dominator tree
	steps float64
	// for each local that is read, the blocks that are searched for its definition
	searches float64
	// for each block with parameters (locals included that may be one), their square times its predecessors
	params float64
	// loops that are open, and the most that were: as often are the parameters gone through
	loops, nested int
	// entries of the import section that are passed for each call of an import
	imports int
}

// effortFrame is an open block.
type effortFrame struct {
	op            Opcode
	height        int // of the operand stack below its parameters
	takes, yields int // parameters and results
	preds         int // branches to its label
	depth, known  int // the least of all that arrive at its end
	ifDepth       int // of an if, at its beginning
	ifKnown       int
	sum           int // of the addresses known to all that arrive
	chains        int // the blocks searched for a definition, at all that arrive
	sets          int // sets of locals before the first that arrives; of a loop, before it
	reads         int // of locals before a loop
	handlers      int // try_tables up to and including it
}

// effortLocal is what is known of a local: valid if stamp is the function's.
type effortLocal struct{ stamp, set int32 }

const far = 1 << 40

func (e *effort) begin(w *writer, i, locals int) {
	m := w.m
	if e.m == nil {
		e.m = m
		for _, g := range m.globals {
			if g.Mutable {
				e.mutable++
			}
		}
		if w.opt.Check != nil {
			e.mutable++
		}
	}
	t := m.Types.At(m.Funcs[i])
	stamp, frames := e.stamp+1, append(e.frames[:0], effortFrame{op: OpBlock, yields: len(t.Results), depth: far, known: far})
	if len(e.locals) < locals {
		e.locals = make([]effortLocal, locals+locals/2)
		stamp = 1
	}
	*e = effort{m: m, mutable: e.mutable, results: len(t.Results), frames: frames, locals: e.locals, stamp: stamp, blocks: 1, values: len(t.Params)}
}

// see counts an instruction that is written; label is where it branches to.
func (e *effort) see(r *instReader, label uint32) {
	in := &r.in
	if e.dead > 0 && !e.revived(in) {
		return
	}
	e.values++
	switch in.class {
	case classPlain:
		e.plain(in)
	case classBlock:
		e.open(r)
	case classElse:
		e.elseBranch()
	case classEnd:
		e.end()
	default:
		e.special(r, label)
	}
}

// revived follows unreachable code, and reports whether the instruction ends it.
func (e *effort) revived(in *inst) bool {
	switch in.class {
	case classBlock:
		e.dead++
	case classEnd:
		e.dead--
		if e.dead == 0 {
			e.dead = 1 // end sees that nothing falls through
			return true
		}
	case classElse:
		return e.dead == 1
	}
	return false
}

func (e *effort) plain(in *inst) {
	s := in.info.sig
	e.values += s.operands()
	e.height -= s.operands()
	if s.result() != unknown {
		e.height++
	}
	switch in.info.imm {
	case immMemArg, immMemArgLane:
		e.known++
		e.values += 6
	case immMemory:
		e.values += e.mutable
	case immMemory2, immDataMemory:
		e.values += 30
	}
}

// block begins a basic block behind the current one.
func (e *effort) block() {
	e.blocks++
	e.depth++
	e.stacked += e.height
	e.bounds += float64(e.known)
	e.steps += float64(e.depth)
}

// blockSize is the numbers of parameters and results.
func (e *effort) blockSize(t blockType) (takes, yields int) {
	switch {
	case t.indexed:
		f := e.m.Types.At(t.index)
		return len(f.Params), len(f.Results)
	case t.val != unknown:
		return 0, 1
	}
	return 0, 0
}

func (e *effort) open(r *instReader) {
	in := &r.in
	takes, yields := e.blockSize(in.block)
	e.values += takes + yields
	if in.op == OpIf {
		e.height--
	}
	f := effortFrame{op: in.op, height: e.height - takes, takes: takes, yields: yields, depth: far, known: far, sets: e.sets, reads: e.reads, handlers: e.handlers}
	switch in.op {
	case OpIf:
		f.ifDepth, f.ifKnown = e.depth, e.known
		e.block()
	case OpLoop:
		e.block()
		e.chain = e.blocks
		f.preds = 1
		e.loops++
		e.nested = max(e.nested, e.loops)
	case OpTryTable:
		if len(r.catches) > 0 {
			e.tryTable(r.catches)
		}
	}
	if in.op == OpTryTable {
		e.handlers++
		f.handlers++
	}
	e.frames = append(e.frames, f)
}

// tryTable counts a call that notes the handlers, and a block for each.
func (e *effort) tryTable(catches []catchClause) {
	e.values += 8 + e.mutable // a call
	at := e.blocks
	for _, c := range catches {
		e.values += 4 + e.mutable
		if c.kind.hasTag() {
			e.values += 2 * len(e.m.Types.At(e.m.tags[c.tag]).Params)
		}
		e.branch(c.label, at, true)
	}
	e.block()
	e.values += e.mutable
}

func (e *effort) call(takes, yields int) {
	e.values += 4 + 2*takes + 2*yields + e.mutable
	e.height += yields - takes
}

// branch counts an edge to a label, from a block of that number; apart says whether it gets a block of its own.
func (e *effort) branch(label uint32, from int, apart bool) {
	f := &e.frames[len(e.frames)-1-int(label)]
	n := f.yields
	if f.op == OpLoop {
		n = f.takes
	}
	e.values += 1 + 2*n
	e.values += 6 * (e.handlers - f.handlers) // a call for each try_table that is left
	e.arrive(f, from)
	if apart {
		e.blocks++
		e.stacked += e.height
		e.steps += float64(e.depth)
	}
}

// arrive notes that the current block, of that number, goes on at the end of a frame, or at the head of a loop.
func (e *effort) arrive(f *effortFrame, from int) {
	if f.preds == 0 {
		f.sets = e.sets
	}
	f.preds++
	e.steps += float64(e.depth)
	if f.op == OpLoop {
		return
	}
	f.depth, f.known = min(f.depth, e.depth), min(f.known, e.known)
	f.sum += e.known
	f.chains += from - e.chain + 2
}

func (e *effort) elseBranch() {
	f := &e.frames[len(e.frames)-1]
	if e.dead == 0 {
		e.arrive(f, e.blocks)
	}
	f.op, e.dead = OpElse, 0
	e.height, e.depth, e.known = f.height+f.takes, f.ifDepth, f.ifKnown
	e.block()
}

func (e *effort) end() {
	f := e.frames[len(e.frames)-1]
	alive := e.dead == 0
	e.dead = 0
	switch f.op {
	case OpLoop:
		e.loops--
		// Each local that is used in it has a parameter at first.
		e.meet(&f, f.takes+min(e.used, e.sets-f.sets+e.reads-f.reads))
		e.frames = e.frames[:len(e.frames)-1]
		if !alive {
			e.dead = 1
		}
		e.height = f.height + f.yields
		return
	case OpTryTable:
		e.handlers--
		if alive {
			e.values += 6
		}
	}
	if alive {
		e.arrive(&f, e.blocks)
	}
	if f.op == OpIf { // without else
		e.depth, e.known = f.ifDepth, f.ifKnown
		e.arrive(&f, e.blocks)
	}
	e.frames = e.frames[:len(e.frames)-1]
	e.height = f.height + f.yields
	if f.preds == 0 {
		e.dead = 1
		return
	}
	e.depth, e.known = f.depth, f.known
	if len(e.frames) > 0 {
		e.block()
		e.meet(&f, f.yields+min(e.used, e.sets-f.sets))
		e.searches += float64(e.used) * float64(f.chains)
		e.chain = e.blocks
	}
}

// meet counts what is done where blocks meet: n values may be different in them.
func (e *effort) meet(f *effortFrame, n int) {
	preds := float64(f.preds)
	e.params += float64(n) * float64(n) * preds
	e.values += 2 * n * f.preds
	e.meets += preds * preds
	if f.op != OpLoop {
		e.meets += preds * float64(f.known+f.sum-f.preds*f.known)
	}
}

func (e *effort) local(in *inst) {
	l := &e.locals[in.a]
	if l.stamp != e.stamp {
		*l = effortLocal{e.stamp, 0}
		e.used++
	}
	switch in.op {
	case OpLocalGet:
		e.reads++
		e.searches += float64(e.blocks - max(int(l.set), e.chain))
		e.height++
		return
	case OpLocalSet:
		e.height--
	}
	l.set = int32(e.blocks)
	e.sets++
}

// check counts an interruption check: an if with a call inside.
func (e *effort) check() {
	if e.dead > 0 {
		return
	}
	depth, known := e.depth, e.known
	e.block()
	e.values += 12 + 2*e.mutable
	e.depth, e.known = depth, known
	e.block()
	e.blocks++
	e.chain = e.blocks
	e.searches += 3 * float64(e.used)
}

// special counts an instruction whose operands depend on its immediates.
func (e *effort) special(r *instReader, label uint32) {
	in := &r.in
	switch in.op {
	case OpLocalGet, OpLocalSet, OpLocalTee:
		e.local(in)
	case OpBr:
		e.branch(label, e.blocks, false)
		e.dead = 1
	case OpBrIf, OpBrOnNull, OpBrOnNonNull:
		e.height--
		e.branch(label, e.blocks, true)
		if in.op == OpBrOnNull {
			e.height++
		}
		e.block()
	case OpBrTable:
		e.height--
		at := e.blocks
		for _, l := range r.labels {
			e.branch(l, at, true)
		}
		e.dead = 1
	case OpReturn:
		e.values += 2*e.results + 6*e.handlers
		e.dead = 1
	case OpUnreachable, OpThrow, OpThrowRef:
		if in.op == OpThrow {
			e.values += 2 * len(e.m.Types.At(e.m.tags[in.a]).Params)
		}
		e.dead = 1
	case OpCall, OpReturnCall, OpCallIndirect, OpReturnCallIndirect, OpCallRef, OpReturnCallRef:
		e.calls(in)
	case OpGlobalGet, OpTableGet, OpRefNull, OpRefFunc:
		if in.op != OpTableGet {
			e.height++
		}
	case OpGlobalSet, OpDrop:
		e.height--
	case OpTableSet, OpSelect, OpSelectTyped:
		e.height -= 2
	case OpRefIsNull, OpRefAsNonNull, OpDataDrop, OpElemDrop:
	default:
		e.onRange(in)
	}
}

func (e *effort) calls(in *inst) {
	var t FuncType
	switch in.op {
	case OpCall, OpReturnCall:
		t = e.m.FuncType(in.a)
		if int(in.a) < e.m.importedFuncs {
			e.imports += len(e.m.Imports)
		}
	default:
		t = e.m.Types.At(in.a)
		e.height--
		e.values += 50
	}
	e.call(len(t.Params), len(t.Results))
	if in.op == OpReturnCall || in.op == OpReturnCallIndirect || in.op == OpReturnCallRef {
		e.values += 6 * e.handlers
		e.dead = 1
	}
}

// onRange counts an instruction on a range of a memory or a table.
func (e *effort) onRange(in *inst) {
	e.values += 40
	switch in.op {
	case OpTableSize:
		e.height++
	case OpTableGrow:
		e.height--
		e.values += e.mutable
	case OpMemoryInit, OpTableInit, OpTableCopy, OpTableFill:
		e.height -= 3
	}
}

// copied counts one copy of a loop's body, but the last: between the two calls it is a block, to whose end
// branches to the loop's head go.
func (e *effort) copied() effortFrame {
	if e.dead > 1 { // the loop itself is never reached
		return effortFrame{op: OpUnreachable}
	}
	top := &e.frames[len(e.frames)-1]
	loop := *top
	*top = effortFrame{op: OpBlock, height: loop.height, depth: far, known: far, handlers: loop.handlers}
	return loop
}

func (e *effort) copiedEnd(loop effortFrame) {
	if loop.op == OpUnreachable {
		return
	}
	if e.dead == 0 { // it leaves all copies
		e.blocks++
		e.values += 1 + 2*loop.yields
		e.dead = 1
	}
	e.end()
	e.frames = append(e.frames, loop)
	if e.dead > 0 { // no copy goes on to the next
		e.height = loop.height
	}
}
