package core

import "math"

// Instructions on a range of memory or of a table may run for seconds. Those whose length may be large
// call a generated function instead, which first looks whether the whole range is within bounds, so that
// a trap comes before anything is written, and then works on it in chunks, counting each.

// bulkKind is what becomes of an instruction on a range.
type bulkKind uint8

const (
	bulkNone   bulkKind = iota // it is not one
	bulkKept                   // it stays: its length is known to be small
	bulkTested                 // it stays if its length is small, and is a call otherwise
	bulkCalled                 // it is a call
)

// bulkOf is what becomes of instruction in, behind prev, and what it counts.
func bulkOf(m *Module, prev, in *inst) (bulkKind, int) {
	switch in.op {
	case OpMemoryCopy, OpMemoryFill:
		if prev.op == OpI32Const && prev.class != classUnknown && prev.v <= inlineBytes {
			return bulkKept, 20 + int(prev.v)/bytesPerUnit
		}
		return bulkTested, inlineCost
	case OpMemoryInit:
		if n := len(m.Datas[in.a].Init); n <= chunk || m.Datas[in.a].Mode == Active {
			return bulkKept, 20 + min(n, chunk)/bytesPerUnit
		}
		return bulkCalled, 50
	case OpTableInit:
		if n := m.Elems[in.a].Len(); n <= tableChunk {
			return bulkKept, 50 + n/4
		}
		return bulkCalled, 50
	case OpTableCopy, OpTableFill:
		return bulkCalled, 50
	}
	return bulkNone, 0
}

// bulkKey tells apart the functions that are generated.
type bulkKey struct {
	op   Opcode
	a, b uint32
}

// bulkHelper is the index of the function that stands for instruction in. Functions are generated when
// they are first asked for.
func (w *writer) bulkHelper(in *inst) uint32 {
	key := bulkKey{op: in.op}
	switch in.op {
	case OpMemoryInit, OpTableFill, OpTableGrow:
		key.a = in.a
	case OpTableInit, OpTableCopy:
		key.a, key.b = in.a, in.b
	}
	if f, ok := w.bulk[key]; ok {
		return f
	}
	if w.bulk == nil {
		w.bulk = map[bulkKey]uint32{}
	}
	g := bulkGen{w: w, key: key, middle: I32, from: addressSpace{memory: true}, to: addressSpace{memory: true}}
	switch in.op {
	case OpMemoryInit:
		g.from = addressSpace{size: int64(len(w.m.Datas[in.a].Init))}
	case OpTableInit:
		g.from, g.to = addressSpace{size: int64(w.m.Elems[in.a].Len())}, addressSpace{table: in.b}
	case OpTableCopy:
		g.to, g.from = addressSpace{table: in.a}, addressSpace{table: in.b}
	case OpTableFill:
		g.to, g.middle = addressSpace{table: in.a}, w.m.tables[in.a].Elem
	}
	var f uint32
	if in.op == OpTableGrow {
		f = w.growHelper(in.a)
	} else {
		f = g.generate()
	}
	w.bulk[key] = f
	return f
}

// addressSpace is what one end of a range lies in: the memory, a table, or a segment of constant size.
type addressSpace struct {
	memory bool
	size   int64 // of a segment
	table  uint32
}

// bulkGen generates func(to, middle, n), where middle is the source's start or the value to fill with.
type bulkGen struct {
	w        *writer
	key      bulkKey
	middle   ValType
	to, from addressSpace
}

func (g *bulkGen) fill() bool { return g.key.op == OpMemoryFill || g.key.op == OpTableFill }

