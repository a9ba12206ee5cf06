package canontest

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// What follows has the structure of the specification's text, and none of its
// concern for speed: types are despecialized and expanded again and again.

// despecialize is despecialize, except for Kind, which values keep.
func fieldsOf(t *wit.Type) []*wit.Type {
	var ts []*wit.Type
	for _, f := range t.Fields {
		ts = append(ts, f.Type)
	}
	return ts
}

func isRecord(t *wit.Type) bool { return t.Kind == wit.Record || t.Kind == wit.Tuple }

func isVariant(t *wit.Type) bool {
	return t.Kind == wit.Variant || t.Kind == wit.Enum || t.Kind == wit.Option || t.Kind == wit.Result
}

func isList(t *wit.Type) bool {
	return t.Kind == wit.List || t.Kind == wit.FixedList || t.Kind == wit.Map
}

func elementOf(t *wit.Type) *wit.Type {
	if t.Kind == wit.Map {
		return wit.NewTuple(t.Key, t.Elem)
	}
	return t.Elem
}

func alignTo(ptr, alignment uint32) uint32 {
	for ptr%alignment != 0 {
		ptr++
	}
	return ptr
}

func primitiveSize(k wit.Kind) uint32 {
	switch k {
	case wit.Bool, wit.S8, wit.U8:
		return 1
	case wit.S16, wit.U16:
		return 2
	case wit.S32, wit.U32, wit.F32, wit.Char, wit.Own, wit.Borrow:
		return 4
	case wit.S64, wit.U64, wit.F64:
		return 8
	}
	return 0
}

func discriminantSize(cases int) uint32 {
	size := uint32(1)
	for cases-1 >= 1<<(8*size) {
		size *= 2
	}
	return size
}

func flagsSize(labels int) uint32 {
	switch {
	case labels <= 8:
		return 1
	case labels <= 16:
		return 2
	}
	return 4
}

func maxCaseAlignment(t *wit.Type) uint32 {
	a := uint32(1)
	for _, c := range t.Cases {
		if c.Type != nil {
			a = max(a, alignment(c.Type))
		}
	}
	return a
}

func alignment(t *wit.Type) uint32 {
	switch {
	case t.Kind == wit.FixedList:
		return alignment(t.Elem)
	case t.Kind == wit.String || isList(t):
		return 4
	case isRecord(t):
		a := uint32(1)
		for _, f := range fieldsOf(t) {
			a = max(a, alignment(f))
		}
		return a
	case isVariant(t):
		return max(discriminantSize(len(t.Cases)), maxCaseAlignment(t))
	case t.Kind == wit.Flags:
		return flagsSize(len(t.Labels))
	}
	return primitiveSize(t.Kind)
}

func elemSize(t *wit.Type) uint32 {
	switch {
	case t.Kind == wit.FixedList:
		return t.Len * elemSize(t.Elem)
	case t.Kind == wit.String || isList(t):
		return 8
	case isRecord(t):
		s := uint32(0)
		for _, f := range fieldsOf(t) {
			s = alignTo(s, alignment(f)) + elemSize(f)
		}
		return alignTo(s, alignment(t))
	case isVariant(t):
		s := alignTo(discriminantSize(len(t.Cases)), maxCaseAlignment(t))
		cs := uint32(0)
		for _, c := range t.Cases {
			if c.Type != nil {
				cs = max(cs, elemSize(c.Type))
			}
		}
		return alignTo(s+cs, alignment(t))
	case t.Kind == wit.Flags:
		return flagsSize(len(t.Labels))
	}
	return primitiveSize(t.Kind)
}

func flattenTypes(ts []*wit.Type) []canon.RegType {
	var flat []canon.RegType
	for _, t := range ts {
		flat = append(flat, flattenType(t)...)
	}
	return flat
}

func flattenType(t *wit.Type) []canon.RegType {
	switch {
	case t.Kind == wit.FixedList:
		var flat []canon.RegType
		for range t.Len {
			flat = append(flat, flattenType(t.Elem)...)
		}
		return flat
	case t.Kind == wit.String || isList(t):
		return []canon.RegType{canon.I32, canon.I32}
	case isRecord(t):
		return flattenTypes(fieldsOf(t))
	case isVariant(t):
		return append([]canon.RegType{canon.I32}, flattenPayload(t)...)
	case t.Kind == wit.S64 || t.Kind == wit.U64:
		return []canon.RegType{canon.I64}
	case t.Kind == wit.F32:
		return []canon.RegType{canon.F32}
	case t.Kind == wit.F64:
		return []canon.RegType{canon.F64}
	}
	return []canon.RegType{canon.I32}
}

func flattenPayload(t *wit.Type) []canon.RegType {
	var flat []canon.RegType
	for _, c := range t.Cases {
		if c.Type == nil {
			continue
		}
		for i, ft := range flattenType(c.Type) {
			if i < len(flat) {
				flat[i] = join(flat[i], ft)
			} else {
				flat = append(flat, ft)
			}
		}
	}
	return flat
}

func join(a, b canon.RegType) canon.RegType {
	if a == b {
		return a
	}
	if a == canon.I32 && b == canon.F32 || a == canon.F32 && b == canon.I32 {
		return canon.I32
	}
	return canon.I64
}
