package core

// special checks an instruction whose operands depend on its immediates.
func (v *codeValidator) special(in *inst) {
	switch in.op {
	case OpLocalGet, OpLocalSet, OpLocalTee:
		v.local(in)
	case OpGlobalGet, OpGlobalSet:
		v.global(in)
	case OpBlock, OpLoop, OpIf:
		if in.op == OpIf {
			v.popExpect(I32)
		}
		params, results := v.blockTypes(in.block)
		v.open(in.op, params, results)
	case OpTryTable:
		v.tryTable(in)
	case OpElse:
		v.elseBranch()
	case OpEnd:
		v.end()
	case OpBr, OpBrIf, OpBrTable, OpBrOnNull, OpBrOnNonNull, OpReturn:
		v.branch(in)
	case OpCall, OpReturnCall, OpCallIndirect, OpReturnCallIndirect, OpCallRef, OpReturnCallRef:
		v.call(in)
	case OpUnreachable:
		v.unreachable()
	case OpThrow, OpThrowRef:
		v.throw(in)
	case OpDrop:
		v.pop()
	case OpSelect, OpSelectTyped:
		v.selectOp(in)
	case OpRefNull, OpRefIsNull, OpRefFunc, OpRefAsNonNull:
		v.reference(in)
	case OpMemoryInit, OpDataDrop:
		v.dataOp(in)
	default:
		v.table(in)
	}
}

func (v *codeValidator) local(in *inst) {
	t, ok := v.locals.at(in.a)
	if !ok {
		v.fail("unknown local %d", in.a)
		return
	}
	switch in.op {
	case OpLocalGet:
		if !t.defaultable() && !v.locals.initialised(in.a) {
			v.fail("uninitialized local %d", in.a)
		}
		v.push(t)
		return
	case OpLocalTee:
		v.popExpect(t)
		v.push(t)
	default:
		v.popExpect(t)
	}
	if !t.defaultable() {
		v.locals.initialise(in.a)
	}
}

func (v *codeValidator) global(in *inst) {
	if int64(in.a) >= int64(len(v.m.globals)) {
		v.fail("unknown global %d", in.a)
		return
	}
	g := v.m.globals[in.a]
	if in.op == OpGlobalGet {
		v.push(g.Val)
		return
	}
	if !g.Mutable {
		v.fail("immutable global %d", in.a)
	}
	v.popExpect(g.Val)
}

func (v *codeValidator) elseBranch() {
	if v.frames[len(v.frames)-1].op != OpIf {
		v.fail("else without if")
		return
	}
	f := v.close()
	f.op, f.unreachable = OpElse, false
	v.frames = append(v.frames, f)
	v.pushAll(f.params)
}

func (v *codeValidator) end() {
	f := v.close()
	if f.op == OpIf && !v.matchAll(f.params, f.results) {
		v.fail("type mismatch: an if without else must yield what it takes")
	}
	v.pushAll(f.results)
}

func (v *codeValidator) matchAll(got, want []ValType) bool {
	v.move(len(got))
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if !v.matches(got[i], want[i]) {
			return false
		}
	}
	return true
}

func (v *codeValidator) branch(in *inst) {
	switch in.op {
	case OpBr:
		if f := v.frame(in.a); f != nil {
			v.popAll(f.labelTypes())
			v.unreachable()
		}
	case OpBrIf:
		v.popExpect(I32)
		if f := v.frame(in.a); f != nil {
			types := f.labelTypes()
			v.popAll(types)
			v.pushAll(types)
		}
	case OpBrTable:
		v.brTable()
	case OpReturn:
		v.popAll(v.results)
		v.unreachable()
	default:
		v.brOnNull(in)
	}
}

func (v *codeValidator) brTable() {
	v.popExpect(I32)
	labels := v.r.labels
	last := v.frame(labels[len(labels)-1])
	if last == nil {
		return
	}
	fallback := last.labelTypes()
	v.stamp++
	for _, l := range labels {
		f := v.frame(l)
		if f == nil || v.r.err != nil {
			return
		}
		if f.stamp == v.stamp {
			continue
		}
		f.stamp = v.stamp
		types := f.labelTypes()
		if len(types) != len(fallback) {
			v.fail("type mismatch: labels of br_table take %d and %d values", len(types), len(fallback))
			return
		}
		v.peekAll(types)
	}
	v.popAll(fallback)
	v.unreachable()
}

// peekAll checks the topmost operands and leaves them.
func (v *codeValidator) peekAll(types []ValType) {
	v.move(len(types))
	f := &v.frames[len(v.frames)-1]
	at := len(v.vals)
	for i := len(types) - 1; i >= 0; i-- {
		if at == f.height {
			if !f.unreachable {
				v.fail("type mismatch: %s wants %s and there is no operand", v.r.in.op, types[i])
			}
			return
		}
		at--
		if !v.matches(v.vals[at], types[i]) {
			v.fail("type mismatch: %s wants %s and finds %s", v.r.in.op, types[i], v.vals[at])
			return
		}
	}
}

