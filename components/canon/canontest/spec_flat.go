package canontest

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// values is a CoreValueIter: it yields the next core value as the type wanted.
type values func(want canon.RegType) uint64

// Values iterates over flat core values.
func Values(flat []uint64) values {
	return func(canon.RegType) uint64 {
		v := flat[0]
		flat = flat[1:]
		return v
	}
}

// liftFlat is lift_flat.
func (cx *Context) liftFlat(vi values, t *wit.Type) *V {
	switch {
	case t.Kind == wit.String:
		ptr := uint32(vi(canon.I32))
		return cx.loadStringFromRange(ptr, uint32(vi(canon.I32)))
	case t.Kind == wit.FixedList:
		v := &V{Kind: wit.List}
		for range t.Len {
			v.Parts = append(v.Parts, cx.liftFlat(vi, t.Elem))
		}
		return v
	case isList(t):
		ptr := uint32(vi(canon.I32))
		return cx.loadListFromRange(ptr, uint32(vi(canon.I32)), elementOf(t))
	case isRecord(t):
		v := &V{Kind: t.Kind}
		for _, f := range fieldsOf(t) {
			v.Parts = append(v.Parts, cx.liftFlat(vi, f))
		}
		return v
	case isVariant(t):
		return cx.liftFlatVariant(vi, t)
	case t.Kind == wit.Flags:
		return unpackFlags(vi(canon.I32), len(t.Labels))
	}
	return cx.liftScalar(vi(flattenType(t)[0]), t)
}

func (cx *Context) liftFlatVariant(vi values, t *wit.Type) *V {
	flat := flattenPayload(t)
	v := &V{Kind: t.Kind, Bits: vi(canon.I32)}
	trapIf(v.Bits >= uint64(len(t.Cases)), canon.TrapInvalidDiscriminant)
	coerced := func(want canon.RegType) uint64 {
		have := flat[0]
		flat = flat[1:]
		x := vi(have)
		if want == canon.I32 || want == canon.F32 {
			return uint64(uint32(x)) // wrap_i64_to_i32; the bits are the same otherwise
		}
		return x
	}
	if c := t.Cases[v.Bits]; c.Type != nil {
		v.Payload = cx.liftFlat(coerced, c.Type)
	}
	for _, have := range flat {
		vi(have)
	}
	return v
}

// lowerFlat is lower_flat.
func (cx *Context) lowerFlat(v *V, t *wit.Type) []uint64 {
	switch {
	case t.Kind == wit.String:
		ptr, tagged := cx.storeStringIntoRange(v)
		return []uint64{uint64(ptr), uint64(tagged)}
	case t.Kind == wit.FixedList:
		var flat []uint64
		for _, e := range v.Parts {
			flat = append(flat, cx.lowerFlat(e, t.Elem)...)
		}
		return flat
	case isList(t):
		ptr, length := cx.storeListIntoRange(v, elementOf(t))
		return []uint64{uint64(ptr), uint64(length)}
	case isRecord(t):
		var flat []uint64
		for i, f := range fieldsOf(t) {
			flat = append(flat, cx.lowerFlat(v.Parts[i], f)...)
		}
		return flat
	case isVariant(t):
		flat := []uint64{v.Bits}
		if c := t.Cases[v.Bits]; c.Type != nil {
			flat = append(flat, cx.lowerFlat(v.Payload, c.Type)...)
		}
		for len(flat) < len(flattenType(t)) {
			flat = append(flat, 0)
		}
		return flat
	case t.Kind == wit.Flags:
		return []uint64{v.Bits}
	}
	return []uint64{cx.lowerScalar(v, t)}
}

// LiftFlatValues is lift_flat_values.
func (cx *Context) LiftFlatValues(maxFlat int, vi values, ts []*wit.Type) []*V {
	if len(flattenTypes(ts)) > maxFlat {
		ptr := uint32(vi(canon.I32))
		tuple := wit.NewTuple(ts...)
		trapIf(ptr%alignment(tuple) != 0, canon.TrapUnaligned)
		trapIf(uint64(ptr)+uint64(elemSize(tuple)) > uint64(len(cx.Memory())), canon.TrapOutOfBounds)
		return cx.load(ptr, tuple).Parts
	}
	var vs []*V
	for _, t := range ts {
		vs = append(vs, cx.liftFlat(vi, t))
	}
	return vs
}

// LowerFlatValues is lower_flat_values; outParam is nil without.
func (cx *Context) LowerFlatValues(maxFlat int, vs []*V, ts []*wit.Type, outParam *uint32) []uint64 {
	if len(flattenTypes(ts)) > maxFlat {
		tuple := wit.NewTuple(ts...)
		var ptr uint32
		var flat []uint64
		if outParam == nil {
			ptr = cx.reallocate(0, 0, alignment(tuple), elemSize(tuple))
			flat = []uint64{uint64(ptr)}
		} else {
			ptr = *outParam
		}
		trapIf(ptr%alignment(tuple) != 0, canon.TrapUnaligned)
		trapIf(uint64(ptr)+uint64(elemSize(tuple)) > uint64(len(cx.Memory())), canon.TrapOutOfBounds)
		cx.store(&V{Kind: wit.Tuple, Parts: vs}, tuple, ptr)
		return flat
	}
	var flat []uint64
	for i, t := range ts {
		flat = append(flat, cx.lowerFlat(vs[i], t)...)
	}
	return flat
}
