package core

// codeValidator checks instruction sequences by the algorithm of the specification's appendix: a stack
// of operand types and a stack of open blocks. It is reused from body to body.
type codeValidator struct {
	m        *Module
	r        instReader
	vals     []ValType
	frames   []ctrlFrame
	results  []ValType // of the function
	locals   localTypes
	declared []bool
	ones     map[ValType][]ValType
	stamp    uint32 // of the last br_table
	constant bool   // a constant expression is checked
	moved    int    // operands and results of calls, branches and blocks, beyond 8 of each
	most     int    // the most that may be moved
}

// ctrlFrame is an open block.
type ctrlFrame struct {
	op              Opcode
	unreachable     bool
	params, results []ValType
	height          int    // of the operand stack at its beginning, without params
	inits           int    // of the stack of initialised locals at its beginning
	stamp           uint32 // of the br_table that checked it last
	loops           int    // loops around and including it
}

// labelTypes is what a branch to the frame takes along.
func (f *ctrlFrame) labelTypes() []ValType {
	if f.op == OpLoop {
		return f.params
	}
	return f.results
}

func (v *codeValidator) init(m *Module) {
	v.m = m
	v.ones = map[ValType][]ValType{}
	v.moved, v.most = 0, m.limits.Operands
	for i := range m.Bodies {
		v.most += 8 * len(m.Bodies[i].Insts)
	}
}

func (v *codeValidator) fail(format string, args ...any) { v.r.failAt(v.r.in.start, format, args...) }

func (v *codeValidator) function(i int) *Error {
	m := v.m
	body := &m.Bodies[i]
	t := m.Types.At(m.Funcs[i])
	v.r.reset(body.Insts, m.base+body.pos, m.limits)
	v.locals.reset(t.Params, body.Locals)
	v.results, v.constant = t.Results, false
	v.run(t.Results)
	if v.r.err == nil && v.r.left() > 0 {
		v.r.fail("operators remaining after the end of the function")
	}
	return v.r.err
}

func (v *codeValidator) constExpr(x ConstExpr, want ValType) *Error {
	v.r.reset(x.Bytes, v.m.base+x.pos, v.m.limits)
	v.constant = true
	v.run(v.one(want))
	return v.r.err
}

// run checks instructions up to the end that closes the outermost block.
func (v *codeValidator) run(results []ValType) {
	v.vals, v.frames = v.vals[:0], append(v.frames[:0], ctrlFrame{op: OpBlock, results: results})
	for len(v.frames) > 0 && v.r.next() {
		in := &v.r.in
		if v.constant && !v.allowedInConst(in) {
			return
		}
		if in.class == classPlain {
			v.plain(in)
		} else {
			v.special(in)
		}
	}
}

func (v *codeValidator) allowedInConst(in *inst) bool {
	switch in.op {
	case OpI32Const, OpI64Const, OpF32Const, OpF64Const, OpV128Const, OpRefNull, OpRefFunc, OpEnd,
		OpI32Add, OpI32Sub, OpI32Mul, OpI64Add, OpI64Sub, OpI64Mul:
		return true
	case OpGlobalGet:
		switch {
		case int64(in.a) >= int64(len(v.m.globals)):
			v.fail("unknown global %d", in.a)
		case v.m.globals[in.a].Mutable:
			v.fail("constant expression required: global %d is mutable", in.a)
		case int64(in.a) >= int64(v.m.importedGlobals):
			v.fail("%s", unsupported("garbage collection (a constant expression that refers to a global of this module)"))
		}
		return v.r.err == nil
	}
	v.fail("constant expression required, and %s is not constant", in.op)
	return false
}

// plain checks an instruction whose operands the table tells.
func (v *codeValidator) plain(in *inst) {
	info := in.info
	switch info.imm {
	case immMemArg, immMemArgLane:
		v.access(in, info)
	case immMemory, immMemory2:
		v.memory(in)
	}
	s := info.sig
	for i := s.operands() - 1; i >= 0; i-- {
		v.popExpect(s.operand(i))
	}
	if result := s.result(); result != unknown {
		v.vals = append(v.vals, result)
	}
}

func (v *codeValidator) memory(in *inst) {
	if len(v.m.mems) == 0 {
		v.fail("unknown memory 0 in %s", in.op)
	}
}

func (v *codeValidator) access(in *inst, info *opInfo) {
	v.memory(in)
	if in.a > uint32(info.align) {
		v.fail("alignment must not be larger than natural: 2^%d bytes in %s", in.a, in.op)
	} else if in.op >= opAtomic && in.a != uint32(info.align) {
		v.fail("alignment must be natural: 2^%d bytes in %s", in.a, in.op)
	}
}

func (v *codeValidator) push(t ValType) { v.vals = append(v.vals, t) }

func (v *codeValidator) pushAll(types []ValType) {
	v.move(len(types))
	if v.r.err == nil {
		v.vals = append(v.vals, types...)
	}
}

