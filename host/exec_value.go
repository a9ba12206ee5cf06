package host

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// valueSize is the Go memory of one part of a record or list.
const valueSize = 24

// valueOp executes the operations on values.
func (fr *frame) valueOp(op *canon.Op) {
	r, v := fr.regs, fr.vals
	switch op.Code {
	case canon.OpValueScalar:
		v[op.Dst] = value.Scalar(wit.Kind(op.Imm), r[op.A])
	case canon.OpScalarValue:
		r[op.Dst] = fr.scalar(v[op.A], wit.Kind(op.Imm))
	case canon.OpValueFlags:
		v[op.Dst] = value.Flags(r[op.A])
	case canon.OpFlagsValue:
		r[op.Dst] = fr.flagBits(v[op.A], op.Imm2)
	case canon.OpValueNew:
		v[op.Dst] = fr.newParts(op)
	case canon.OpValuePut:
		v[op.Dst].Parts()[fr.index(op)] = v[op.A]
	case canon.OpValuePart:
		v[op.Dst] = v[op.A].At(fr.index(op))
	case canon.OpValueLen:
		r[op.Dst] = fr.length(v[op.A], wit.Kind(op.Imm), op.Imm2)
	case canon.OpValueVariant:
		v[op.Dst] = fr.newVariant(op)
	case canon.OpVariantCase:
		r[op.Dst] = fr.caseOf(v[op.A], wit.Kind(op.Imm), op.Imm2)
	case canon.OpVariantPayload:
		p, ok := v[op.A].Payload()
		if !ok {
			fr.misfit("case %d of a %s lacks its payload", v[op.A].Case(), v[op.A].Kind())
		}
		v[op.Dst] = p
	case canon.OpStringToValue:
		v[op.Dst] = fr.liftString(op)
	case canon.OpValueToString:
		fr.lowerString(op)
	case canon.OpPackedToValue:
		v[op.Dst] = fr.liftPacked(op)
	case canon.OpValueToPacked:
		fr.lowerPacked(op)
	case canon.OpValueHandle:
		v[op.Dst] = fr.liftHandle(op)
	case canon.OpHandleValue:
		r[op.Dst] = uint64(fr.lowerHandle(op))
	}
}

// want ends the call unless v is of kind k.
func (fr *frame) want(v value.Value, k wit.Kind) {
	if v.Kind() != k {
		fr.misfit("a %s is wanted, a %s was given", k, v.Kind())
	}
}

func (fr *frame) scalar(v value.Value, k wit.Kind) uint64 {
	fr.want(v, k)
	if k == wit.Char && !isScalarValue(v.Bits()) {
		fr.misfit("%#x is no Unicode scalar value", v.Bits())
	}
	return v.Bits()
}

func (fr *frame) flagBits(v value.Value, labels uint32) uint64 {
	fr.want(v, wit.Flags)
	bits := v.Flags()
	if bits>>labels != 0 {
		fr.misfit("flags %#x are given, there are %d labels", bits, labels)
	}
	return bits
}

// index is a part's number: an immediate or a register.
func (fr *frame) index(op *canon.Op) int {
	if op.B != canon.NoReg {
		return int(fr.regs[op.B])
	}
	return int(op.Imm)
}

func (fr *frame) newParts(op *canon.Op) value.Value {
	k, n := wit.Kind(op.Imm), uint64(op.Imm2)
	if k == wit.List {
		n = fr.regs[op.A]
	}
	fr.take(n*valueSize, op.Side)
	parts := make([]value.Value, n)
	switch k {
	case wit.List:
		return value.List(parts...)
	case wit.Record:
		return value.Record(parts...)
	}
	return value.Tuple(parts...)
}

func (fr *frame) length(v value.Value, k wit.Kind, want uint32) uint64 {
	fr.want(v, k)
	n := v.Len()
	if want != 0 && n != int(want) {
		fr.misfit("a %s of %d parts is wanted, one of %d was given", k, want, n)
	}
	if uint64(n) > canon.MaxListByteLength {
		fr.misfit("a list of %d elements is longer than the canonical ABI allows", n)
	}
	return uint64(n)
}

func (fr *frame) newVariant(op *canon.Op) value.Value {
	n := int(op.Imm2)
	if op.B != canon.NoReg {
		n = int(fr.regs[op.B])
	}
	if op.A == canon.NoReg {
		return value.Choice(wit.Kind(op.Imm), n, nil)
	}
	fr.take(valueSize, op.Side)
	payload := fr.vals[op.A]
	return value.Choice(wit.Kind(op.Imm), n, &payload)
}

func (fr *frame) caseOf(v value.Value, k wit.Kind, cases uint32) uint64 {
	fr.want(v, k)
	if n := v.Case(); uint64(n) >= uint64(cases) {
		fr.misfit("case %d of a %s is given, there are %d", n, k, cases)
	}
	return uint64(v.Case())
}

func (fr *frame) liftString(op *canon.Op) value.Value {
	s, err := canon.LoadString(fr.memory(op.Side), fr.c.Encoding[op.Side], uint32(fr.regs[op.A]), uint32(fr.regs[op.B]))
	if err != nil {
		fr.trapOf(err, op.Side)
	}
	fr.take(uint64(len(s)), op.Side)
	return value.String(s)
}

func (fr *frame) lowerString(op *canon.Op) {
	v := fr.vals[op.A]
	fr.want(v, wit.String)
	ptr, units, err := canon.StoreString(&fr.ends[op.Side], fr.c.Encoding[op.Side], v.Str())
	switch err {
	case nil:
	case canon.TrapInvalidUTF8, canon.TrapStringTooLong:
		fr.misfit("%s", err)
	default:
		fr.trapOf(err, op.Side)
	}
	fr.regs[op.Dst], fr.regs[op.Dst2] = uint64(ptr), uint64(units)
}

func (fr *frame) liftPacked(op *canon.Op) value.Value {
	k := wit.Kind(op.Imm)
	n := fr.regs[op.B] * uint64(value.ElemSize(k))
	fr.take(n, op.Side)
	b := make([]byte, n)
	copy(b, fr.memory(op.Side)[fr.regs[op.A]:])
	return value.Packed(k, b)
}

func (fr *frame) lowerPacked(op *canon.Op) {
	v, k := fr.vals[op.A], wit.Kind(op.Imm)
	fr.want(v, wit.List)
	n, size := v.Len(), value.ElemSize(k)
	if n > canon.MaxListByteLength/size {
		fr.misfit("a list of %d elements is longer than the canonical ABI allows", n)
	}
	packed, ok := v.PackedBytes(k)
	if !ok { // the elements one by one
		packed = make([]byte, 0, n*size)
		for i := range n {
			bits := fr.scalar(v.At(i), k)
			for range size {
				packed = append(packed, byte(bits))
				bits >>= 8
			}
		}
	}
	ptr := fr.allocate(op.Side, uint32(size), uint32(len(packed)))
	copy(fr.memory(op.Side)[ptr:], packed)
	fr.regs[op.Dst], fr.regs[op.Dst2] = uint64(ptr), uint64(n)
}
