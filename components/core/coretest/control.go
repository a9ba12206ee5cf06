package coretest

import (
	"slices"

	"github.com/sidecall/sidecall/components/core"
)

// label is what a branch can go to, with the types that it takes along.
type label struct{ types []core.ValType }

func (g *generator) statements(depth int) {
	for range 1 + g.N(4) {
		if g.budget > 0 {
			g.statement(depth)
		}
	}
}

// within writes what is inside of a block.
func (g *generator) within(l label, inside func()) {
	g.labels = append(g.labels, l)
	inside()
	g.labels = g.labels[:len(g.labels)-1]
	g.f.End()
}

func (g *generator) statement(depth int) {
	g.budget -= 2
	if depth <= 0 {
		g.assign(1)
		return
	}
	switch g.N(20) {
	case 0:
		g.block(depth)
	case 1, 2:
		g.loop(depth)
	case 3:
		g.expr(core.I32, depth-1)
		results := g.values(2)
		g.f.BlockOf(core.OpIf, g.typeIndex(nil, results))
		g.within(label{results}, func() {
			g.statements(depth - 1)
			g.exprs(results, 1)
			g.f.Else()
			g.statements(depth - 1)
			g.exprs(results, 1)
		})
		g.set(results)
	case 4, 5:
		g.branch(depth)
	case 6, 7:
		g.call(depth)
	case 8:
		g.store(depth)
	case 9:
		g.bulk(depth)
	case 10:
		g.tableStatement(depth)
	case 11:
		if g.Rarely(8) {
			g.f.Op(core.OpUnreachable)
		}
	case 12:
		g.leave(depth)
	case 13, 14:
		if len(g.tags) > 0 {
			g.try(depth)
		}
	case 15:
		g.refBranch(depth)
	default:
		g.assign(depth)
	}
}

// assign sets a local or a global.
func (g *generator) assign(depth int) {
	if len(g.globals) > 0 && g.N(2) == 0 {
		if v := g.globals[g.N(len(g.globals))]; v.mutable {
			g.expr(v.val, depth)
			g.f.GlobalSet(v.index)
			return
		}
	}
	t := g.value()
	g.expr(t, depth)
	g.f.LocalSet(g.someLocal(t))
}

// block is a block with parameters and results.
func (g *generator) block(depth int) {
	params, results := g.values(2), g.values(2)
	g.exprs(params, depth-1)
	g.f.BlockOf(core.OpBlock, g.typeIndex(params, results))
	g.set(params)
	g.within(label{results}, func() {
		g.statements(depth - 1)
		g.exprs(results, depth-1)
	})
	g.set(results)
}

// blockFor is a block, or an if, for one value.
func (g *generator) blockFor(t core.ValType, depth int) {
	if g.N(2) == 0 {
		g.expr(core.I32, depth-1)
		g.f.Block(core.OpIf, t)
		g.within(label{[]core.ValType{t}}, func() {
			g.expr(t, depth-1)
			g.f.Else()
			g.expr(t, depth-1)
		})
		return
	}
	g.f.Block(core.OpBlock, t)
	g.within(label{[]core.ValType{t}}, func() {
		g.statement(depth - 1)
		g.expr(t, depth-1)
		g.expr(core.I32, depth-1)
		g.f.BrIf(0)
	})
}

// loop goes round while there is fuel: whoever branches to its head finds that out.
func (g *generator) loop(depth int) {
	params, results := g.values(2), g.values(1)
	g.f.BlockOf(core.OpBlock, g.typeIndex(nil, results))
	g.within(label{results}, func() {
		g.exprs(params, depth-1)
		g.f.BlockOf(core.OpLoop, g.typeIndex(params, results))
		g.set(params)
		g.burn()
		g.zeros(results)
		g.f.Br(2).End()
		g.within(label{params}, func() {
			g.statements(depth - 1)
			g.exprs(params, depth-1)
			g.expr(core.I32, depth-1)
			g.f.BrIf(0)
			g.drop(len(params))
			g.exprs(results, depth-1)
		})
	})
	g.set(results)
}

// target chooses a label, by its distance.
func (g *generator) target() (uint32, label) {
	n := g.N(len(g.labels))
	return uint32(n), g.labels[len(g.labels)-1-n]
}

func (g *generator) branch(depth int) {
	n, l := g.target()
	g.exprs(l.types, depth-1)
	switch g.N(5) {
	case 0:
		if g.Rarely(3) { // what follows is dead
			g.f.Br(n)
			return
		}
		g.drop(len(l.types))
	case 1:
		g.expr(core.I32, depth-1)
		g.f.Block(core.OpIf) // not always
		g.within(label{}, func() {
			like := g.alike(l)
			g.exprs(l.types, depth-1)
			g.expr(core.I32, depth-1)
			g.f.I32(3).Op(core.OpI32And).BrTable(like, like[g.N(len(like))])
		})
		g.drop(len(l.types))
	default:
		g.expr(core.I32, depth-1)
		g.f.BrIf(n)
		g.drop(len(l.types))
	}
}

// alike are the distances of all labels with the same types.
func (g *generator) alike(l label) (list []uint32) {
	for i, o := range slices.Backward(g.labels) {
		if slices.Equal(o.types, l.types) {
			list = append(list, uint32(len(g.labels)-1-i))
		}
	}
	return list
}

// leave returns, or calls in place of returning, at times.
func (g *generator) leave(depth int) {
	g.expr(core.I32, depth-1)
	g.f.Block(core.OpIf)
	g.within(label{}, func() {
		g.statement(depth - 2)
		for _, f := range g.funcs {
			if slices.Equal(g.types[f.typ].Results, g.typ.Results) && g.N(2) == 0 {
				g.exprs(g.types[f.typ].Params, depth-1)
				g.invoke(f, true, depth-1)
				return
			}
		}
		g.exprs(g.typ.Results, depth-1)
		g.f.Op(core.OpReturn)
	})
}

// try catches what statements throw, in any of the functions that they call.
func (g *generator) try(depth int) {
	g.m.Throws = true
	tag := g.N(len(g.tags))
	params, results := g.types[g.tags[tag]].Params, g.values(2)
	g.f.BlockOf(core.OpBlock, g.typeIndex(nil, results))
	g.within(label{results}, func() {
		g.f.BlockOf(core.OpBlock, g.typeIndex(nil, params))
		g.within(label{params}, func() {
			clauses := []byte{1, 0, byte(tag), 0}
			for i, l := range slices.Backward(g.labels) {
				if far := len(g.labels) - 1 - i; len(l.types) == 0 && g.N(2) == 0 {
					clauses = append(clauses, 2, byte(far))
					clauses[0]++
					break
				}
			}
			g.f.BlockOf(core.OpTryTable, g.typeIndex(nil, results)).Raw(clauses)
			g.within(label{results}, func() {
				g.statements(depth - 1)
				if g.N(2) == 0 {
					g.throw(depth)
				}
				g.exprs(results, depth-1)
			})
			g.f.Br(1)
		})
		g.set(params)
		g.statements(depth - 1)
		g.exprs(results, depth-1)
	})
	g.set(results)
}

// throw throws, at times.
func (g *generator) throw(depth int) {
	tag := g.N(len(g.tags))
	g.expr(core.I32, depth-1)
	g.f.Block(core.OpIf)
	g.within(label{}, func() {
		g.exprs(g.types[g.tags[tag]].Params, depth-1)
		g.f.Idx(core.OpThrow, uint32(tag))
	})
}
