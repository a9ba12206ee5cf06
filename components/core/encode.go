package core

// appendU32 appends v as unsigned LEB128.
func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// appendS64 appends v as signed LEB128; it serves 32 and 33 bits as well.
func appendS64(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func appendName(b []byte, s string) []byte { return append(appendU32(b, uint32(len(s))), s...) }

func appendValType(b []byte, v ValType) []byte {
	_, defined := v.TypeIndex()
	switch {
	case !v.IsRef() || v.Nullable() && !defined:
		return append(b, byte(v))
	case v.Nullable():
		return appendHeapType(append(b, 0x63), v)
	}
	return appendHeapType(append(b, 0x64), v)
}

// appendHeapType appends what a reference type refers to.
func appendHeapType(b []byte, v ValType) []byte {
	if i, defined := v.TypeIndex(); defined {
		return appendS64(b, int64(i))
	}
	return append(b, byte(v))
}

func appendValTypes(b []byte, types []ValType) []byte {
	b = appendU32(b, uint32(len(types)))
	for _, v := range types {
		b = appendValType(b, v)
	}
	return b
}

func appendFuncType(b []byte, t FuncType) []byte {
	return appendValTypes(appendValTypes(append(b, 0x60), t.Params), t.Results)
}

func appendRange(b []byte, r Range, flags byte) []byte {
	if !r.HasMax {
		return appendU32(append(b, flags), r.Min)
	}
	return appendU32(appendU32(append(b, flags|1), r.Min), r.Max)
}

func appendTableType(b []byte, t TableType) []byte {
	return appendRange(appendValType(b, t.Elem), t.Range, 0)
}

func appendMemoryType(b []byte, t MemoryType) []byte {
	if t.Shared {
		return appendRange(b, t.Range, 2)
	}
	return appendRange(b, t.Range, 0)
}

func appendGlobalType(b []byte, t GlobalType) []byte {
	b = appendValType(b, t.Val)
	if t.Mutable {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendLocals appends the declarations of a function's locals.
func appendLocals(b []byte, runs []LocalRun) []byte {
	b = appendU32(b, uint32(len(runs)))
	for _, run := range runs {
		b = appendValType(appendU32(b, run.Count), run.Type)
	}
	return b
}

// appendOpcode appends an opcode with its prefix.
func appendOpcode(b []byte, op Opcode) []byte {
	switch {
	case op < opMisc:
		return append(b, byte(op))
	case op < opVector:
		return appendU32(append(b, 0xfc), uint32(op-opMisc))
	case op < opAtomic:
		return appendU32(append(b, 0xfd), uint32(op-opVector))
	}
	return appendU32(append(b, 0xfe), uint32(op-opAtomic))
}

func appendBlockType(b []byte, t blockType) []byte {
	switch {
	case t.indexed:
		return appendS64(b, int64(t.index))
	case t.val == unknown:
		return append(b, 0x40)
	}
	return appendValType(b, t.val)
}

// section is a section being written: the number of its entries, and their bytes.
type section struct {
	n uint32
	b []byte
}

// appendSection appends a section whose content is a vector, unless the vector is empty.
func appendSection(b []byte, id byte, s section) []byte {
	if s.n == 0 {
		return b
	}
	return appendRaw(b, id, append(appendU32(make([]byte, 0, len(s.b)+5), s.n), s.b...))
}

// appendRaw appends a section with the given content.
func appendRaw(b []byte, id byte, content []byte) []byte {
	return append(appendU32(append(b, id), uint32(len(content))), content...)
}
