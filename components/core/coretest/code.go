package coretest

import (
	"slices"
	"strings"

	"github.com/sidecall/sidecall/components/core"
)

// ops are the instructions that leave a value of a type, and those that leave none under 0,
// as far as their operands say all about them.
var ops = map[core.ValType][]core.Opcode{}

func init() {
	for _, op := range core.Opcodes() {
		f, ok := op.Form()
		switch op {
		case core.OpNop, core.OpMemoryAtomicWait32, core.OpMemoryAtomicWait64:
			continue // they do nothing, or wait
		}
		if ok {
			ops[f.Result] = append(ops[f.Result], op)
		}
	}
}

// body writes a function: fuel, then statements, then its results.
func (g *generator) body(fn function) {
	g.f, g.typ, g.labels, g.budget = fn.Func, g.types[fn.typ], nil, 60
	g.locals = slices.Clone(g.typ.Params)
	for range g.N(5) {
		g.local(g.value())
	}
	if g.Rarely(12) { // indices of several bytes
		for range 130 {
			g.local(numeric[g.N(4)])
		}
	}
	g.burn()
	g.zeros(g.typ.Results)
	g.f.Op(core.OpReturn).End()
	g.labels = append(g.labels, label{g.typ.Results})
	g.statements(3)
	g.exprs(g.typ.Results, 3)
}

// burn uses fuel, and opens a block for when there is none left.
func (g *generator) burn() {
	g.f.GlobalGet(g.fuel).I32(1).Op(core.OpI32Sub).GlobalSet(g.fuel)
	g.f.GlobalGet(g.fuel).I32(0).Op(core.OpI32LtS).Block(core.OpIf)
}

func (g *generator) local(t core.ValType) uint32 {
	g.locals = append(g.locals, t)
	return g.f.Local(t)
}

// someLocal is a local of type t.
func (g *generator) someLocal(t core.ValType) uint32 {
	var list []uint32
	for i, l := range g.locals {
		if l == t {
			list = append(list, uint32(i))
		}
	}
	if len(list) == 0 || len(list) < 4 && g.Rarely(5) {
		return g.local(t)
	}
	return list[g.N(min(len(list), 256))]
}

// set takes values from the stack into locals.
func (g *generator) set(types []core.ValType) {
	for _, t := range slices.Backward(types) {
		if g.Rarely(5) {
			g.f.Op(core.OpDrop)
		} else {
			g.f.LocalSet(g.someLocal(t))
		}
	}
}

func (g *generator) drop(n int) {
	for range n {
		g.f.Op(core.OpDrop)
	}
}

func (g *generator) zeros(types []core.ValType) {
	zero := generator{Choices: NewChoices(0, nil)}
	for _, t := range types {
		zero.literal(&g.f.Code, t)
	}
}

func (g *generator) exprs(types []core.ValType, depth int) {
	for _, t := range types {
		g.expr(t, depth)
	}
}

// leaf pushes a value without much ado.
func (g *generator) leaf(t core.ValType) {
	switch g.N(4) {
	case 0, 1:
		for _, i := range []int{g.N(8), g.N(8), g.N(200)} {
			if i < len(g.locals) && g.locals[i] == t {
				g.f.LocalGet(uint32(i))
				return
			}
		}
		g.f.LocalGet(g.someLocal(t))
	case 2:
		for _, v := range g.globals {
			if v.val == t && g.N(2) == 0 {
				g.f.GlobalGet(v.index)
				return
			}
		}
		fallthrough
	default:
		g.literal(&g.f.Code, t)
	}
}

// expr pushes a value of type t.
func (g *generator) expr(t core.ValType, depth int) {
	g.budget--
	if depth <= 0 || g.budget <= 0 {
		g.leaf(t)
		return
	}
	switch g.N(12) {
	case 0:
		g.leaf(t)
	case 1:
		g.callFor(t, depth)
	case 2:
		g.choose(t, depth)
	case 3:
		g.expr(t, depth-1)
		g.f.LocalTee(g.someLocal(t))
	case 4:
		g.blockFor(t, depth)
	case 5:
		g.peculiar(t, depth)
	default:
		g.instruction(t, depth)
	}
}

// choose is one of two values.
func (g *generator) choose(t core.ValType, depth int) {
	g.expr(t, depth-1)
	g.expr(t, depth-1)
	g.expr(core.I32, depth-1)
	if t.IsRef() || g.N(2) == 0 {
		g.f.Select(t)
		_, defined := t.TypeIndex()
		g.m.Misread = g.m.Misread || defined
	} else {
		g.f.Op(core.OpSelect)
	}
}

// instruction is one that leaves a t: any at all, with operands of its types.
func (g *generator) instruction(t core.ValType, depth int) {
	list := ops[t]
	if len(list) == 0 {
		g.peculiar(t, depth)
		return
	}
	op := list[g.index(len(list))]
	f, _ := op.Form()
	name := op.String()
	switch {
	case f.Access && !g.m.HasMemory, atomic(op) && !g.opt.Atomics:
		g.leaf(t)
		return
	case strings.Contains(name, ".trunc_f") && g.N(4) > 0:
		g.leaf(t) // most floats are beyond the integers
		return
	}
	g.operands(op, f, depth)
	if undetermined(name) {
		g.canonical(name, t)
	}
}

// index chooses from more than 256.
func (g *generator) index(n int) int { return (g.N(256)*256 + g.N(256)) % n }

// operands pushes the operands and appends the instruction.
func (g *generator) operands(op core.Opcode, f core.Form, depth int) {
	for i, p := range f.Params {
		if f.Access && i == 0 {
			g.address(op, depth-1)
			continue
		}
		g.expr(p, depth-1)
		if i == 1 && g.N(4) > 0 { // no division by zero
			switch name := op.String(); {
			case !strings.Contains(name, ".div_") && !strings.Contains(name, ".rem_"):
			case p == core.I32:
				g.f.I32(1).Op(core.OpI32Or)
			case p == core.I64:
				g.f.I64(1).Op(core.OpI64Or)
			}
		}
	}
	align := f.Align
	if !atomic(op) && align > 0 {
		align = uint8(g.N(int(align) + 1))
	}
	offset := uint32(g.N(16))
	if atomic(op) {
		offset &^= 7
	} else if g.Rarely(60) {
		offset = uint32(g.U64())
	}
	lane := uint8(0)
	if f.Lanes > 0 {
		lane = uint8(g.N(int(f.Lanes)))
	}
	switch {
	case f.Access && f.Lanes > 0:
		g.f.MemLane(op, align, offset, lane)
	case f.Access:
		g.f.Mem(op, align, offset)
	case f.Lanes > 0:
		g.f.Lane(op, lane)
	default:
		g.f.Op(op)
	}
}

// address is one inside of the memory, mostly.
func (g *generator) address(op core.Opcode, depth int) {
	g.expr(core.I32, depth)
	switch {
	case atomic(op): // not aligned or out of bounds, but not both: it is open which is told
		g.f.I32([]int32{0x1f8, 0x1f8, 0x1f8, -8, 0x1ff}[g.N(5)]).Op(core.OpI32And)
	case g.Rarely(40):
	default:
		g.f.I32([]int32{0x1ff, usual - 16, 0x3}[g.N(3)]).Op(core.OpI32And)
	}
}

func atomic(op core.Opcode) bool { return op >= core.OpMemoryAtomicNotify }
