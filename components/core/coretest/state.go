package coretest

import "github.com/sidecall/sidecall/components/core"

// store is any instruction that leaves nothing.
func (g *generator) store(depth int) {
	list := ops[0]
	op := list[g.index(len(list))]
	f, _ := op.Form()
	if f.Access && !g.m.HasMemory || atomic(op) && !g.opt.Atomics {
		return
	}
	g.operands(op, f, depth)
}

// small is a number that is in bounds, mostly.
func (g *generator) small(depth int) {
	switch g.N(8) {
	case 0:
		g.expr(core.I32, depth)
	case 1:
		g.expr(core.I32, depth)
		g.f.I32(0xfff).Op(core.OpI32And)
	default:
		g.f.I32(int32(g.N(16)))
	}
}

// bulk is an instruction on a range of memory, or on a segment.
func (g *generator) bulk(depth int) {
	if !g.m.HasMemory {
		return
	}
	n := func() {
		if g.Rarely(6) {
			g.f.I32([]int32{1024, 1025, 5000, 66_000, 140_000, -1}[g.N(6)])
		} else {
			g.small(depth - 1)
		}
	}
	switch g.N(5) {
	case 0:
		g.small(depth - 1)
		g.expr(core.I32, depth-1)
		n()
		g.f.MemoryOp(core.OpMemoryFill)
	case 1, 2:
		g.small(depth - 1)
		g.small(depth - 1)
		n()
		g.f.MemoryOp(core.OpMemoryCopy)
	case 3:
		if g.datas > 0 {
			g.small(depth - 1)
			n := uint32(g.N(int(g.datas)))
			g.f.I32(int32(g.N(4))).I32(int32(g.N(6))).Idx2(core.OpMemoryInit, n, 0)
			g.m.Misread = g.m.Misread || n < g.active
		}
	default:
		if g.datas > 0 && g.Rarely(3) {
			g.f.Idx(core.OpDataDrop, uint32(g.N(int(g.datas))))
		}
	}
}

func (g *generator) tableStatement(depth int) {
	if len(g.tables) == 0 {
		return
	}
	t := g.tables[g.N(len(g.tables))]
	small := func() { g.f.I32(int32(g.N(7))) }
	switch g.N(6) {
	case 0, 1:
		small()
		g.expr(t.elem, depth-1)
		g.f.Idx(core.OpTableSet, t.index)
	case 2:
		small()
		g.expr(t.elem, depth-1)
		small()
		g.f.Idx(core.OpTableFill, t.index)
	case 3:
		from := g.tables[g.N(len(g.tables))]
		if from.elem != t.elem {
			from = t
		}
		small()
		small()
		small()
		g.f.Idx2(core.OpTableCopy, t.index, from.index)
	case 4:
		for _, s := range g.elems {
			if s.elem == t.elem && g.N(2) == 0 {
				small()
				g.f.I32(int32(g.N(3))).I32(int32(g.N(4))).Idx2(core.OpTableInit, s.index, t.index)
				return
			}
		}
	default:
		if len(g.elems) > 0 && g.Rarely(3) {
			g.f.Idx(core.OpElemDrop, g.elems[g.N(len(g.elems))].index)
		}
	}
}

// peculiar leaves a t in ways that only some types have.
func (g *generator) peculiar(t core.ValType, depth int) {
	index, defined := t.TypeIndex()
	switch {
	case t == core.I32:
		g.counts(depth)
	case t == core.V128:
		g.expr(t, depth-1)
		g.expr(t, depth-1)
		var lanes [16]byte
		for i := range lanes {
			lanes[i] = byte(g.N(32))
		}
		g.f.Shuffle(lanes)
	case !t.IsRef():
		g.leaf(t)
	case g.N(2) == 0:
		for _, x := range g.tables {
			if x.elem == t {
				g.f.I32(int32(g.N(8))).Idx(core.OpTableGet, x.index)
				return
			}
		}
		g.leaf(t)
	case t == core.FuncRef:
		g.f.Idx(core.OpRefFunc, g.funcs[g.N(len(g.funcs))].index)
	case defined:
		for _, f := range g.funcs {
			if f.typ == index {
				g.f.Idx(core.OpRefFunc, f.index)
				return
			}
		}
		g.leaf(t)
	default:
		g.leaf(t)
	}
}

// counts leaves an i32 about memory, tables or references.
func (g *generator) counts(depth int) {
	var t table
	if len(g.tables) > 0 {
		t = g.tables[g.N(len(g.tables))]
	}
	switch n := g.N(6); {
	case n == 0 && g.m.HasMemory:
		g.f.MemoryOp(core.OpMemorySize)
	case n == 1 && g.m.HasMemory:
		g.f.I32(int32(g.N(3))).MemoryOp(core.OpMemoryGrow)
	case n == 2 && len(g.tables) > 0:
		g.f.Idx(core.OpTableSize, t.index)
	case n == 3 && len(g.tables) > 0:
		g.expr(t.elem, depth-1)
		g.f.I32(int32(g.N(8))).Idx(core.OpTableGrow, t.index)
	default:
		ref := []core.ValType{core.FuncRef, core.ExternRef, core.RefTo(0, true)}[g.N(3)]
		g.expr(ref, depth-1)
		g.f.Op(core.OpRefIsNull)
	}
}

// refBranch branches by whether a reference is null.
func (g *generator) refBranch(depth int) {
	t := core.RefTo(uint32(g.N(len(g.types))), true)
	switch g.N(3) {
	case 0: // out of a block if it is null
		g.f.Block(core.OpBlock)
		g.within(label{}, func() {
			g.expr(t, depth-1)
			g.f.Idx(core.OpBrOnNull, 0)
			g.f.LocalSet(g.someLocal(t))
			g.statements(depth - 1)
		})
	case 1: // out of it with it if not
		g.f.Block(core.OpBlock, t)
		g.within(label{[]core.ValType{t}}, func() {
			g.expr(t, depth-1)
			g.f.Idx(core.OpBrOnNonNull, 0)
			g.statements(depth - 1)
			g.expr(t, depth-1)
		})
		g.f.LocalSet(g.someLocal(t))
	default:
		g.expr(t, depth-1)
		if g.Rarely(4) {
			g.f.Op(core.OpRefAsNonNull)
		}
		g.f.LocalSet(g.someLocal(t))
	}
}
