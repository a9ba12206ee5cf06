package canon

import "github.com/sidecall/sidecall/wit"

// Direction is the context of flatten_functype.
type Direction uint8

const (
	// Lift is for the core function that canon lift wraps.
	Lift Direction = iota
	// Lower is for the core function that canon lower makes.
	Lower
)

// FlattenFuncType is flatten_functype: the core signature that the synchronous
// canonical ABI gives a function type.
func FlattenFuncType(ft *wit.FuncType, dir Direction) CoreFunc {
	return newFlattener().funcType(ft, dir)
}

// maxFlat is where flattening stops: what is longer goes to memory, how much
// longer does not matter.
const maxFlat = MaxFlatParams + 1

// flattener flattens each compound type once. What it yields is cut off at
// maxFlat entries, which keeps both time and space linear in the nodes of the
// type: a prefix of a concatenation or of a join depends on prefixes only.
type flattener struct{ memo map[*wit.Type][]RegType }

func newFlattener() *flattener { return &flattener{map[*wit.Type][]RegType{}} }

func (f *flattener) funcType(ft *wit.FuncType, dir Direction) CoreFunc {
	params, results := f.params(ft), f.results(ft)
	if len(params) > MaxFlatParams {
		params = []RegType{I32}
	}
	if len(results) > MaxFlatResults {
		results = []RegType{I32}
		if dir == Lower {
			params, results = append(params, I32), nil
		}
	}
	return CoreFunc{Params: params, Results: results}
}

// params is flatten_types of the parameters, cut off.
func (f *flattener) params(ft *wit.FuncType) []RegType {
	var flat []RegType
	for _, p := range ft.Params {
		flat = f.appendType(flat, p.Type)
	}
	return flat
}

// results is flatten_types of the result, cut off.
func (f *flattener) results(ft *wit.FuncType) []RegType {
	if ft.Result == nil {
		return nil
	}
	return f.appendType(nil, ft.Result)
}

// appendType appends flatten_type(t) to flat, and stops at maxFlat.
func (f *flattener) appendType(flat []RegType, t *wit.Type) []RegType {
	ft := f.flatten(t)
	return append(flat, ft[:min(len(ft), maxFlat-len(flat))]...)
}

// flatten is flatten_type, cut off. The result is shared.
func (f *flattener) flatten(t *wit.Type) []RegType {
	switch t.Kind {
	case wit.Bool, wit.S8, wit.U8, wit.S16, wit.U16, wit.S32, wit.U32, wit.Char, wit.Flags, wit.Enum,
		wit.Own, wit.Borrow, wit.Stream, wit.Future, wit.ErrorContext:
		return flatI32
	case wit.S64, wit.U64:
		return flatI64
	case wit.F32:
		return flatF32
	case wit.F64:
		return flatF64
	case wit.String, wit.List, wit.Map:
		return flatPair
	}
	if flat, ok := f.memo[t]; ok {
		return flat
	}
	var flat []RegType
	switch t.Kind {
	case wit.Record, wit.Tuple:
		for _, fd := range t.Fields {
			flat = f.appendType(flat, fd.Type)
		}
	case wit.FixedList:
		for i := uint32(0); i < t.Len && len(flat) < maxFlat; i++ {
			flat = f.appendType(flat, t.Elem)
		}
	default:
		flat = f.variant(t)
	}
	f.memo[t] = flat
	return flat
}

// The flat types of what has one form; read only, and full, so that an append copies.
var (
	flatI32  = []RegType{I32}
	flatI64  = []RegType{I64}
	flatF32  = []RegType{F32}
	flatF64  = []RegType{F64}
	flatPair = []RegType{I32, I32}
)

// variant is flatten_variant.
func (f *flattener) variant(t *wit.Type) []RegType {
	flat := []RegType{I32}
	for _, c := range t.Cases {
		if c.Type == nil {
			continue
		}
		for i, ct := range f.flatten(c.Type) {
			switch {
			case i+1 == maxFlat:
			case i+1 < len(flat):
				flat[i+1] = join(flat[i+1], ct)
			default:
				flat = append(flat, ct)
			}
		}
	}
	return flat
}

// join is join: the core type that holds either of two.
func join(a, b RegType) RegType {
	switch {
	case a == b:
		return a
	case a == I32 && b == F32, a == F32 && b == I32:
		return I32
	}
	return I64
}