func (g *bulkGen) generate() uint32 {
	const to, middle, n = 0, 1, 2
	f := g.w.helper([]ValType{I32, g.middle, I32}, nil)
	piece, unit := int32(chunk), int32(bytesPerUnit)
	if !g.to.memory {
		piece, unit = tableChunk, 2
	}
	temp := f.Local(I32)

	// Out of bounds: the instruction itself traps, before it writes. Small: nothing to count.
	f.Block(OpBlock)
	g.outside(f, to, n, g.to)
	if !g.fill() {
		g.outside(f, middle, n, g.from)
		f.Op(OpI32Or)
	}
	f.LocalGet(n).I32(piece).Op(OpI32LeU, OpI32Or, OpI32Eqz).BrIf(0)
	f.LocalGet(n).I32(unit).Op(OpI32DivU).LocalSet(temp)
	g.w.countLocal(f, temp)
	f.LocalGet(to).LocalGet(middle).LocalGet(n)
	g.instruction(f)
	f.Op(OpReturn).End()

	if !g.fill() && g.to == g.from {
		g.descend(f, piece, unit, temp)
	}
	// Upwards: the first piece, then the rest.
	f.Block(OpLoop)
	g.w.count(f, temp, piece/unit)
	f.LocalGet(to).LocalGet(middle).I32(piece)
	g.instruction(f)
	f.LocalGet(to).I32(piece).Op(OpI32Add).LocalSet(to)
	if !g.fill() {
		f.LocalGet(middle).I32(piece).Op(OpI32Add).LocalSet(middle)
	}
	f.LocalGet(n).I32(piece).Op(OpI32Sub).LocalTee(n).I32(piece).Op(OpI32GtU).BrIf(0).End()
	f.LocalGet(to).LocalGet(middle).LocalGet(n)
	g.instruction(f)
	return f.Index
}

// descend handles copies to a higher address in the same space, which begin with the last piece.
func (g *bulkGen) descend(f *Func, piece, unit int32, temp uint32) {
	const to, from, n = 0, 1, 2
	f.LocalGet(to).LocalGet(from).Op(OpI32GtU).Block(OpIf).Block(OpLoop)
	g.w.count(f, temp, piece/unit)
	f.LocalGet(n).I32(piece).Op(OpI32Sub).LocalSet(n)
	f.LocalGet(to).LocalGet(n).Op(OpI32Add).LocalGet(from).LocalGet(n).Op(OpI32Add).I32(piece)
	g.instruction(f)
	f.LocalGet(n).I32(piece).Op(OpI32GtU).BrIf(0).End()
	f.LocalGet(to).LocalGet(from).LocalGet(n)
	g.instruction(f)
	f.Op(OpReturn).End()
}

// outside leaves 1 if the n entries from start do not lie in s, and 0 if they do.
func (g *bulkGen) outside(f *Func, start, n uint32, s addressSpace) {
	f.LocalGet(start).Op(OpI64ExtendI32U).LocalGet(n).Op(OpI64ExtendI32U, OpI64Add)
	switch {
	case s.memory:
		f.MemoryOp(OpMemorySize).Op(OpI64ExtendI32U).I64(16).Op(OpI64Shl)
	case s.size > 0:
		f.I64(s.size)
	default:
		f.Idx(OpTableSize, s.table).Op(OpI64ExtendI32U)
	}
	f.Op(OpI64GtU)
}

func (g *bulkGen) instruction(f *Func) {
	switch g.key.op {
	case OpMemoryCopy, OpMemoryFill:
		f.MemoryOp(g.key.op)
	case OpMemoryInit:
		f.Idx2(g.key.op, g.key.a, 0)
	case OpTableFill:
		f.Idx(g.key.op, g.key.a)
	default:
		f.Idx2(g.key.op, g.key.a, g.key.b)
	}
}

// growHelper generates a table.grow that refuses to go beyond Options.MaxTableElements, and asks first if
// Check says so.
func (w *writer) growHelper(table uint32) uint32 {
	f := w.helper([]ValType{w.m.tables[table].Elem, I32}, []ValType{I32})
	f.Idx(OpTableSize, table).Op(OpI64ExtendI32U).LocalGet(1).Op(OpI64ExtendI32U, OpI64Add)
	most := int64(w.opt.MaxTableElements)
	if most == 0 {
		most = math.MaxUint32
	}
	f.I64(most).Op(OpI64GtU).Block(OpIf, I32).I32(-1).Else()
	if !w.grows {
		f.LocalGet(0).LocalGet(1).Idx(OpTableGrow, table).End()
		return f.Index
	}
	f.LocalGet(1).Call(w.grow).Op(OpI32Eqz).Block(OpIf, I32).I32(-1).Else()
	was := f.Local(I32)
	f.LocalGet(0).LocalGet(1).Idx(OpTableGrow, table).LocalTee(was).I32(-1).Op(OpI32Eq).Block(OpIf)
	f.I32(0).LocalGet(1).Op(OpI32Sub).Call(w.grow).Op(OpDrop).End()
	f.LocalGet(was).End().End()
	return f.Index
}