// brOnNull checks br_on_null, which branches without the reference, and br_on_non_null, which branches
// with it.
func (v *codeValidator) brOnNull(in *inst) {
	t := v.popRef()
	f := v.frame(in.a)
	if f == nil {
		return
	}
	types := f.labelTypes()
	if in.op == OpBrOnNull {
		v.popAll(types)
		v.pushAll(types)
		v.push(v.nonNull(t))
		return
	}
	if len(types) == 0 || !v.matches(v.nonNull(t), types[len(types)-1]) {
		v.fail("type mismatch: br_on_non_null branches with %s", v.nonNull(t))
		return
	}
	v.popAll(types[:len(types)-1])
	v.pushAll(types[:len(types)-1])
}

func (v *codeValidator) nonNull(t ValType) ValType {
	if t == unknown {
		return unknownRef
	}
	return t.NonNull()
}

func (v *codeValidator) call(in *inst) {
	m := v.m
	var t FuncType
	switch in.op {
	case OpCall, OpReturnCall:
		if int64(in.a) >= int64(len(m.funcs)) {
			v.fail("unknown function %d", in.a)
			return
		}
		t = m.FuncType(in.a)
	default:
		if int64(in.a) >= int64(m.Types.Len()) {
			v.fail("unknown type %d in %s", in.a, in.op)
			return
		}
		t = m.Types.At(in.a)
		if in.op == OpCallRef || in.op == OpReturnCallRef {
			v.popExpect(RefTo(in.a, true))
			break
		}
		if int64(in.b) >= int64(len(m.tables)) {
			v.fail("unknown table %d in %s", in.b, in.op)
			return
		}
		if elem := m.tables[in.b].Elem; !m.Types.matches(elem, FuncRef) {
			v.fail("type mismatch: %s on a table of %s", in.op, elem)
		}
		v.popExpect(I32)
	}
	v.popAll(t.Params)
	if in.op == OpCall || in.op == OpCallIndirect || in.op == OpCallRef {
		v.pushAll(t.Results)
		return
	}
	if !v.matchAll(t.Results, v.results) {
		v.fail("type mismatch: %s of %s in a function that yields something else", in.op, t)
	}
	v.unreachable()
}

func (v *codeValidator) throw(in *inst) {
	if in.op == OpThrowRef {
		v.popExpect(ExnRef)
	} else {
		if int64(in.a) >= int64(len(v.m.tags)) {
			v.fail("unknown tag %d", in.a)
			return
		}
		v.popAll(v.m.Types.At(v.m.tags[in.a]).Params)
	}
	v.unreachable()
}

func (v *codeValidator) tryTable(in *inst) {
	for _, c := range v.r.catches {
		v.catchClause(c)
	}
	params, results := v.blockTypes(in.block)
	v.open(in.op, params, results)
}

// catchClause checks that the label takes what the clause brings.
func (v *codeValidator) catchClause(c catchClause) {
	f := v.frame(c.label)
	if f == nil {
		return
	}
	want := f.labelTypes()
	var brings []ValType
	if c.kind.hasTag() {
		if int64(c.tag) >= int64(len(v.m.tags)) {
			v.fail("unknown tag %d", c.tag)
			return
		}
		brings = v.m.Types.At(v.m.tags[c.tag]).Params
	}
	if c.kind.hasRef() {
		if n := len(want) - 1; n >= 0 && v.matches(ExnRef.NonNull(), want[n]) {
			want = want[:n]
		} else {
			v.fail("type mismatch: the label of a catch clause takes no exnref")
		}
	}
	if !v.matchAll(brings, want) {
		v.fail("type mismatch: the label of a catch clause takes other values than it brings")
	}
}

func (v *codeValidator) selectOp(in *inst) {
	v.popExpect(I32)
	if in.op == OpSelectTyped {
		if len(v.r.types) != 1 {
			v.fail("invalid result arity: select of %d types", len(v.r.types))
			return
		}
		t := v.r.types[0]
		v.defined(t)
		v.popExpect(t)
		v.popExpect(t)
		v.push(t)
		return
	}
	a := v.pop()
	b := v.pop()
	switch {
	case a.IsRef() || b.IsRef():
		v.fail("type mismatch: select without a type wants numbers or vectors")
	case a != b && a != unknown && b != unknown:
		v.fail("type mismatch: select between %s and %s", b, a)
	case a == unknown:
		v.push(b)
	default:
		v.push(a)
	}
}
