package linker_test

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/core/coretest"
	"github.com/sidecall/sidecall/wit"
)

// entropy is where a hostile component's choices come from. When it is used up,
// every choice is the first, and the guest honest.
type entropy struct{ *coretest.Choices }

// n chooses one of k.
func (e *entropy) n(k int) int { return e.N(k) }

// rarely is true once in k times.
func (e *entropy) rarely(k int) bool {
	if k > 256 {
		return e.Rarely(k/100) && e.Rarely(100)
	}
	return e.Rarely(k)
}

func (e *entropy) u32() int32 {
	return int32(uint32(e.n(256)) | uint32(e.n(256))<<8 | uint32(e.n(256))<<16 | uint32(e.n(256))<<24)
}

// The functions of every component of a hostile chain, and the slots of its table.
var hostileNames = []string{"mk", "use", "take", "f", "go"}

const (
	slotDrop = 5 + iota
	slotNew
	slotRep
	slotRealloc
	slots
)

// Where guests keep what they pass in memory.
const (
	textAt    = 0    // some text
	resultAt  = 1024 // what they return
	scratchAt = 2048 // what is returned to them
	heapAt    = 8192
)

// hostileFuncs are the types of hostileNames; t is what f takes and returns.
func hostileFuncs(t *wit.Type, r *wit.Resource) []*wit.FuncType {
	u32 := wit.Primitive(wit.U32)
	a := func(t *wit.Type) wit.Field { return wit.Field{Name: "a", Type: t} }
	return []*wit.FuncType{
		{Params: []wit.Field{a(u32)}, Result: wit.NewOwn(r)},
		{Params: []wit.Field{a(wit.NewBorrow(r)), {Name: "s", Type: wit.Primitive(wit.String)}}, Result: u32},
		{Params: []wit.Field{a(wit.NewOwn(r))}, Result: wit.NewOwn(r)},
		{Params: []wit.Field{a(t)}, Result: t},
		{Params: []wit.Field{a(u32)}, Result: u32},
	}
}

func coreVals(regs []canon.RegType) []core.ValType {
	out := make([]core.ValType, len(regs))
	for i, r := range regs {
		out[i] = [...]core.ValType{canon.I32: core.I32, canon.I64: core.I64, canon.F32: core.F32, canon.F64: core.F64}[r]
	}
	return out
}

// signature is the type of what is in a slot of the table.
type signature struct{ params, results []core.ValType }

func i32s(n int) []core.ValType {
	out := make([]core.ValType, n)
	for i := range out {
		out[i] = core.I32
	}
	return out
}

// hostileSignatures are the types of the slots.
func hostileSignatures(fts []*wit.FuncType) []signature {
	out := make([]signature, slots)
	for i, ft := range fts {
		s := canon.FlattenFuncType(ft, canon.Lower)
		out[i] = signature{coreVals(s.Params), coreVals(s.Results)}
	}
	out[slotDrop] = signature{i32s(1), nil}
	out[slotNew] = signature{i32s(1), i32s(1)}
	out[slotRep] = signature{i32s(1), i32s(1)}
	out[slotRealloc] = signature{i32s(4), i32s(1)}
	return out
}

// guest writes the functions of one core module of a hostile component.
type guest struct {
	*entropy
	b    *core.Builder
	sigs []signature
	// leaf: the component has no imports and defines the resource type.
	leaf bool
	// low are the slots that are filled.
	low []int
	// entries counts calls of what is written, kept are results.
	entries uint32
	kept    [2]uint32
	// results are those of the function being written.
	results []core.ValType
}

// globals adds what every function uses.
func (g *guest) globals() {
	mutable := core.GlobalType{Val: core.I32, Mutable: true}
	g.entries = g.b.Global(mutable, new(core.Code).I32(0))
	for i := range g.kept {
		g.kept[i] = g.b.Global(mutable, new(core.Code).I32(int32(i+1)))
	}
}

// call calls what is in a slot, with the arguments on the stack.
func (g *guest) call(f *core.Func, slot int) {
	s := g.sigs[slot]
	f.I32(int32(slot)).Idx2(core.OpCallIndirect, g.b.Type(s.params, s.results), 0)
}

