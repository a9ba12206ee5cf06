package fuse

import "github.com/sidecall/sidecall/components/core"

// access is one function of an accessor: what it takes besides addresses, what it
// yields, and its instruction. Wide functions do the instruction several times:
// at two addresses, with these offsets.
type access struct {
	name    string
	op      core.Opcode
	val     core.ValType
	store   bool
	offsets []uint32 // of wide functions, for each of the two addresses
}

var accesses = []access{
	{"load8_u", core.OpI32Load8U, core.I32, false, nil},
	{"load8_s", core.OpI32Load8S, core.I32, false, nil},
	{"load16_u", core.OpI32Load16U, core.I32, false, nil},
	{"load16_s", core.OpI32Load16S, core.I32, false, nil},
	{"load32", core.OpI32Load, core.I32, false, nil},
	{"load64", core.OpI64Load, core.I64, false, nil},
	{"load_f32", core.OpF32Load, core.F32, false, nil},
	{"load_f64", core.OpF64Load, core.F64, false, nil},
	{"store8", core.OpI32Store8, core.I32, true, nil},
	{"store16", core.OpI32Store16, core.I32, true, nil},
	{"store32", core.OpI32Store, core.I32, true, nil},
	{"store64", core.OpI64Store, core.I64, true, nil},
	{"store_f32", core.OpF32Store, core.F32, true, nil},
	{"store_f64", core.OpF64Store, core.F64, true, nil},
	{"load16x2", core.OpI64Load, core.I64, false, []uint32{0, 8}},
	{"load8x2", core.OpI64Load, core.I64, false, []uint32{0}},
	{"load4x2", core.OpI64Load32U, core.I64, false, []uint32{0}},
	{"load1x2", core.OpI64Load8U, core.I64, false, []uint32{0}},
	{"store16x2", core.OpI64Store, core.I64, true, []uint32{0, 8}},
	{"store8x2", core.OpI64Store, core.I64, true, []uint32{0}},
	{"store4x2", core.OpI64Store32, core.I64, true, []uint32{0}},
	{"store1x2", core.OpI64Store8, core.I64, true, []uint32{0}},
}

// sizeName is the accessor's function for the memory's size in bytes.
const sizeName = "size"

// sig is the function's type: addresses, then what is stored.
func (a *access) sig() core.FuncType {
	t := core.FuncType{Params: []core.ValType{core.I32}}
	vals := []core.ValType{a.val}
	if a.offsets != nil {
		t.Params = append(t.Params, core.I32)
		vals = nil
		for range 2 * len(a.offsets) {
			vals = append(vals, a.val)
		}
	}
	if a.store {
		t.Params = append(t.Params, vals...)
	} else {
		t.Results = vals
	}
	return t
}

func accessorType(name string) core.FuncType {
	for i := range accesses {
		if accesses[i].name == name {
			return accesses[i].sig()
		}
	}
	return core.FuncType{Results: []core.ValType{core.I64}} // sizeName
}

// Accessor makes the module through which fused adapters reach a memory that is
// not their own: slot 0 is the instance that exports the memory, as memoryName.
// Nothing is checked in it but what the engine checks.
func Accessor(memoryName string) []byte {
	b := &core.Builder{}
	b.ImportMemory("0", memoryName, core.MemoryType{})
	for i := range accesses {
		a := &accesses[i]
		t := a.sig()
		f := b.Func(b.Type(t.Params, t.Results))
		a.emit(f)
		b.Export(a.name, core.ExternFunc, f.Index)
	}
	t := accessorType(sizeName)
	f := b.Func(b.Type(t.Params, t.Results))
	emitMemorySize(&f.Code)
	b.Export(sizeName, core.ExternFunc, f.Index)
	return b.Encode()
}

func (a *access) emit(f *core.Func) {
	addresses, offsets := uint32(2), a.offsets
	if offsets == nil {
		addresses, offsets = 1, []uint32{0}
	}
	next := addresses
	for address := range addresses {
		for _, off := range offsets {
			f.LocalGet(address)
			if a.store {
				f.LocalGet(next)
				next++
			}
			f.Mem(a.op, 0, off)
		}
	}
}

// emitMemorySize pushes the memory's size in bytes, an i64.
func emitMemorySize(c *core.Code) {
	const pageBits = 16
	c.MemoryOp(core.OpMemorySize).Op(core.OpI64ExtendI32U).I64(pageBits).Op(core.OpI64Shl)
}
