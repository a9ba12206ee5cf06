package canon

import "github.com/sidecall/sidecall/wit"

// variant translates variant, enum, option and result: the discriminant first,
// then the payload of the case that there is.
func (b *builder) variant(t *wit.Type, src, dst loc) loc {
	disc := b.discriminant(t, src)
	out := b.beginVariant(t, disc, dst)
	cases := make([][]Op, len(t.Cases))
	empty := true
	for i, c := range t.Cases {
		if c.Type == nil {
			continue
		}
		empty = false
		cases[i] = b.block(func() {
			b.endCase(t, i, out, b.translate(c.Type, b.payload(t, c.Type, src), b.casePayload(t, dst)))
		})
	}
	if !empty {
		b.choose(disc, cases)
	}
	return out
}

// discriminant reads the number of the case and checks it.
func (b *builder) discriminant(t *wit.Type, src loc) Reg {
	n := len(t.Cases)
	if src.kind == atValue {
		o := op(OpVariantCase, src.side)
		o.Dst, o.A, o.Imm, o.Imm2 = b.reg(I32), src.reg, uint64(t.Kind), uint32(n)
		b.emit(o)
		return o.Dst
	}
	var disc Reg
	if src.kind == atFlat {
		disc = src.regs[0]
	} else {
		disc = b.load(unsignedLoad[discriminantSize(n)], src, I32)
	}
	o := op(OpTrapIfGE, src.side)
	o.A, o.Imm, o.Trap = disc, uint64(n), TrapInvalidDiscriminant
	b.emit(o)
	return disc
}

// beginVariant writes what does not depend on the payload, and returns the
// destination as it will be: with the registers that the cases write.
func (b *builder) beginVariant(t *wit.Type, disc Reg, dst loc) loc {
	switch dst.kind {
	case atMemory:
		b.store(unsignedStore[discriminantSize(len(t.Cases))], dst, disc)
		return dst
	case atValue:
		out := b.reg(Value)
		for _, c := range t.Cases {
			if c.Type == nil {
				o := op(OpValueVariant, dst.side)
				o.Dst, o.Imm, o.B = out, uint64(t.Kind), disc
				b.emit(o)
				break
			}
		}
		return dst.value(out)
	}
	// Flat values that a case leaves over are 0.
	flat := b.flat.flatten(t)[1:]
	out := []Reg{disc}
	for i, ft := range flat {
		if b.everyCase(t, i) {
			out = append(out, b.reg(ft))
		} else {
			out = append(out, b.constant(ft, 0))
		}
	}
	return dst.flat(out...)
}

// everyCase says that all cases write payload register i.
func (b *builder) everyCase(t *wit.Type, i int) bool {
	for _, c := range t.Cases {
		if c.Type == nil || len(b.flat.flatten(c.Type)) <= i {
			return false
		}
	}
	return true
}

// payload is where a case's payload is read.
func (b *builder) payload(t, payload *wit.Type, src loc) loc {
	switch src.kind {
	case atMemory:
		return src.at(b.lay.payloadOffset(t))
	case atValue:
		src.reg = b.unary(OpVariantPayload, src.side, Value, src.reg, 0)
		return src
	}
	want := b.flat.flatten(payload)
	regs := make([]Reg, len(want))
	for i, ft := range want {
		regs[i] = b.coerce(src.regs[i+1], ft)
	}
	return src.flat(regs...)
}

// casePayload is where a case's payload is written, before it is put in its place.
func (b *builder) casePayload(t *wit.Type, dst loc) loc {
	if dst.kind == atMemory {
		return dst.at(b.lay.payloadOffset(t))
	}
	return dst
}

// endCase puts the payload of case i in its place.
func (b *builder) endCase(t *wit.Type, i int, out, payload loc) {
	switch out.kind {
	case atValue:
		o := op(OpValueVariant, out.side)
		o.Dst, o.A, o.Imm, o.Imm2 = out.reg, payload.reg, uint64(t.Kind), uint32(i)
		b.emit(o)
	case atFlat:
		if b.err != nil {
			return
		}
		for j, r := range payload.regs {
			b.move(out.regs[j+1], b.coerce(r, b.p.Regs[out.regs[j+1]]))
		}
	}
}

// choose emits the operations of the case that disc says.
func (b *builder) choose(disc Reg, cases [][]Op) {
	switch len(cases) {
	case 1:
		b.ops = append(b.ops, cases[0]...)
	case 2:
		o := op(OpIf, Caller)
		o.A, o.Body, o.Else = disc, cases[1], cases[0]
		b.emit(o)
	default:
		o := op(OpSwitch, Caller)
		o.A, o.Cases = disc, cases
		b.emit(o)
	}
}

// coerce converts between the flat types of a case and those joined of all cases
// (lift_flat_variant, lower_flat_variant).
func (b *builder) coerce(r Reg, want RegType) Reg {
	have := b.p.Regs[r]
	switch {
	case have == want:
		return r
	case have == I64 && want == I32:
		return b.unary(OpWrap, Caller, I32, r, 0)
	case have == I64 && want == F64:
		return b.unary(OpReinterpretF64, Caller, F64, r, 0)
	case have == I32 && want == F32:
		return b.unary(OpReinterpretF32, Caller, F32, r, 0)
	case have == I64 && want == F32:
		return b.coerce(b.coerce(r, I32), F32)
	case have == F32 && want == I32:
		return b.unary(OpReinterpretI32, Caller, I32, r, 0)
	case have == I32 && want == I64:
		return b.unary(OpExtendU, Caller, I64, r, 0)
	case have == F64 && want == I64:
		return b.unary(OpReinterpretI64, Caller, I64, r, 0)
	case have == F32 && want == I64:
		return b.coerce(b.coerce(r, I32), I64)
	}
	panic("canon: flat types that no join makes")
}
