package core

// Instructions on references, segments and tables.

func (v *codeValidator) reference(in *inst) {
	switch in.op {
	case OpRefNull:
		v.defined(in.ref)
		v.push(in.ref)
	case OpRefIsNull:
		v.popRef()
		v.push(I32)
	case OpRefAsNonNull:
		v.push(v.nonNull(v.popRef()))
	default:
		if int64(in.a) >= int64(len(v.m.funcs)) {
			v.fail("unknown function %d", in.a)
			return
		}
		if !v.declared[in.a] {
			v.fail("undeclared function reference %d: it must occur in an export, a global or an element segment", in.a)
		}
		v.push(RefTo(v.m.funcs[in.a], false))
	}
}

func (v *codeValidator) dataOp(in *inst) {
	switch {
	case v.m.DataCount == nil:
		v.fail("data count section required by %s", in.op)
	case in.a >= *v.m.DataCount:
		v.fail("unknown data segment %d", in.a)
	}
	if in.op == OpMemoryInit {
		v.memory(in)
		v.popExpect(I32)
		v.popExpect(I32)
		v.popExpect(I32)
	}
}

// table checks the instructions on tables.
func (v *codeValidator) table(in *inst) {
	m := v.m
	elem := func(table uint32) ValType {
		if int64(table) >= int64(len(m.tables)) {
			v.fail("unknown table %d in %s", table, in.op)
			return unknown
		}
		return m.tables[table].Elem
	}
	segment := func(index uint32) ValType {
		if int64(index) >= int64(len(m.Elems)) {
			v.fail("unknown element segment %d in %s", index, in.op)
			return unknown
		}
		return m.Elems[index].Type
	}
	switch in.op {
	case OpTableGet:
		v.popExpect(I32)
		v.push(elem(in.a))
	case OpTableSet:
		v.popExpect(elem(in.a))
		v.popExpect(I32)
	case OpTableSize:
		elem(in.a)
		v.push(I32)
	case OpTableGrow:
		v.popExpect(I32)
		v.popExpect(elem(in.a))
		v.push(I32)
	case OpTableFill:
		v.popExpect(I32)
		v.popExpect(elem(in.a))
		v.popExpect(I32)
	case OpElemDrop:
		segment(in.a)
	case OpTableInit, OpTableCopy:
		to := in.b
		var from ValType
		if in.op == OpTableInit {
			from = segment(in.a)
		} else {
			to, from = in.a, elem(in.b)
		}
		if t := elem(to); v.r.err == nil && !m.Types.matches(from, t) {
			v.fail("type mismatch: %s of %s into a table of %s", in.op, from, t)
		}
		v.popExpect(I32)
		v.popExpect(I32)
		v.popExpect(I32)
	default:
		v.fail("illegal opcode %s", in.op)
	}
}
