package fuse

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
)

// byteLength emits OpByteLength.
func (e *emitter) byteLength(o *canon.Op) {
	e.get(o.A)
	e.Op(core.OpI64ExtendI32U).I64(int64(o.Imm)).Op(core.OpI64Mul).LocalTee(uint32(o.Dst))
	e.I64(canon.MaxListByteLength).Op(core.OpI64GtU)
	e.trapIf(o.Trap, o.Side)
}

// checkRange emits OpCheckRange.
func (e *emitter) checkRange(o *canon.Op) { e.checkAt(o.A, o.B, o) }

// checkAt checks a range at ptr whose length is in a register or o.Imm.
func (e *emitter) checkAt(ptr, size canon.Reg, o *canon.Op) {
	if o.Imm2 > 1 {
		e.get(ptr)
		e.I32(int32(o.Imm2 - 1)).Op(core.OpI32And)
		e.trapIf(canon.TrapUnaligned, o.Side)
	}
	e.get(ptr)
	e.Op(core.OpI64ExtendI32U)
	if size != canon.NoReg {
		e.get(size)
	} else {
		e.I64(int64(o.Imm))
	}
	e.Op(core.OpI64Add)
	e.memorySize(o.Side)
	e.Op(core.OpI64GtU)
	e.trapIf(canon.TrapOutOfBounds, o.Side)
}

// memorySize pushes the size of a side's memory in bytes.
func (e *emitter) memorySize(side canon.Side) {
	if side == canon.Callee {
		emitMemorySize(&e.Code)
		return
	}
	e.Call(e.m.imports.accessor(e.m.mems[side], sizeName))
}

// realloc emits OpRealloc.
func (e *emitter) realloc(o *canon.Op) {
	e.I32(0).I32(0).I32(int32(o.Imm2))
	if o.B != canon.NoReg {
		e.get(o.B)
		e.Op(core.OpI32WrapI64)
	} else {
		e.I32(int32(o.Imm))
	}
	e.callRealloc(o.Side)
	e.set(o.Dst)
	e.checkAt(o.Dst, o.B, o)
}

// callRealloc calls a side's realloc with what is on the stack.
func (e *emitter) callRealloc(side canon.Side) {
	i := core.I32
	ref := e.m.imports.ref(e.call.Side[side].Realloc)
	e.Call(e.m.imports.fn(ref, []core.ValType{i, i, i, i}, []core.ValType{i}))
}

// memoryAccess is what loads and stores become: an instruction on the memory of
// the module, or a function of the accessor.
var memoryAccess = map[canon.Code]*access{
	canon.OpLoad8U: accessNamed("load8_u"), canon.OpLoad8S: accessNamed("load8_s"),
	canon.OpLoad16U: accessNamed("load16_u"), canon.OpLoad16S: accessNamed("load16_s"),
	canon.OpLoad32: accessNamed("load32"), canon.OpLoad64: accessNamed("load64"),
	canon.OpLoadF32: accessNamed("load_f32"), canon.OpLoadF64: accessNamed("load_f64"),
	canon.OpStore8: accessNamed("store8"), canon.OpStore16: accessNamed("store16"),
	canon.OpStore32: accessNamed("store32"), canon.OpStore64: accessNamed("store64"),
	canon.OpStoreF32: accessNamed("store_f32"), canon.OpStoreF64: accessNamed("store_f64"),
}

func accessNamed(name string) *access {
	for i := range accesses {
		if accesses[i].name == name {
			return &accesses[i]
		}
	}
	panic("fuse: no access " + name)
}

// access emits a load or store.
func (e *emitter) access(o *canon.Op, a *access) {
	e.get(o.A)
	if o.Side == canon.Caller && o.Imm != 0 {
		e.I32(int32(o.Imm)).Op(core.OpI32Add)
	}
	if a.store {
		e.get(o.B)
	}
	if o.Side == canon.Caller {
		e.Call(e.m.imports.accessor(e.m.mems[canon.Caller], a.name))
	} else {
		e.Mem(a.op, 0, uint32(o.Imm))
	}
	if !a.store {
		e.set(o.Dst)
	}
}
