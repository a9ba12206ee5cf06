package coretest

import (
	"slices"

	"github.com/sidecall/sidecall/components/core"
)

// call calls a function for what it does.
func (g *generator) call(depth int) {
	f := g.funcs[g.N(len(g.funcs))]
	g.exprs(g.types[f.typ].Params, depth-1)
	g.invoke(f, false, depth-1)
	g.set(g.types[f.typ].Results)
}

// callFor calls a function for one of its results.
func (g *generator) callFor(t core.ValType, depth int) {
	for _, f := range g.funcs {
		sig := g.types[f.typ]
		at := slices.Index(sig.Results, t)
		if at < 0 || g.N(2) > 0 {
			continue
		}
		g.exprs(sig.Params, depth-1)
		g.invoke(f, false, depth-1)
		if len(sig.Results) > 1 {
			g.set(sig.Results[at+1:])
			tmp := g.local(t)
			g.f.LocalSet(tmp)
			g.set(sig.Results[:at])
			g.f.LocalGet(tmp)
		}
		return
	}
	g.leaf(t)
}

// invoke calls a function whose arguments are on the stack, in one of the ways there are.
func (g *generator) invoke(f function, tail bool, depth int) {
	direct, byTable, byRef := core.OpCall, core.OpCallIndirect, core.OpCallRef
	if tail {
		direct, byTable, byRef = core.OpReturnCall, core.OpReturnCallIndirect, core.OpReturnCallRef
	}
	switch g.N(4) {
	case 0:
		for _, t := range g.tables {
			if t.elem == core.FuncRef {
				if g.Rarely(4) {
					g.expr(core.I32, depth)
					g.f.I32(7).Op(core.OpI32And)
				} else {
					g.f.I32(int32(g.N(8)))
				}
				if g.N(3) > 0 { // so that it is there
					i := g.local(core.I32)
					g.f.LocalTee(i).LocalGet(i).Idx(core.OpRefFunc, f.index)
					g.tableSet(t)
				}
				g.f.Idx2(byTable, f.typ, t.index)
				return
			}
		}
	case 1:
		if g.Rarely(10) {
			g.expr(core.RefTo(f.typ, true), depth)
		} else {
			g.f.Idx(core.OpRefFunc, f.index)
		}
		g.f.Idx(byRef, f.typ)
		return
	}
	g.f.Idx(direct, f.index)
}

// tableSet is table.set, unless the index, which lies below the value, is out of bounds.
func (g *generator) tableSet(t table) {
	v, i := g.local(core.FuncRef), g.local(core.I32)
	g.f.LocalSet(v).LocalTee(i).Idx(core.OpTableSize, t.index).Op(core.OpI32LtU).Block(core.OpIf)
	g.f.LocalGet(i).LocalGet(v).Idx(core.OpTableSet, t.index).End()
}