// number pushes an i32: a pointer, length, handle or anything.
func (g *guest) number(f *core.Func, params []core.ValType) {
	switch g.n(8) {
	case 0:
		f.I32(int32(g.n(6)))
	case 1:
		f.GlobalGet(g.kept[g.n(len(g.kept))])
	case 2:
		if i := g.n(max(1, len(params))); i < len(params) && params[i] == core.I32 {
			f.LocalGet(uint32(i))
		} else {
			f.I32(resultAt)
		}
	case 3:
		f.I32([...]int32{scratchAt, resultAt, heapAt, textAt}[g.n(4)] + int32(g.n(8)))
	case 4:
		f.I32([...]int32{-1, -4, -1 << 31, 1<<31 - 1, 1 << 28, 1<<28 - 1, 65536, 65535, 65532, 65528, 131072, 0xd800, 0x110000}[g.n(13)])
	case 5:
		f.I32(g.u32())
	case 6:
		f.I32(scratchAt+4*int32(g.n(16))).Mem(core.OpI32Load, 2, 0)
	case 7:
		f.Idx(core.OpMemorySize, 0).I32(16).Op(core.OpI32Shl).I32(int32(g.n(9))).Op(core.OpI32Sub)
	}
}

func (g *guest) push(f *core.Func, t core.ValType, params []core.ValType) {
	g.number(f, params)
	switch t {
	case core.I64:
		f.Op(core.OpI64ExtendI32S)
	case core.F32:
		f.Op(core.OpF32ReinterpretI32)
	case core.F64:
		f.Op(core.OpF64ConvertI32S)
	}
}

// statements are some of the bad things that a function does.
func (g *guest) statements(f *core.Func, params []core.ValType, depth int) {
	for range [...]int{0, 0, 0, 0, 1, 1, 2, 4}[g.n(8)] {
		g.statement(f, params, depth)
	}
}

func (g *guest) statement(f *core.Func, params []core.ValType, depth int) {
	switch kind := g.n(16); {
	case kind < 6:
		slot := g.n(slots)
		if g.n(8) > 0 { // one that is there
			slot = g.low[g.n(len(g.low))]
		}
		for i, t := range g.sigs[slot].params {
			if handle := slot == 1 || slot == 2 || slot == slotDrop || slot == slotRep; handle && i == 0 && g.n(4) > 0 {
				f.GlobalGet(g.kept[g.n(len(g.kept))])
			} else {
				g.push(f, t, params)
			}
		}
		g.call(f, slot)
		for _, t := range g.sigs[slot].results {
			if t == core.I32 {
				f.GlobalSet(g.kept[g.n(len(g.kept))])
			} else {
				f.Op(core.OpDrop)
			}
		}
	case kind < 10: // what is passed in memory: lengths, discriminants, handles
		f.I32([...]int32{resultAt, scratchAt, textAt, heapAt}[g.n(4)] + 4*int32(g.n(16)))
		g.number(f, params)
		f.Mem(core.OpI32Store, 2, 0)
	case kind == 10:
		f.I32([...]int32{1, 0, 3, 100, -1}[g.n(5)]).Idx(core.OpMemoryGrow, 0).GlobalSet(g.kept[0])
	case kind == 11 && g.rarely(4):
		f.Op(core.OpUnreachable)
	case kind == 12 && g.rarely(800):
		f.Block(core.OpLoop).Br(0).End()
	case kind == 13 && g.rarely(12):
		g.itself(f, params)
	case kind == 14 && depth < 2: // over and over
		i := f.Local(core.I32)
		f.I32(0).LocalSet(i).Block(core.OpLoop)
		g.statement(f, params, depth+1)
		f.LocalGet(i).I32(1).Op(core.OpI32Add).LocalTee(i).I32(int32(2 + g.n(20))).Op(core.OpI32LtU).BrIf(0).End()
	case kind == 15: // only at times
		f.GlobalGet(g.entries).I32(1).Op(core.OpI32And).Block(core.OpIf)
		g.statement(f, params, depth+1)
		f.End()
	}
}

// itself calls the function that is being written.
func (g *guest) itself(f *core.Func, params []core.ValType) {
	for i := range params {
		f.LocalGet(uint32(i))
	}
	f.Call(f.Index)
	for range g.results {
		f.Op(core.OpDrop)
	}
}

// function writes a function: what it does first, and then honest, or what it
// likes. After many calls of the module's functions they do nothing any more.
func (g *guest) function(s signature, honest func(f *core.Func)) *core.Func {
	f := g.b.Func(g.b.Type(s.params, s.results))
	if g.results = s.results; g.rarely(1000) {
		g.itself(f, s.params) // without end
	}
	f.GlobalGet(g.entries).I32(1).Op(core.OpI32Add).GlobalSet(g.entries)
	f.GlobalGet(g.entries).I32(100).Op(core.OpI32LtU).Block(core.OpIf)
	g.statements(f, s.params, 0)
	f.End()
	if honest == nil || g.rarely(12) {
		for _, t := range s.results {
			g.push(f, t, s.params)
		}
		return f
	}
	honest(f)
	return f
}

