package canon

import "github.com/sidecall/sidecall/wit"

// elemType is the element type of a list, or of the list that a map stands for
// (despecialize).
func elemType(t *wit.Type) *wit.Type {
	if t.Kind == wit.Map {
		return wit.NewTuple(t.Key, t.Elem)
	}
	return t.Elem
}

// list translates a list: load_list_from_range, store_list_into_range.
func (b *builder) list(elem *wit.Type, src, dst loc) loc {
	l := b.lay.of(elem)
	if number := elem.Kind; number <= wit.Char && scalarRules[number].bulk {
		switch {
		case src.kind == atValue:
			return b.packedFromValue(number, src, dst)
		case dst.kind == atValue:
			return b.packedToValue(number, l, src, dst)
		}
	}

	n, bytes, first := b.listSource(l, src)
	if dst.kind == atValue {
		o := op(OpValueNew, dst.side)
		o.Dst, o.A, o.Imm = b.reg(Value), n, uint64(wit.List)
		b.emit(o)
		b.elements(elem, n, first, dst.value(o.Dst))
		return dst.value(o.Dst)
	}
	o := op(OpRealloc, dst.side)
	o.Dst, o.B, o.Imm2 = b.reg(I32), bytes, uint32(l.align)
	b.emit(o)
	if first.kind == atMemory && b.bulk(elem) {
		c := op(OpCopy, dst.side)
		c.Src, c.A, c.B, c.C = src.side, o.Dst, first.reg, bytes
		b.emit(c)
	} else {
		b.elements(elem, n, first, memoryLoc(dst.side, o.Dst, 0))
	}
	return b.putWords(dst, o.Dst, n)
}

// listSource reads a list's length and says where its first element is: in
// memory, or in the value of the whole list. All of it is known to be there.
func (b *builder) listSource(l layout, src loc) (n, bytes Reg, first loc) {
	if src.kind == atValue {
		o := op(OpValueLen, src.side)
		o.Dst, o.A, o.Imm = b.reg(I32), src.reg, uint64(wit.List)
		b.emit(o)
		return o.Dst, b.byteLength(src.side, o.Dst, l), src
	}
	ptr, n := b.word(src, 0), b.word(src, 1)
	bytes = b.byteLength(src.side, n, l)
	b.checkListRange(src.side, ptr, bytes, l)
	return n, bytes, memoryLoc(src.side, ptr, 0)
}

func (b *builder) byteLength(side Side, n Reg, l layout) Reg {
	o := op(OpByteLength, side)
	o.Dst, o.A, o.Imm, o.Trap = b.reg(I64), n, l.size, TrapListTooLong
	b.emit(o)
	return o.Dst
}

func (b *builder) checkListRange(side Side, ptr, bytes Reg, l layout) {
	o := op(OpCheckRange, side)
	o.A, o.B, o.Imm2 = ptr, bytes, uint32(l.align)
	b.emit(o)
}

// elements translates n elements one after the other, src and dst being where the
// first is: an address, or the value of the whole list.
func (b *builder) elements(elem *wit.Type, n Reg, src, dst loc) {
	size := b.lay.of(elem).size
	// The walk's own registers: the addresses of the current elements, and its
	// number where one end is a value.
	var index Reg
	if src.kind == atValue || dst.kind == atValue {
		index = b.constant(I32, 0)
	}
	from, to := b.cursor(src), b.cursor(dst)
	loop := op(OpLoop, Caller)
	loop.A = n
	loop.Body = b.block(func() {
		if src.kind == atValue {
			o := op(OpValuePart, src.side)
			o.Dst, o.A, o.B = b.reg(Value), src.reg, index
			b.emit(o)
			from.reg = o.Dst
		}
		out := b.translate(elem, from, to)
		if dst.kind == atValue {
			o := op(OpValuePut, dst.side)
			o.Dst, o.A, o.B = dst.reg, out.reg, index
			b.emit(o)
		}
		for _, l := range []loc{from, to} {
			if l.kind == atMemory {
				b.advance(l.reg, size)
			}
		}
		if src.kind == atValue || dst.kind == atValue {
			b.advance(index, 1)
		}
	})
	b.emit(loop)
}

