package canon

import "github.com/sidecall/sidecall/wit"

// translate is the one walk over a type: it emits the operations that read a
// value of type t at src and write it at dst. With src and dst each flat, in
// memory, or a value, it is what the specification calls
//
//	flat   → value   lift_flat         value → flat     lower_flat
//	memory → value   load              value → memory   store
//
// and, between the flat and memory locations of two sides, both in one: each
// part is lowered as soon as it was lifted. The specification lifts all before it
// lowers anything. Between two instances the difference shows only in calls that
// end in a trap, and there only in what the callee's realloc did before; it cannot
// tell anybody, because may_leave is false while it runs, and after a trap nothing
// of the store can be entered again. An instance that calls itself (canon lower of
// its own canon lift) can see it in the order in which its own handle indices are
// given out again, and by a realloc that changes arguments while they are passed;
// even then each part is checked as it is read, and nobody else is concerned.
//
// Nothing else in this package looks at the form of a type in order to move it.
func (b *builder) translate(t *wit.Type, src, dst loc) loc {
	if b.err != nil {
		return b.dummy(t, dst)
	}
	mark := len(b.used)
	out := b.translateInto(t, src, dst)
	b.release(mark, out)
	return out
}

// dummy stands for what is not emitted any more after an error.
func (b *builder) dummy(t *wit.Type, dst loc) loc {
	dst.regs = make([]Reg, maxFlat)
	return dst
}

func (b *builder) translateInto(t *wit.Type, src, dst loc) loc {
	switch t.Kind {
	case wit.Bool, wit.S8, wit.U8, wit.S16, wit.U16, wit.S32, wit.U32, wit.S64, wit.U64, wit.F32, wit.F64, wit.Char:
		return b.scalar(t, src, dst)
	case wit.Flags:
		return b.flags(t, src, dst)
	case wit.String:
		return b.string(src, dst)
	case wit.List, wit.Map:
		return b.list(elemType(t), src, dst)
	case wit.Record, wit.Tuple:
		return b.record(t, src, dst)
	case wit.FixedList:
		return b.fixedList(t, src, dst)
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		return b.variant(t, src, dst)
	case wit.Own, wit.Borrow:
		return b.handle(t, src, dst)
	}
	b.unsupported(t.Kind.String() + " types are")
	return b.dummy(t, dst)
}

// string translates a string. Checks, allocation and transcoding are one
// operation, because their order depends on the string's characters.
func (b *builder) string(src, dst loc) loc {
	switch {
	case src.kind == atValue:
		o := op(OpValueToString, dst.side)
		o.Dst, o.Dst2, o.A = b.reg(I32), b.reg(I32), src.reg
		b.emit(o)
		return b.putWords(dst, o.Dst, o.Dst2)
	case dst.kind == atValue:
		o := op(OpStringToValue, src.side)
		o.A, o.B = b.word(src, 0), b.word(src, 1)
		o.Dst = b.reg(Value)
		b.emit(o)
		return dst.value(o.Dst)
	}
	o := op(OpString, dst.side)
	o.Src = src.side
	o.A, o.B = b.word(src, 0), b.word(src, 1)
	o.Dst, o.Dst2 = b.reg(I32), b.reg(I32)
	b.emit(o)
	return b.putWords(dst, o.Dst, o.Dst2)
}

// part is one of the parts that a record has: a type and where it is.
type part struct {
	t   *wit.Type
	off uint64
}

// parts lays out types one after the other, as the fields of a record.
func (b *builder) parts(ts []wit.Field) []part {
	ps := make([]part, len(ts))
	off := uint64(0)
	for i, f := range ts {
		l := b.lay.of(f.Type)
		off = alignTo(off, l.align)
		ps[i] = part{f.Type, off}
		off += l.size
	}
	return ps
}

// record translates a record or tuple, field by field.
func (b *builder) record(t *wit.Type, src, dst loc) loc {
	return b.aggregate(t.Kind, b.parts(t.Fields), src, dst)
}

// aggregate translates parts that are read from and written to one location each.
func (b *builder) aggregate(kind wit.Kind, ps []part, src, dst loc) loc {
	if src.kind == atValue {
		o := op(OpValueLen, src.side)
		o.Dst, o.A, o.Imm, o.Imm2 = b.reg(I32), src.reg, uint64(kind), uint32(len(ps))
		b.emit(o)
	}
	if dst.kind == atValue {
		o := op(OpValueNew, dst.side)
		o.Dst, o.Imm, o.Imm2 = b.reg(Value), uint64(kind), uint32(len(ps))
		if kind == wit.List {
			o.A = b.constant(I32, uint64(len(ps)))
		}
		b.emit(o)
		dst.reg = o.Dst
	}
	flat := src.regs
	for i, p := range ps {
		from, to := src, dst
		switch src.kind {
		case atFlat:
			n := len(b.flat.flatten(p.t))
			from.regs, flat = flat[:n:n], flat[n:]
		case atMemory:
			from = src.at(p.off)
		}
		switch dst.kind {
		case atFlat:
			to.regs = nil
			dst.regs = append(dst.regs, b.translateFrom(p.t, from, i, to).regs...)
		case atMemory:
			b.scope(func() { b.translateFrom(p.t, from, i, dst.at(p.off)) })
		case atValue:
			b.scope(func() {
				o := op(OpValuePut, dst.side)
				o.A = b.translateFrom(p.t, from, i, to).reg
				o.Dst, o.Imm = dst.reg, uint64(i)
				b.emit(o)
			})
		}
	}
	return dst
}

// translateFrom is translate for part i of an aggregate: a value is taken out of
// the value that it is part of.
func (b *builder) translateFrom(t *wit.Type, from loc, i int, to loc) loc {
	if from.kind == atValue {
		from.reg = b.unary(OpValuePart, from.side, Value, from.reg, uint64(i))
	}
	return b.translate(t, from, to)
}