// memoryModule has the memory, the table, realloc and the destructor.
func (g *guest) memoryModule() []byte {
	g.b = &core.Builder{}
	g.b.Table(core.TableType{Elem: core.FuncRef, Range: core.Range{Min: slots}})
	g.b.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	g.globals()
	bump := g.b.Global(core.GlobalType{Val: core.I32, Mutable: true}, new(core.Code).I32(heapAt))
	realloc := g.function(g.sigs[slotRealloc], func(f *core.Func) {
		const old, oldSize, align, size = 0, 1, 2, 3
		ptr := f.Local(core.I32)
		f.GlobalGet(bump).LocalGet(align).Op(core.OpI32Add).I32(1).Op(core.OpI32Sub)
		f.I32(0).LocalGet(align).Op(core.OpI32Sub, core.OpI32And).LocalTee(ptr)
		f.LocalGet(size).Op(core.OpI32Add).GlobalSet(bump)
		f.GlobalGet(bump).Idx(core.OpMemorySize, 0).I32(16).Op(core.OpI32Shl).Op(core.OpI32GtU).Block(core.OpIf)
		f.LocalGet(size).I32(16).Op(core.OpI32ShrU).I32(1).Op(core.OpI32Add).Idx(core.OpMemoryGrow, 0).Op(core.OpDrop).End()
		f.LocalGet(ptr).LocalGet(old).LocalGet(oldSize).MemoryOp(core.OpMemoryCopy).LocalGet(ptr)
	})
	dtor := g.function(g.sigs[slotDrop], func(*core.Func) {})
	g.b.Elem(0, slotRealloc, realloc.Index)
	g.b.Export("t", core.ExternTable, 0)
	g.b.Export("m", core.ExternMemory, 0)
	g.b.Export("realloc", core.ExternFunc, realloc.Index)
	g.b.Export("dtor", core.ExternFunc, dtor.Index)
	g.b.Data(textAt, []byte("some text that is ASCII, and some – …ö€𝄞 – that is not. Then there is no end of it\xff\xfe"))
	junk := make([]byte, 64)
	for i := range junk {
		junk[i] = byte(g.n(256))
	}
	g.b.Data(resultAt, junk)
	return g.b.Encode()
}

// mainModule has the functions that the component exports, and calls imports.
func (g *guest) mainModule(fts []*wit.FuncType) []byte {
	g.b = &core.Builder{}
	var fill []uint32
	for _, slot := range g.low {
		s := g.sigs[slot]
		fill = append(fill, g.b.ImportFunc("low", fmt.Sprint(slot), g.b.Type(s.params, s.results)))
	}
	g.b.ImportTable("env", "t", core.TableType{Elem: core.FuncRef, Range: core.Range{Min: slots}})
	g.b.ImportMemory("env", "m", core.MemoryType{Range: core.Range{Min: 1}})
	g.globals()
	for i, ft := range fts {
		lifted := canon.FlattenFuncType(ft, canon.Lift)
		s := signature{coreVals(lifted.Params), coreVals(lifted.Results)}
		f := g.function(s, func(f *core.Func) { g.honest(f, i, s) })
		g.b.Export(hostileNames[i], core.ExternFunc, f.Index)
		post := g.function(signature{s.results, nil}, nil)
		g.b.Export("post-"+hostileNames[i], core.ExternFunc, post.Index)
	}
	if g.rarely(8) {
		g.b.Start(g.function(signature{}, nil).Index)
	}
	for i, slot := range g.low {
		g.b.Elem(0, uint32(slot), fill[i])
	}
	return g.b.Encode()
}

// honest is what function i should do: pass the call on, or end it.
func (g *guest) honest(f *core.Func, i int, s signature) {
	name := hostileNames[i]
	if name == "go" && !g.leaf {
		f.LocalGet(0)
		g.call(f, 0) // mk
		f.GlobalSet(g.kept[0]).GlobalGet(g.kept[0]).I32(textAt).I32(int32(g.n(90)))
		g.call(f, 1) // use
		f.GlobalSet(g.kept[1]).GlobalGet(g.kept[0])
		g.call(f, 2) // take
		g.call(f, slotDrop)
	}
	switch {
	case !g.leaf:
		for p := range s.params {
			f.LocalGet(uint32(p))
		}
		spilled := len(g.sigs[i].params) > len(s.params)
		if spilled {
			f.I32(scratchAt)
		}
		g.call(f, i)
		if spilled {
			f.I32(scratchAt)
		}
	case name == "mk":
		f.LocalGet(0)
		g.call(f, slotNew)
	case name == "f":
		for _, t := range s.results {
			if t != core.I32 {
				g.push(f, t, nil)
			} else {
				f.I32(resultAt * int32(g.n(2)))
			}
		}
	default:
		f.LocalGet(0)
	}
}
