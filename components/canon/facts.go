package canon

import "github.com/sidecall/sidecall/wit"

// ElemSizes computes elem_size of many types that share parts, each part once.
// It is not for use by several goroutines at once.
type ElemSizes struct{ layouts *layouts }

// NewElemSizes computes sizes for memories with addresses of the given type.
func NewElemSizes(p PtrType) *ElemSizes { return &ElemSizes{newLayouts(p)} }

// Of is ElemSize of t.
func (s *ElemSizes) Of(t *wit.Type) uint64 { return s.layouts.of(t).size }

// NeedsMemory reports whether a call of ft passes its parameters, or its result,
// in memory because they are more than fit into core values: what
// flatten_functype turns into a pointer.
func NeedsMemory(ft *wit.FuncType) (params, result bool) {
	f := newFlattener()
	return len(f.params(ft)) > MaxFlatParams, len(f.results(ft)) > MaxFlatResults
}