// cursor is a location that moves: the address is copied to a register of its own.
func (b *builder) cursor(l loc) loc {
	if l.kind == atMemory {
		r := b.reg(I32)
		b.move(r, l.reg)
		l.reg = r
	}
	return l
}

func (b *builder) advance(r Reg, by uint64) {
	o := op(OpAddImm, Caller)
	o.Dst, o.A, o.Imm = r, r, by
	b.emit(o)
}

// packedFromValue lowers a list of numbers from a value.
func (b *builder) packedFromValue(number wit.Kind, src, dst loc) loc {
	o := op(OpValueToPacked, dst.side)
	o.Dst, o.Dst2, o.A, o.Imm = b.reg(I32), b.reg(I32), src.reg, uint64(number)
	b.emit(o)
	return b.putWords(dst, o.Dst, o.Dst2)
}

// packedToValue lifts a list of numbers into a value.
func (b *builder) packedToValue(number wit.Kind, l layout, src, dst loc) loc {
	from, n := b.word(src, 0), b.word(src, 1)
	b.checkListRange(src.side, from, b.byteLength(src.side, n, l), l)
	o := op(OpPackedToValue, src.side)
	o.Dst, o.A, o.B, o.Imm = b.reg(Value), from, n, uint64(number)
	b.emit(o)
	return dst.value(o.Dst)
}

// fixedList translates a list of fixed length, which is stored as a record of
// equal fields is.
func (b *builder) fixedList(t *wit.Type, src, dst loc) loc {
	if src.kind != atFlat && dst.kind != atFlat {
		return b.fixedListLoop(t, src, dst)
	}
	ps := make([]part, min(t.Len, MaxFlatParams))
	size := b.lay.of(t.Elem).size
	for i := range ps {
		ps[i] = part{t.Elem, uint64(i) * size}
	}
	return b.aggregate(wit.List, ps, src, dst)
}

// fixedListLoop is fixedList where no end is flat, and so the length unbounded.
func (b *builder) fixedListLoop(t *wit.Type, src, dst loc) loc {
	n := b.constant(I32, uint64(t.Len))
	if src.kind == atValue {
		o := op(OpValueLen, src.side)
		o.Dst, o.A, o.Imm, o.Imm2 = b.reg(I32), src.reg, uint64(wit.List), t.Len
		b.emit(o)
	}
	out := dst
	if dst.kind == atValue {
		o := op(OpValueNew, dst.side)
		o.Dst, o.A, o.Imm = b.reg(Value), n, uint64(wit.List)
		b.emit(o)
		out = dst.value(o.Dst)
	}
	b.elements(t.Elem, n, b.address(src), b.address(out))
	return out
}

// address is a memory location with its offset added to the base.
func (b *builder) address(l loc) loc {
	if l.kind == atMemory && l.off != 0 {
		l.reg, l.off = b.unary(OpAddImm, l.side, I32, l.reg, l.off), 0
	}
	return l
}

// bulk says that memory of type t may be copied without looking at it: every bit
// pattern is a value, and there is no padding, whose bytes a component must not
// learn from another.
func (b *builder) bulk(t *wit.Type) bool {
	switch t.Kind {
	case wit.Record, wit.Tuple:
		size := uint64(0)
		for _, f := range t.Fields {
			if !b.bulk(f.Type) {
				return false
			}
			size += b.lay.of(f.Type).size
		}
		return size == b.lay.of(t).size
	case wit.FixedList:
		return b.bulk(t.Elem)
	case wit.Flags:
		return len(t.Labels) == 8*int(flagsSize(len(t.Labels)))
	}
	return t.Kind <= wit.Char && scalarRules[t.Kind].bulk
}
