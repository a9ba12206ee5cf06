package core

import "math/rand/v2"

// program generates a module that always ends: its loops and calls use up a global. Exports "run",
// which takes a number and yields one, the memory and globals.
type program struct {
	*rand.Rand
	b     *Builder
	fuel  uint32
	table uint32
	unary uint32 // func(i32) i32
	funcs []*Func
	f     *Func
	depth int // of labels around the instruction
	loops []int
}

func generate(seed1, seed2 uint64) []byte {
	p := &program{Rand: rand.New(rand.NewPCG(seed1, seed2)), b: new(Builder)}
	p.unary = p.b.Type([]ValType{I32}, []ValType{I32})
	p.fuel = p.b.Global(GlobalType{Val: I32, Mutable: true}, new(Code).I32(600))
	for i := range 3 {
		p.b.Global(GlobalType{Val: I32, Mutable: true}, new(Code).I32(int32(i)))
	}
	p.b.Memory(MemoryType{Range: Range{Min: 2, Max: 3, HasMax: true}})
	p.b.Export("memory", ExternMemory, 0)
	p.b.Data(100, []byte("a segment of data"))
	p.b.PassiveData([]byte("passive"))
	p.table = p.b.Table(TableType{Elem: FuncRef, Range: Range{Min: 8}})
	n := 2 + p.IntN(6)
	var indices []uint32
	for range n {
		f := p.b.Func(p.unary)
		f.Local(I32)
		f.Local(I64)
		p.funcs = append(p.funcs, f)
		indices = append(indices, f.Index)
	}
	p.b.Elem(p.table, 0, indices...)
	for _, p.f = range p.funcs {
		p.body()
	}
	p.b.Export("run", ExternFunc, p.funcs[n-1].Index)
	for i := range uint32(4) {
		p.b.Export("g"+string('0'+rune(i)), ExternGlobal, i)
	}
	return p.b.Encode()
}

// body ends at once when the fuel is used up, and uses some.
func (p *program) body() {
	p.f.GlobalGet(p.fuel).I32(1).Op(OpI32Sub).GlobalSet(p.fuel)
	p.f.GlobalGet(p.fuel).I32(0).Op(OpI32LtS).Block(OpIf).I32(-1).Op(OpReturn).End()
	p.depth, p.loops = 0, nil
	p.f.Block(OpBlock)
	p.nested(func() { p.statements(4) })
	p.expr(3)
}

func (p *program) statements(size int) {
	for range 1 + p.IntN(4) {
		p.statement(size - 1)
	}
}

func (p *program) statement(size int) {
	f := p.f
	if size <= 0 {
		p.assign()
		return
	}
	switch p.IntN(12) {
	case 0:
		f.Block(OpBlock)
		p.nested(func() { p.statements(size) })
	case 1, 2:
		p.loop(size)
	case 3:
		p.expr(2)
		f.Block(OpIf)
		p.depth++
		p.statements(size)
		if p.IntN(2) == 0 {
			f.Else()
			p.statements(size)
		}
		p.depth--
		f.End()
	case 4:
		if p.depth > 0 {
			p.expr(2)
			f.BrIf(p.label())
		}
	case 5:
		if p.depth > 1 {
			p.expr(1)
			f.BrTable([]uint32{p.label(), p.label()}, p.label())
		}
	case 6:
		p.expr(2)
		f.Op(OpReturn)
	case 7:
		p.selectedParts(size)
	case 8:
		p.ranges()
	default:
		p.assign()
	}
}

func (p *program) nested(inside func()) {
	p.depth++
	inside()
	p.depth--
	p.f.End()
}

// label is any label that is not a loop's: going back is for the loop's own end.
func (p *program) label() uint32 {
	for {
		l := p.IntN(p.depth)
		back := false
		for _, d := range p.loops {
			back = back || p.depth-d == l
		}
		if !back {
			return uint32(l)
		}
		if p.IntN(8) == 0 {
			return uint32(p.depth - 1)
		}
	}
}

// loop goes round while there is fuel.
func (p *program) loop(size int) {
	f := p.f
	f.Block(OpLoop)
	p.nested(func() {
		p.loops = append(p.loops, p.depth)
		f.GlobalGet(p.fuel).I32(1).Op(OpI32Sub).GlobalSet(p.fuel)
		p.statements(size)
		p.expr(1)
		f.GlobalGet(p.fuel).I32(0).Op(OpI32GtS, OpI32And).BrIf(0)
		p.loops = p.loops[:len(p.loops)-1]
	})
}

