package core

import (
	"encoding/binary"
	"math"
)

// Code is a sequence of instructions being written. Its methods append one instruction each and check
// nothing: what is generated is checked by decoding and validating it.
type Code struct{ b []byte }

// Op appends an instruction without immediates.
func (c *Code) Op(ops ...Opcode) *Code {
	for _, op := range ops {
		c.b = appendOpcode(c.b, op)
	}
	return c
}

// Idx appends an instruction with one index: local.get, global.set, call, br, throw, table.get, ...
func (c *Code) Idx(op Opcode, index uint32) *Code {
	c.b = appendU32(appendOpcode(c.b, op), index)
	return c
}

// Idx2 appends an instruction with two indices in the binary's order: call_indirect (type, table),
// table.init (segment, table), table.copy (to, from), memory.init (segment, 0), memory.copy (0, 0).
func (c *Code) Idx2(op Opcode, first, second uint32) *Code {
	c.b = appendU32(appendU32(appendOpcode(c.b, op), first), second)
	return c
}

// LocalGet appends local.get.
func (c *Code) LocalGet(i uint32) *Code { return c.Idx(OpLocalGet, i) }

// LocalSet appends local.set.
func (c *Code) LocalSet(i uint32) *Code { return c.Idx(OpLocalSet, i) }

// LocalTee appends local.tee.
func (c *Code) LocalTee(i uint32) *Code { return c.Idx(OpLocalTee, i) }

// GlobalGet appends global.get.
func (c *Code) GlobalGet(i uint32) *Code { return c.Idx(OpGlobalGet, i) }

// GlobalSet appends global.set.
func (c *Code) GlobalSet(i uint32) *Code { return c.Idx(OpGlobalSet, i) }

// Call appends call.
func (c *Code) Call(f uint32) *Code { return c.Idx(OpCall, f) }

// Br appends br to the label that many blocks out.
func (c *Code) Br(depth uint32) *Code { return c.Idx(OpBr, depth) }

// BrIf appends br_if.
func (c *Code) BrIf(depth uint32) *Code { return c.Idx(OpBrIf, depth) }

// BrTable appends br_table.
func (c *Code) BrTable(labels []uint32, fallback uint32) *Code {
	c.b = appendLabels(append(c.b, byte(OpBrTable)), append(append([]uint32(nil), labels...), fallback))
	return c
}

// I32 appends i32.const.
func (c *Code) I32(v int32) *Code {
	c.b = appendS64(append(c.b, byte(OpI32Const)), int64(v))
	return c
}

// I64 appends i64.const.
func (c *Code) I64(v int64) *Code {
	c.b = appendS64(append(c.b, byte(OpI64Const)), v)
	return c
}

// F32 appends f32.const.
func (c *Code) F32(v float32) *Code {
	c.b = binary.LittleEndian.AppendUint32(append(c.b, byte(OpF32Const)), math.Float32bits(v))
	return c
}

// F64 appends f64.const.
func (c *Code) F64(v float64) *Code {
	c.b = binary.LittleEndian.AppendUint64(append(c.b, byte(OpF64Const)), math.Float64bits(v))
	return c
}

// V128 appends v128.const of two 64-bit lanes.
func (c *Code) V128(low, high uint64) *Code {
	c.b = appendOpcode(c.b, OpV128Const)
	c.b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(c.b, low), high)
	return c
}

// Mem appends a load, a store or an atomic access: align is the log2 of the alignment to promise.
func (c *Code) Mem(op Opcode, align uint8, offset uint32) *Code {
	c.b = appendU32(appendU32(appendOpcode(c.b, op), uint32(align)), offset)
	return c
}

// Lane appends an instruction on one lane of a vector.
func (c *Code) Lane(op Opcode, lane uint8) *Code {
	c.b = append(appendOpcode(c.b, op), lane)
	return c
}

// MemLane appends a load or store of one lane of a vector.
func (c *Code) MemLane(op Opcode, align uint8, offset uint32, lane uint8) *Code {
	c.Mem(op, align, offset)
	c.b = append(c.b, lane)
	return c
}

// Shuffle appends i8x16.shuffle.
func (c *Code) Shuffle(lanes [16]byte) *Code {
	c.b = append(appendOpcode(c.b, OpI8x16Shuffle), lanes[:]...)
	return c
}

// Select appends select with the type of its operands.
func (c *Code) Select(t ValType) *Code {
	c.b = appendValTypes(append(c.b, byte(OpSelectTyped)), []ValType{t})
	return c
}

// Block appends block, loop or if (op) without parameters and with at most one result.
func (c *Code) Block(op Opcode, result ...ValType) *Code {
	var t blockType
	if len(result) > 0 {
		t.val = result[0]
	}
	c.b = appendBlockType(append(c.b, byte(op)), t)
	return c
}

// BlockOf appends block, loop or if (op) of a function type.
func (c *Code) BlockOf(op Opcode, typeIndex uint32) *Code {
	c.b = appendBlockType(append(c.b, byte(op)), blockType{index: typeIndex, indexed: true})
	return c
}

// Else appends else.
func (c *Code) Else() *Code { return c.Op(OpElse) }

// End appends end.
func (c *Code) End() *Code { return c.Op(OpEnd) }

// RefNull appends ref.null of funcref, externref, exnref or a nullable reference to a defined type.
func (c *Code) RefNull(t ValType) *Code {
	c.b = appendHeapType(append(c.b, byte(OpRefNull)), t)
	return c
}

// MemoryOp appends memory.size, memory.grow, memory.fill or memory.copy.
func (c *Code) MemoryOp(op Opcode) *Code {
	c.b = append(appendOpcode(c.b, op), 0)
	if op == OpMemoryCopy {
		c.b = append(c.b, 0)
	}
	return c
}

// Raw appends instructions that are already encoded.
func (c *Code) Raw(b []byte) *Code {
	c.b = append(c.b, b...)
	return c
}

// Bytes is what was written so far.
func (c *Code) Bytes() []byte { return c.b }
