package vectors

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
)

// Where a guest keeps what it tells, in the second page of its memory; the first
// is what realloc gives out.
const (
	page      = 1 << 16
	logCount  = page      // the number of calls of realloc
	logStart  = page + 16 // five words for each
	logEnd    = page + 0xc000
	valuesAt  = page + 0xc000 // the core values that it was given, eight bytes each
	contents  = page + 0xe000 // pointer and length of all memory, a list<u8>
	allMemory = 2 * page
)

// guest is a core module that records what it is given.
type guest struct {
	core.Builder
	allocator uint32 // the function realloc
}

// newGuest makes a guest whose first page holds memory. With forward, which is the
// signature of a function that it imports, that is function 0.
func newGuest(memory []byte, forward *canon.CoreFunc) *guest {
	g := &guest{}
	if forward != nil {
		g.ImportFunc("0", "f", g.Type(types(forward.Params), types(forward.Results)))
	}
	g.Memory(core.MemoryType{Range: core.Range{Min: 2}})
	g.Export("memory", core.ExternMemory, 0)
	g.Data(0, memory)
	g.Data(contents, []byte{0, 0, 0, 0, allMemory & 0xff, allMemory >> 8 & 0xff, allMemory >> 16, 0})
	g.realloc()
	dump := g.Func(g.Type(nil, []core.ValType{core.I32}))
	dump.I32(contents)
	g.Export("dump", core.ExternFunc, dump.Index)
	return g
}

func types(regs []canon.RegType) []core.ValType {
	out := make([]core.ValType, len(regs))
	for i, r := range regs {
		out[i] = map[canon.RegType]core.ValType{canon.I32: core.I32, canon.I64: core.I64, canon.F32: core.F32, canon.F64: core.F64}[r]
	}
	return out
}

// realloc adds the allocator that the vectors were made with, which logs its calls.
func (g *guest) realloc() {
	i32 := core.I32
	last := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0))
	f := g.Func(g.Type([]core.ValType{i32, i32, i32, i32}, []core.ValType{i32}))
	const old, oldSize, align, newSize = 0, 1, 2, 3
	ret, log := f.Local(i32), f.Local(i32)
	alignUp := func() { // (x + align - 1) & -align
		f.LocalGet(align).Op(core.OpI32Add).I32(1).Op(core.OpI32Sub).I32(0).LocalGet(align).Op(core.OpI32Sub, core.OpI32And)
	}
	f.LocalGet(old).I32(0).Op(core.OpI32Ne).LocalGet(newSize).LocalGet(oldSize).Op(core.OpI32LtU, core.OpI32And)
	f.Block(core.OpIf)
	f.LocalGet(old)
	alignUp()
	f.LocalSet(ret)
	f.Else()
	f.GlobalGet(last)
	alignUp()
	f.LocalTee(ret).LocalGet(newSize).Op(core.OpI32Add).GlobalSet(last)
	f.GlobalGet(last).I32(page).Op(core.OpI32GtU).Block(core.OpIf).Op(core.OpUnreachable).End()
	f.LocalGet(ret).LocalGet(old).LocalGet(oldSize).MemoryOp(core.OpMemoryCopy)
	f.End()
	// log = logStart + 20 * count; count++
	f.I32(0).Mem(core.OpI32Load, 2, logCount).I32(20).Op(core.OpI32Mul).I32(logStart).Op(core.OpI32Add).LocalTee(log)
	f.I32(logEnd - 20).Op(core.OpI32GtU).Block(core.OpIf).Op(core.OpUnreachable).End()
	f.I32(0).I32(0).Mem(core.OpI32Load, 2, logCount).I32(1).Op(core.OpI32Add).Mem(core.OpI32Store, 2, logCount)
	for n, local := range []uint32{old, oldSize, align, newSize, ret} {
		f.LocalGet(log).LocalGet(local).Mem(core.OpI32Store, 2, uint32(4*n))
	}
	f.LocalGet(ret)
	g.allocator = f.Index
	g.Export("realloc", core.ExternFunc, f.Index)
}

// recorder adds the function "f", which stores its parameters, and hands them on
// to function 0 if forward is set.
func (g *guest) recorder(sig canon.CoreFunc, forward bool) {
	f := g.Func(g.Type(types(sig.Params), types(sig.Results)))
	for i, t := range sig.Params {
		f.I32(valuesAt).LocalGet(uint32(i))
		switch t {
		case canon.I32:
			f.Op(core.OpI64ExtendI32U)
		case canon.F32:
			f.Op(core.OpI32ReinterpretF32, core.OpI64ExtendI32U)
		case canon.F64:
			f.Op(core.OpI64ReinterpretF64)
		}
		f.Mem(core.OpI64Store, 3, uint32(8*i))
	}
	if forward {
		for i := range sig.Params {
			f.LocalGet(uint32(i))
		}
		f.Call(0)
	}
	g.Export("f", core.ExternFunc, f.Index)
}

// caller adds the function "run", which calls function 0 with constants.
func (g *guest) caller(sig canon.CoreFunc, args []uint64) {
	f := g.Func(g.Type(nil, nil))
	for i, t := range sig.Params {
		switch t {
		case canon.I32:
			f.I32(int32(args[i]))
		case canon.I64:
			f.I64(int64(args[i]))
		case canon.F32:
			f.I32(int32(args[i])).Op(core.OpF32ReinterpretI32)
		case canon.F64:
			f.I64(int64(args[i])).Op(core.OpF64ReinterpretI64)
		}
	}
	f.Call(0)
	g.Export("run", core.ExternFunc, f.Index)
}
