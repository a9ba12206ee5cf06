package preview1

import (
	"strconv"

	"github.com/sidecall/sidecall/components/core"
)

// slot is a function of the adapter's that exists only once the program does: it is called
// through a table.
type slot struct {
	// name is that of the import: module and name.
	name string
	typ  core.FuncType
}

// Names of what memoryModule exports, beside those that the adapter imports.
const (
	tableName         = "table"
	mainRealloc       = "main-realloc"
	arenaMark         = "mark"
	arenaReset        = "reset"
	arenaTarget       = "target"
	arenaRealloc      = "realloc"
	hasFiles          = "files"
	minimumArenaAlign = 16
)

// memoryModule makes the adapter's memory of at least pages, with the arena that begins at
// heap, and the table with a function for each slot.
func memoryModule(pages, heap uint32, slots []slot, files bool) []byte {
	b := &core.Builder{}
	i32 := core.I32
	b.Memory(core.MemoryType{Range: core.Range{Min: pages}})
	b.Export(memoryName, core.ExternMemory, 0)
	mutable := core.GlobalType{Val: i32, Mutable: true}
	heap = (heap + minimumArenaAlign - 1) &^ (minimumArenaAlign - 1)
	top := b.Global(mutable, new(core.Code).I32(int32(heap)))
	target := b.Global(mutable, new(core.Code).I32(0))
	room := b.Global(mutable, new(core.Code).I32(0))

	f := b.Func(b.Type(nil, []core.ValType{i32}))
	f.GlobalGet(top)
	b.Export(arenaMark, core.ExternFunc, f.Index)

	f = b.Func(b.Type([]core.ValType{i32}, nil))
	f.LocalGet(0).GlobalSet(top)
	b.Export(arenaReset, core.ExternFunc, f.Index)

	f = b.Func(b.Type([]core.ValType{i32, i32}, nil))
	f.LocalGet(0).GlobalSet(target)
	f.LocalGet(1).GlobalSet(room)
	b.Export(arenaTarget, core.ExternFunc, f.Index)

	realloc := b.Type([]core.ValType{i32, i32, i32, i32}, []core.ValType{i32})
	f = b.Func(realloc)
	growingRealloc(f, top)
	b.Export(arenaRealloc, core.ExternFunc, f.Index)

	// In the program's memory there is one place for one list, whose size is known.
	f = b.Func(realloc)
	f.LocalGet(0).LocalGet(1).Op(core.OpI32Or)
	f.LocalGet(3).GlobalGet(room).Op(core.OpI32GtU, core.OpI32Or)
	f.Block(core.OpIf).Op(core.OpUnreachable).End()
	f.GlobalGet(target)
	b.Export(mainRealloc, core.ExternFunc, f.Index)

	f = b.Func(b.Type(nil, []core.ValType{i32}))
	if files {
		f.I32(1)
	} else {
		f.I32(0)
	}
	b.Export(hasFiles, core.ExternFunc, f.Index)

	n := uint32(len(slots))
	table := b.Table(core.TableType{Elem: core.FuncRef, Range: core.Range{Min: n, Max: n, HasMax: true}})
	b.Export(tableName, core.ExternTable, table)
	for i, s := range slots {
		t := b.Type(s.typ.Params, s.typ.Results)
		f := b.Func(t)
		for k := range s.typ.Params {
			f.LocalGet(uint32(k))
		}
		f.I32(int32(i)).Idx2(core.OpCallIndirect, t, table)
		b.Export(s.name, core.ExternFunc, f.Index)
	}
	return b.Encode()
}