// selectedParts is a loop that begins by selecting one of three parts, as Go's compiler makes it.
func (p *program) selectedParts(size int) {
	f := p.f
	x := f.Local(I32)
	f.I32(int32(p.IntN(4))).LocalSet(x)
	f.Block(OpLoop).Block(OpBlock).Block(OpBlock).Block(OpBlock)
	f.LocalGet(x).BrTable([]uint32{0, 1, 2}, uint32(p.IntN(3))).End()
	p.depth += 3
	p.loops = append(p.loops, p.depth-2)
	for part := 1; part <= 3; part++ {
		p.statements(size - 1)
		if p.IntN(2) == 0 {
			f.GlobalGet(p.fuel).I32(1).Op(OpI32Sub).GlobalSet(p.fuel)
			f.GlobalGet(p.fuel).I32(0).Op(OpI32GtS).Block(OpIf)
			f.I32(int32(p.IntN(4))).LocalSet(x).Br(uint32(4 - part)).End()
		}
		f.End()
		p.depth--
	}
	p.loops = p.loops[:len(p.loops)-1]
}

// ranges are instructions on ranges of memory and tables, sometimes out of bounds.
func (p *program) ranges() {
	f := p.f
	lengths := []int32{0, 5, 1000, 1025, 70_000, 130_000, 200_000}
	n := lengths[p.IntN(len(lengths))]
	switch p.IntN(6) {
	case 0:
		f.I32(int32(p.IntN(9000))).I32(int32(p.IntN(256))).I32(n).MemoryOp(OpMemoryFill)
	case 1:
		f.I32(int32(p.IntN(9000))).I32(int32(p.IntN(9000))).I32(n).Op(OpNop).MemoryOp(OpMemoryCopy)
	case 2:
		p.expr(1)
		f.I32(0xffff).Op(OpI32And).I32(int32(p.IntN(9000)))
		p.expr(1)
		f.I32(0x1ffff).Op(OpI32And).MemoryOp(OpMemoryCopy)
	case 3:
		f.I32(int32(p.IntN(9000))).I32(int32(p.IntN(3))).I32(int32(p.IntN(6))).Idx2(OpMemoryInit, 1, 0)
	case 4:
		f.I32(int32(p.IntN(3))).I32(int32(p.IntN(3))).I32(int32(p.IntN(7))).Idx2(OpTableCopy, p.table, p.table)
	default:
		f.I32(int32(p.IntN(8))).RefNull(FuncRef).I32(int32(p.IntN(2))).Idx(OpTableFill, p.table)
	}
}

func (p *program) assign() {
	f := p.f
	switch p.IntN(4) {
	case 0:
		p.expr(2)
		f.GlobalSet(1 + uint32(p.IntN(3)))
	case 1:
		p.address()
		p.expr(2)
		f.Mem(OpI32Store, 2, uint32(p.IntN(64)))
	case 2:
		p.expr(2)
		f.Op(OpI64ExtendI32S).LocalGet(2).Op(OpI64Add).LocalSet(2)
	default:
		p.expr(3)
		f.LocalSet(uint32(p.IntN(2)))
	}
}

func (p *program) address() {
	p.expr(1)
	p.f.I32(0x1fff8).Op(OpI32And)
}

// expr leaves an i32.
func (p *program) expr(size int) {
	f := p.f
	if size <= 0 {
		switch p.IntN(4) {
		case 0:
			f.I32(int32(p.IntN(100)) - 20)
		case 1:
			f.GlobalGet(1 + uint32(p.IntN(3)))
		case 2:
			f.LocalGet(2).Op(OpI32WrapI64)
		default:
			f.LocalGet(uint32(p.IntN(2)))
		}
		return
	}
	ops := []Opcode{OpI32Add, OpI32Sub, OpI32Mul, OpI32Xor, OpI32ShrU, OpI32LtS, OpI32GeU, OpI32DivS, OpI32RemU}
	switch p.IntN(8) {
	case 0:
		p.address()
		f.Mem(OpI32Load, 2, uint32(p.IntN(64)))
	case 1:
		p.expr(size - 1)
		f.Call(p.funcs[p.IntN(len(p.funcs))].Index)
	case 2:
		p.expr(size - 1)
		p.expr(0)
		f.I32(7).Op(OpI32And).Idx2(OpCallIndirect, p.unary, p.table)
	case 3:
		p.expr(size - 1)
		p.expr(size - 1)
		p.expr(0)
		f.Op(OpSelect)
	default:
		p.expr(size - 1)
		p.expr(size - 1)
		f.Op(ops[p.IntN(len(ops))])
	}
}
