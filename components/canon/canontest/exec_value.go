package canontest

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// value executes what reads and makes values.
func (x *executor) value(o *canon.Op) error {
	kind := wit.Kind(o.Imm)
	index := func() uint64 {
		if o.B != canon.NoReg {
			return uint64(x.i32(o.B))
		}
		return o.Imm
	}
	switch o.Code {
	case canon.OpValueScalar:
		x.vals[o.Dst] = &V{Kind: kind, Bits: x.regs[o.A]}
	case canon.OpValueFlags:
		x.vals[o.Dst] = &V{Kind: wit.Flags, Bits: x.regs[o.A]}
	case canon.OpValueNew:
		n := uint64(o.Imm2)
		if kind == wit.List {
			n = uint64(x.i32(o.A))
		}
		x.vals[o.Dst] = &V{Kind: kind, Parts: make([]*V, n)}
	case canon.OpValuePut:
		x.vals[o.Dst].Parts[index()] = x.vals[o.A]
	case canon.OpValueVariant:
		v := &V{Kind: kind, Bits: uint64(o.Imm2)}
		if o.B != canon.NoReg {
			v.Bits = uint64(x.i32(o.B))
		}
		if o.A != canon.NoReg {
			v.Payload = x.vals[o.A]
		}
		x.vals[o.Dst] = v
	case canon.OpStringToValue:
		in := x.w.Sides[o.Side]
		s, err := canon.LoadString(in.Memory(), in.Encoding, x.i32(o.A), x.i32(o.B))
		x.vals[o.Dst] = &V{Kind: wit.String, Text: s}
		return err
	case canon.OpPackedToValue:
		x.vals[o.Dst] = x.packedToValue(o, kind)
	case canon.OpValueHandle:
		x.vals[o.Dst] = &V{Kind: [...]wit.Kind{wit.Own, wit.Borrow}[o.Imm2], Bits: x.regs[o.A]}
	default:
		return x.readValue(o, kind, index)
	}
	return nil
}

// readValue executes what reads value A, which must be as expected.
func (x *executor) readValue(o *canon.Op, kind wit.Kind, index func() uint64) error {
	v := x.vals[o.A]
	if v == nil {
		return &CallerError{o.Code}
	}
	fits := true
	switch o.Code {
	case canon.OpScalarValue:
		fits = v.Kind == kind
		x.regs[o.Dst] = v.Bits
	case canon.OpFlagsValue:
		fits = v.Kind == wit.Flags && v.Bits>>o.Imm2 == 0
		x.regs[o.Dst] = v.Bits
	case canon.OpValuePart:
		x.vals[o.Dst] = v.Parts[index()]
	case canon.OpValueLen:
		fits = v.Kind == kind && (o.Imm2 == 0 || uint32(len(v.Parts)) == o.Imm2)
		x.regs[o.Dst] = uint64(len(v.Parts))
	case canon.OpVariantCase:
		fits = v.Kind == kind && v.Bits < uint64(o.Imm2)
		x.regs[o.Dst] = v.Bits
	case canon.OpVariantPayload:
		fits = v.Payload != nil
		x.vals[o.Dst] = v.Payload
	case canon.OpHandleValue:
		fits = v.Kind == [...]wit.Kind{wit.Own, wit.Borrow}[o.Imm2]
		x.regs[o.Dst] = v.Bits
	case canon.OpValueToString:
		if fits = v.Kind == wit.String; fits {
			in := x.w.Sides[o.Side]
			ptr, units, err := canon.StoreString(allocator{in}, in.Encoding, v.Text)
			x.regs[o.Dst], x.regs[o.Dst2] = uint64(ptr), uint64(units)
			return err
		}
	case canon.OpValueToPacked:
		if fits = v.Kind == wit.List; fits {
			return x.valueToPacked(o, kind, v)
		}
	default:
		panic(fmt.Sprint("canontest: unknown operation ", o.Code))
	}
	if !fits {
		return &CallerError{o.Code}
	}
	return nil
}

func (x *executor) packedToValue(o *canon.Op, kind wit.Kind) *V {
	cx := &Context{Instance: x.w.Sides[o.Side]}
	t := wit.Primitive(kind)
	size := uint32(canon.ElemSize(t, canon.PtrI32))
	list := &V{Kind: wit.List, Parts: make([]*V, x.i32(o.B))}
	for i := range list.Parts {
		list.Parts[i] = cx.load(x.i32(o.A)+uint32(i)*size, t)
	}
	return list
}

func (x *executor) valueToPacked(o *canon.Op, kind wit.Kind, v *V) error {
	t := wit.Primitive(kind)
	size := uint32(canon.ElemSize(t, canon.PtrI32))
	in := x.w.Sides[o.Side]
	bytes := uint32(len(v.Parts)) * size
	ptr, err := in.Realloc(0, 0, size, bytes)
	if err != nil {
		return err
	}
	if err := canon.CheckRange(ptr, size, uint64(bytes), uint64(len(in.Memory()))); err != nil {
		return err
	}
	cx := &Context{Instance: in}
	for i, p := range v.Parts {
		if p.Kind != kind {
			return &CallerError{o.Code}
		}
		cx.store(p, t, ptr+uint32(i)*size)
	}
	x.regs[o.Dst], x.regs[o.Dst2] = uint64(ptr), uint64(len(v.Parts))
	return nil
}