// growingRealloc is realloc(old, old size, alignment, size) at the arena's top. It traps if
// the memory cannot grow. It computes in 64 bits, which do not overflow.
func growingRealloc(f *core.Func, top uint32) {
	at, end, have := f.Local(core.I64), f.Local(core.I64), f.Local(core.I64)
	f.GlobalGet(top).Op(core.OpI64ExtendI32U).LocalGet(2).Op(core.OpI64ExtendI32U, core.OpI64Add).I64(1).Op(core.OpI64Sub)
	f.I64(0).LocalGet(2).Op(core.OpI64ExtendI32U, core.OpI64Sub, core.OpI64And).LocalTee(at)
	f.LocalGet(3).Op(core.OpI64ExtendI32U, core.OpI64Add).LocalTee(end)
	f.I64(1 << 32).Op(core.OpI64GeU).Block(core.OpIf).Op(core.OpUnreachable).End()
	f.LocalGet(end).Idx(core.OpMemorySize, 0).Op(core.OpI64ExtendI32U).I64(16).Op(core.OpI64Shl).LocalTee(have)
	f.Op(core.OpI64GtU).Block(core.OpIf)
	f.LocalGet(end).LocalGet(have).Op(core.OpI64Sub).I64(1<<16-1).Op(core.OpI64Add).I64(16).Op(core.OpI64ShrU, core.OpI32WrapI64)
	f.Idx(core.OpMemoryGrow, 0).I32(-1).Op(core.OpI32Eq).Block(core.OpIf).Op(core.OpUnreachable).End()
	f.End()
	f.LocalGet(end).Op(core.OpI32WrapI64).GlobalSet(top)
	f.LocalGet(1).Block(core.OpIf)
	f.LocalGet(at).Op(core.OpI32WrapI64).LocalGet(0)
	f.LocalGet(1).LocalGet(3).LocalGet(1).LocalGet(3).Op(core.OpI32LtU, core.OpSelect)
	f.Idx2(core.OpMemoryCopy, 0, 0)
	f.End()
	f.LocalGet(at).Op(core.OpI32WrapI64)
}

// stubs makes a function that traps for each type, named by stubName.
func stubs(types []core.FuncType) []byte {
	b := &core.Builder{}
	for i, t := range types {
		f := b.Func(b.Type(t.Params, t.Results))
		f.Op(core.OpUnreachable)
		b.Export(stubName(i), core.ExternFunc, f.Index)
	}
	return b.Encode()
}

func stubName(i int) string { return "unused " + strconv.Itoa(i) }

// Names under which finishModule imports.
const (
	fromMemory = "memory"
	fromMain   = "main"
	fromLower  = "lower"
	runName    = "run"
)

// accessors are the functions that get at the program's memory.
var accessors = map[string]func(*core.Func){
	"main load8":   func(f *core.Func) { f.LocalGet(0).Mem(core.OpI32Load8U, 0, 0) },
	"main load32":  func(f *core.Func) { f.LocalGet(0).Mem(core.OpI32Load, 0, 0) },
	"main load64":  func(f *core.Func) { f.LocalGet(0).Mem(core.OpI64Load, 0, 0) },
	"main store8":  func(f *core.Func) { f.LocalGet(0).LocalGet(1).Mem(core.OpI32Store8, 0, 0) },
	"main store32": func(f *core.Func) { f.LocalGet(0).LocalGet(1).Mem(core.OpI32Store, 0, 0) },
	"main store64": func(f *core.Func) { f.LocalGet(0).LocalGet(1).Mem(core.OpI64Store, 0, 0) },
	"main pages":   func(f *core.Func) { f.Idx(core.OpMemorySize, 0) },
}

// finishModule fills the table, and runs the program: the functions named by starts in turn.
// memory is the type of the program's.
func finishModule(slots []slot, memory core.MemoryType, starts []string) []byte {
	b := &core.Builder{}
	funcs := make([]uint32, len(slots))
	for i, s := range slots {
		if accessors[s.name] == nil {
			funcs[i] = b.ImportFunc(fromLower, s.name, b.Type(s.typ.Params, s.typ.Results))
		}
	}
	var start []uint32
	for _, name := range starts {
		start = append(start, b.ImportFunc(fromMain, name, b.Type(nil, nil)))
	}
	if len(slots) > 0 {
		n := uint32(len(slots))
		table := b.ImportTable(fromMemory, tableName, core.TableType{Elem: core.FuncRef, Range: core.Range{Min: n, Max: n, HasMax: true}})
		b.ImportMemory(fromMain, memoryName, memory)
		for i, s := range slots {
			if write := accessors[s.name]; write != nil {
				f := b.Func(b.Type(s.typ.Params, s.typ.Results))
				write(f)
				funcs[i] = f.Index
			}
		}
		b.Elem(table, 0, funcs...)
	}
	run := b.Func(b.Type(nil, []core.ValType{core.I32}))
	for _, f := range start {
		run.Call(f)
	}
	run.I32(0)
	b.Export(runName, core.ExternFunc, run.Index)
	return b.Encode()
}
