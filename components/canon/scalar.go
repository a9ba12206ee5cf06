package canon

import "github.com/sidecall/sidecall/wit"

// scalarRule is how one kind of scalar is flattened, loaded, stored and lifted.
type scalarRule struct {
	core        RegType
	load, store Code
	// flat makes the value of a flat core value, which may have more bits than the
	// type (lift_flat_unsigned, lift_flat_signed); with memory the load does it.
	flat    Code
	flatImm uint64
	// lift is done to both: convert_int_to_bool, canonicalize_nan*, convert_i32_to_char.
	lift Code
	// bulk says that every bit pattern in memory is a value, so that lists of it may
	// be copied without looking at the elements. Floats are among them: lifting
	// makes of every NaN the one NaN, and lowering makes of that one any NaN
	// (maybe_scramble_nan*), so a copied NaN is an outcome that the specification allows.
	bulk bool
}

var scalarRules = [...]scalarRule{
	wit.Bool: {core: I32, load: OpLoad8U, store: OpStore8, lift: OpBool},
	wit.S8:   {core: I32, load: OpLoad8S, store: OpStore8, flat: OpExtend8S, bulk: true},
	wit.U8:   {core: I32, load: OpLoad8U, store: OpStore8, flat: OpAndImm, flatImm: 0xff, bulk: true},
	wit.S16:  {core: I32, load: OpLoad16S, store: OpStore16, flat: OpExtend16S, bulk: true},
	wit.U16:  {core: I32, load: OpLoad16U, store: OpStore16, flat: OpAndImm, flatImm: 0xffff, bulk: true},
	wit.S32:  {core: I32, load: OpLoad32, store: OpStore32, bulk: true},
	wit.U32:  {core: I32, load: OpLoad32, store: OpStore32, bulk: true},
	wit.S64:  {core: I64, load: OpLoad64, store: OpStore64, bulk: true},
	wit.U64:  {core: I64, load: OpLoad64, store: OpStore64, bulk: true},
	wit.F32:  {core: F32, load: OpLoadF32, store: OpStoreF32, lift: OpCanonicalizeF32, bulk: true},
	wit.F64:  {core: F64, load: OpLoadF64, store: OpStoreF64, lift: OpCanonicalizeF64, bulk: true},
	wit.Char: {core: I32, load: OpLoad32, store: OpStore32, lift: OpCheckChar},
}

// unsignedLoad and unsignedStore are load_int and store_int of 1, 2 and 4 bytes.
var (
	unsignedLoad  = [...]Code{1: OpLoad8U, 2: OpLoad16U, 4: OpLoad32}
	unsignedStore = [...]Code{1: OpStore8, 2: OpStore16, 4: OpStore32}
)

// scalar translates bool, the numbers and char.
func (b *builder) scalar(t *wit.Type, src, dst loc) loc {
	rule := &scalarRules[t.Kind]
	var v Reg
	switch src.kind {
	case atValue:
		v = b.unary(OpScalarValue, src.side, rule.core, src.reg, uint64(t.Kind))
	case atMemory:
		v = b.lift(rule, src.side, b.load(rule.load, src, rule.core))
	case atFlat:
		v = src.regs[0]
		if rule.flat != 0 {
			v = b.unary(rule.flat, src.side, rule.core, v, rule.flatImm)
		}
		v = b.lift(rule, src.side, v)
	}
	switch dst.kind {
	case atMemory:
		b.store(rule.store, dst, v)
		return dst
	case atFlat:
		return dst.flat(v)
	}
	return dst.value(b.unary(OpValueScalar, dst.side, Value, v, uint64(t.Kind)))
}

func (b *builder) lift(rule *scalarRule, side Side, v Reg) Reg {
	switch rule.lift {
	case 0:
		return v
	case OpCheckChar:
		o := op(OpCheckChar, side)
		o.A, o.Trap = v, TrapInvalidChar
		b.emit(o)
		return v
	}
	return b.unary(rule.lift, side, rule.core, v, 0)
}

// flags translates flags: load_flags, unpack_flags_from_int and their inverses.
// Bits that are no label's are dropped.
func (b *builder) flags(t *wit.Type, src, dst loc) loc {
	n := len(t.Labels)
	size := flagsSize(n)
	var v Reg
	switch src.kind {
	case atValue:
		o := op(OpFlagsValue, src.side)
		o.Dst, o.A, o.Imm2 = b.reg(I32), src.reg, uint32(n)
		b.emit(o)
		v = o.Dst
	case atMemory:
		v = b.mask(b.load(unsignedLoad[size], src, I32), n, 8*int(size))
	case atFlat:
		v = b.mask(src.regs[0], n, 32)
	}
	switch dst.kind {
	case atMemory:
		b.store(unsignedStore[size], dst, v)
		return dst
	case atFlat:
		return dst.flat(v)
	}
	o := op(OpValueFlags, dst.side)
	o.Dst, o.A, o.Imm2 = b.reg(Value), v, uint32(n)
	b.emit(o)
	return dst.value(o.Dst)
}

// mask keeps the low n of width bits.
func (b *builder) mask(v Reg, n, width int) Reg {
	if n >= width {
		return v
	}
	return b.unary(OpAndImm, Caller, I32, v, 1<<n-1)
}

// handle translates own and borrow: what crosses is the representation.
func (b *builder) handle(t *wit.Type, src, dst loc) loc {
	lift, lower, borrow := OpLiftOwn, OpLowerOwn, uint32(0)
	if t.Kind == wit.Borrow {
		lift, lower, borrow = OpLiftBorrow, OpLowerBorrow, 1
	}
	res := b.resource(t.Resource)
	var rep Reg
	if src.kind == atValue {
		o := op(OpHandleValue, src.side)
		o.Dst, o.A, o.Imm, o.Imm2 = b.reg(I32), src.reg, res, borrow
		b.emit(o)
		rep = o.Dst
	} else {
		rep = b.unary(lift, src.side, I32, b.word(src, 0), res)
	}
	if dst.kind == atValue {
		o := op(OpValueHandle, dst.side)
		o.Dst, o.A, o.Imm, o.Imm2 = b.reg(Value), rep, res, borrow
		b.emit(o)
		return dst.value(o.Dst)
	}
	return b.putWords(dst, b.unary(lower, dst.side, I32, rep, res))
}
