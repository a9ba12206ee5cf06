package coretest

import (
	"strings"

	"github.com/sidecall/sidecall/components/core"
)

// undetermined reports whether the specification leaves open which NaN an instruction
// yields (core specification, "NaN Propagation").
func undetermined(name string) bool {
	shape, op, _ := strings.Cut(name, ".")
	if shape[0] != 'f' {
		return false
	}
	vector := strings.Contains(shape, "x")
	switch op {
	case "abs", "neg", "copysign", "pmin", "pmax", "splat", "extract_lane", "replace_lane":
		return false
	case "eq", "ne", "lt", "gt", "le", "ge":
		return false // integers, and masks of vectors
	}
	return vector || !strings.HasPrefix(op, "load") && !strings.HasPrefix(op, "store") && !strings.HasPrefix(op, "reinterpret")
}

// canonical replaces the NaNs in what an instruction of that name left.
func (g *generator) canonical(name string, t core.ValType) {
	v := g.f.Local(t)
	g.locals = append(g.locals, 0) // of no type: nobody else may see what is in it
	g.f.LocalTee(v)
	switch {
	case t == core.F32:
		appendFloat(&g.f.Code, core.OpF32Const, 0x7fc00000, 4)
		g.f.LocalGet(v).LocalGet(v).Op(core.OpF32Eq, core.OpSelect)
	case t == core.F64:
		appendFloat(&g.f.Code, core.OpF64Const, 0x7ff8000000000000, 8)
		g.f.LocalGet(v).LocalGet(v).Op(core.OpF64Eq, core.OpSelect)
	case strings.HasPrefix(name, "f32x4"):
		g.f.V128(0x7fc000007fc00000, 0x7fc000007fc00000).LocalGet(v).LocalGet(v).Op(core.OpF32x4Eq, core.OpV128Bitselect)
	default:
		g.f.V128(0x7ff8000000000000, 0x7ff8000000000000).LocalGet(v).LocalGet(v).Op(core.OpF64x2Eq, core.OpV128Bitselect)
	}
}
