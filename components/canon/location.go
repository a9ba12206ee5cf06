package canon

// locKind says where a component-level value is.
type locKind uint8

const (
	// atFlat: in core registers, as flat core values.
	atFlat locKind = iota
	// atMemory: in a linear memory, stored.
	atMemory
	// atValue: in one value register.
	atValue
)

// loc is a place that one component-level value is read from or written to. A
// destination in registers is open: the walk hands out the registers and returns
// the loc with them filled in.
type loc struct {
	kind locKind
	// side owns the memory, the realloc and the handle table that the value, or
	// what it points to, is in.
	side Side
	regs []Reg  // atFlat: one for each flat type
	reg  Reg    // atMemory: base address; atValue: the value
	off  uint64 // atMemory: offset from the base
}

func memoryLoc(side Side, base Reg, off uint64) loc {
	return loc{kind: atMemory, side: side, reg: base, off: off}
}

// flat returns the destination with flat core values in it.
func (l loc) flat(rs ...Reg) loc { l.regs = rs; return l }

// value returns the destination with a value in it.
func (l loc) value(r Reg) loc { l.reg = r; return l }

// at is the part of a stored value at an offset.
func (l loc) at(off uint64) loc { l.off += off; return l }

// load emits a load from a memory location.
func (b *builder) load(c Code, src loc, t RegType) Reg {
	return b.unary(c, src.side, t, src.reg, src.off)
}

// store emits a store to a memory location.
func (b *builder) store(c Code, dst loc, v Reg) {
	o := op(c, dst.side)
	o.A, o.B, o.Imm = dst.reg, v, dst.off
	b.emit(o)
}

// word reads the i-th of the i32s that a string, list or handle is made of.
func (b *builder) word(src loc, i int) Reg {
	if src.kind == atFlat {
		return src.regs[i]
	}
	return b.load(OpLoad32, src.at(4*uint64(i)), I32)
}

// putWords writes the i32s that a string, list or handle is made of.
func (b *builder) putWords(dst loc, words ...Reg) loc {
	if dst.kind == atFlat {
		return dst.flat(words...)
	}
	for i, w := range words {
		b.store(OpStore32, dst.at(4*uint64(i)), w)
	}
	return dst
}
