package canon

import "github.com/sidecall/sidecall/wit"

// PtrType is the type of addresses in a memory, the specification's ptr_type.
type PtrType uint8

const (
	PtrI32 PtrType = iota
	// PtrI64 is for validation, which bounds element sizes for both; a memory with
	// 64-bit addresses cannot be run.
	PtrI64
)

// size is ptr_size.
func (p PtrType) size() uint64 {
	if p == PtrI64 {
		return 8
	}
	return 4
}

// Alignment is alignment(t, ptr_type), in bytes.
func Alignment(t *wit.Type, p PtrType) uint32 { return uint32(newLayouts(p).of(t).align) }

// ElemSize is elem_size(t, ptr_type), in bytes; it saturates instead of wrapping.
func ElemSize(t *wit.Type, p PtrType) uint64 { return newLayouts(p).of(t).size }

// layout is the place that a type takes in memory.
type layout struct{ align, size uint64 }

// layouts computes layouts, each compound type once, so that a type that is
// exponentially large as a tree takes linear time.
type layouts struct {
	ptr  PtrType
	memo map[*wit.Type]layout
}

func newLayouts(p PtrType) *layouts { return &layouts{p, map[*wit.Type]layout{}} }

// of is alignment and elem_size.
func (ls *layouts) of(t *wit.Type) layout {
	switch t.Kind {
	case wit.Bool, wit.S8, wit.U8:
		return layout{1, 1}
	case wit.S16, wit.U16:
		return layout{2, 2}
	case wit.S32, wit.U32, wit.F32, wit.Char, wit.ErrorContext, wit.Own, wit.Borrow, wit.Stream, wit.Future:
		return layout{4, 4}
	case wit.S64, wit.U64, wit.F64:
		return layout{8, 8}
	case wit.String, wit.List, wit.Map:
		return layout{ls.ptr.size(), 2 * ls.ptr.size()}
	case wit.Flags:
		n := flagsSize(len(t.Labels))
		return layout{n, n}
	}
	if l, ok := ls.memo[t]; ok {
		return l
	}
	var l layout
	switch t.Kind {
	case wit.Record, wit.Tuple:
		l = ls.record(t)
	case wit.FixedList:
		l = ls.of(t.Elem)
		l.size = satMul(l.size, uint64(t.Len))
	default:
		l = ls.variant(t)
	}
	ls.memo[t] = l
	return l
}

// record is alignment_record and elem_size_record.
func (ls *layouts) record(t *wit.Type) layout {
	l := layout{align: 1}
	for _, f := range t.Fields {
		fl := ls.of(f.Type)
		l.align = max(l.align, fl.align)
		l.size = satAdd(alignTo(l.size, fl.align), fl.size)
	}
	l.size = alignTo(l.size, l.align)
	return l
}

// variant is alignment_variant and elem_size_variant.
func (ls *layouts) variant(t *wit.Type) layout {
	l := layout{align: discriminantSize(len(t.Cases))}
	for _, c := range t.Cases {
		if c.Type != nil {
			cl := ls.of(c.Type)
			l.align = max(l.align, cl.align)
			l.size = max(l.size, cl.size)
		}
	}
	l.size = alignTo(satAdd(ls.payloadOffset(t), l.size), l.align)
	return l
}

// payloadOffset is where a variant's payload begins: after the discriminant,
// aligned to max_case_alignment.
func (ls *layouts) payloadOffset(t *wit.Type) uint64 {
	maxCase := uint64(1)
	for _, c := range t.Cases {
		if c.Type != nil {
			maxCase = max(maxCase, ls.of(c.Type).align)
		}
	}
	return alignTo(discriminantSize(len(t.Cases)), maxCase)
}

// discriminantSize is the size of discriminant_type for n cases.
func discriminantSize(n int) uint64 {
	switch {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// flagsSize is elem_size_flags for n labels.
func flagsSize(n int) uint64 {
	switch {
	case n <= 8:
		return 1
	case n <= 16:
		return 2
	}
	return 4
}

// saturated is what sizes end at: enough above every limit, and far enough below
// 2^64 for sums to stay exact comparisons.
const saturated = 1 << 62

func satAdd(a, b uint64) uint64 { return min(a+b, saturated) }

func satMul(a, b uint64) uint64 {
	if a != 0 && b > saturated/a {
		return saturated
	}
	return a * b
}

// alignTo is align_to; a is a power of two.
func alignTo(n, a uint64) uint64 { return (n + a - 1) &^ (a - 1) }