// move counts operands that one instruction names together. Few bytes can name many, often.
func (v *codeValidator) move(n int) {
	if n <= 8 {
		return
	}
	if v.moved += n - 8; v.moved > v.most {
		v.fail("calls, branches and blocks have more than %d operands and results: let functions and blocks take fewer", v.most)
	}
}

// pop takes the topmost operand; it is unknown in unreachable code below what is there.
func (v *codeValidator) pop() ValType {
	f := &v.frames[len(v.frames)-1]
	n := len(v.vals)
	if n > f.height {
		t := v.vals[n-1]
		v.vals = v.vals[:n-1]
		return t
	}
	if !f.unreachable {
		v.fail("type mismatch: %s wants an operand and there is none", v.r.in.op)
	}
	return unknown
}

// popExpect takes an operand that must be of type want, and returns what it is.
func (v *codeValidator) popExpect(want ValType) ValType {
	f := &v.frames[len(v.frames)-1]
	n := len(v.vals)
	if n > f.height && v.vals[n-1] == want {
		v.vals = v.vals[:n-1]
		return want
	}
	if n <= f.height && !f.unreachable {
		v.fail("type mismatch: %s wants %s and there is no operand", v.r.in.op, want)
		return unknown
	}
	got := v.pop()
	if !v.matches(got, want) {
		v.fail("type mismatch: %s wants %s and finds %s", v.r.in.op, want, got)
	}
	return got
}

func (v *codeValidator) matches(got, want ValType) bool {
	return got == want || got == unknown || got == unknownRef && want.IsRef() || v.m.Types.matches(got, want)
}

func (v *codeValidator) popAll(types []ValType) {
	v.move(len(types))
	for i := len(types) - 1; i >= 0 && v.r.err == nil; i-- {
		v.popExpect(types[i])
	}
}

// popRef takes an operand that must be a reference.
func (v *codeValidator) popRef() ValType {
	t := v.pop()
	if t != unknown && !t.IsRef() {
		v.fail("type mismatch: %s wants a reference and finds %s", v.r.in.op, t)
	}
	return t
}

// one is a list of one type.
func (v *codeValidator) one(t ValType) []ValType {
	list, ok := v.ones[t]
	if !ok {
		list = []ValType{t}
		v.ones[t] = list
	}
	return list
}

// unreachable makes the rest of the block accept any operands.
func (v *codeValidator) unreachable() {
	if len(v.frames) == 0 {
		return
	}
	f := &v.frames[len(v.frames)-1]
	v.vals = v.vals[:f.height]
	f.unreachable = true
}

// frame is the block that a label refers to; nil after a failure.
func (v *codeValidator) frame(label uint32) *ctrlFrame {
	if int64(label) >= int64(len(v.frames)) {
		v.fail("unknown label %d", label)
		return nil
	}
	return &v.frames[len(v.frames)-1-int(label)]
}

// open begins a block whose parameters are on the operand stack.
func (v *codeValidator) open(op Opcode, params, results []ValType) {
	v.popAll(params)
	outer := &v.frames[len(v.frames)-1]
	f := ctrlFrame{
		op: op, params: params, results: results,
		height: len(v.vals), inits: len(v.locals.inits), loops: outer.loops,
	}
	if op == OpLoop {
		f.loops++
		if f.loops > v.m.limits.LoopNesting {
			v.fail("loops are nested deeper than the limit of %d", v.m.limits.LoopNesting)
		}
	}
	if len(v.frames) >= v.m.limits.Nesting {
		v.fail("blocks are nested deeper than the limit of %d", v.m.limits.Nesting)
	}
	v.frames = append(v.frames, f)
	v.pushAll(params)
}

// close ends a block: the results must be there and nothing else.
func (v *codeValidator) close() ctrlFrame {
	f := v.frames[len(v.frames)-1]
	v.popAll(f.results)
	if v.r.err == nil && len(v.vals) != f.height {
		v.fail("type mismatch: %d values remain at the end of a block", len(v.vals)-f.height)
	}
	v.locals.reinit(f.inits)
	v.frames = v.frames[:len(v.frames)-1]
	return f
}

// blockTypes is the parameters and results of a block.
func (v *codeValidator) blockTypes(t blockType) (params, results []ValType) {
	switch {
	case t.indexed:
		if int64(t.index) >= int64(v.m.Types.Len()) {
			v.fail("unknown type %d of a block", t.index)
			return nil, nil
		}
		f := v.m.Types.At(t.index)
		return f.Params, f.Results
	case t.val == unknown:
		return nil, nil
	}
	v.defined(t.val)
	return nil, v.one(t.val)
}

// defined fails if t refers to a type that does not exist.
func (v *codeValidator) defined(t ValType) {
	if i, ok := t.TypeIndex(); ok && int64(i) >= int64(v.m.Types.Len()) {
		v.fail("unknown type %d", i)
	}
}
