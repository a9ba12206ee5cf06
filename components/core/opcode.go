package core

// Opcode is an instruction's opcode. Opcodes after a prefix byte have 0x100 (0xfc), 0x200 (0xfd) or 0x400
// (0xfe) added to the number after the prefix.
type Opcode uint16

const (
	opMisc   Opcode = 0x100
	opVector Opcode = 0x200
	opAtomic Opcode = 0x400
)

// opInfo says what follows an opcode in the binary, and what it does to the operand stack.
type opInfo struct {
	name    string
	class   opClass
	imm     immKind
	sig     sig    // of classPlain
	align   uint8  // log2 of the natural alignment of a memory access
	lanes   uint8  // number of lanes of a lane immediate
	feature string // of classUnsupported
}

type opClass uint8

const (
	classUnknown     opClass = iota // no such instruction
	classUnsupported                // an instruction of a feature that is not supported
	classPrefix                     // the next number is part of the opcode
	classPlain                      // sig says all about the operands
	classSpecial                    // the operands depend on immediates
	classBlock                      // opens a block
	classElse
	classEnd
)

const (
	legacyExceptions = "the earlier exception handling (try, catch, delegate)"
	gc               = "garbage collection (an instruction on structs, arrays or i31)"
	stackSwitching   = "stack switching (an instruction on continuations)"
	memoryControl    = "memory control"
	wideArithmetic   = "wide arithmetic"
)

type immKind uint8

const (
	immNone       immKind = iota
	immIndex              // one index: in.a
	immIndex2             // two indices: in.a, in.b
	immMemory             // a memory's index
	immMemory2            // two memories' indices
	immDataMemory         // a data segment's index (in.a) and a memory's
	immMemArg             // log2 of alignment (in.a) and offset (in.v)
	immMemArgLane         // the same and a lane (in.b)
	immLane               // in.b
	immShuffle            // 16 lanes
	immV128               // 16 bytes
	immI32                // in.v
	immI64                // in.v
	immF32                // 4 bytes
	immF64                // 8 bytes
	immHeapType           // in.ref, nullable
	immTypes              // a list of value types: types
	immFence              // a zero byte
	immBlock              // a block type: in.block
	immBrTable            // labels, of which the last is the default
	immTryTable           // in.block and catches
)

// sig packs the operands of an instruction without polymorphism: up to three operands of 3 bits, the
// first in the lowest; at bit 9 the result; at bit 12 the number of operands. See sigVal.
type sig uint16

func (s sig) operands() int { return int(s >> 12) }

// operand is the type of operand i, and the result is that of operand 3; unknown if there is none.
func (s sig) operand(i int) ValType { return sigVal[s>>(3*i)&7] }

func (s sig) result() ValType { return s.operand(3) }

// sigVal is what the 3 bits of a sig mean.
var sigVal = [8]ValType{1: I32, 2: I64, 3: F32, 4: F64, 5: V128}

// The names spell the types: I for i32, L for i64, F for f32, D for f64, V for v128.
const (
	sigTo     sig = 0
	sigToD    sig = 4 << 9
	sigToF    sig = 3 << 9
	sigToI    sig = 1 << 9
	sigToL    sig = 2 << 9
	sigToV    sig = 5 << 9
	sigDToD   sig = 4<<0 | 4<<9 | 1<<12
	sigDToF   sig = 4<<0 | 3<<9 | 1<<12
	sigDToI   sig = 4<<0 | 1<<9 | 1<<12
	sigDToL   sig = 4<<0 | 2<<9 | 1<<12
	sigDToV   sig = 4<<0 | 5<<9 | 1<<12
	sigFToD   sig = 3<<0 | 4<<9 | 1<<12
	sigFToF   sig = 3<<0 | 3<<9 | 1<<12
	sigFToI   sig = 3<<0 | 1<<9 | 1<<12
	sigFToL   sig = 3<<0 | 2<<9 | 1<<12
	sigFToV   sig = 3<<0 | 5<<9 | 1<<12
	sigIToD   sig = 1<<0 | 4<<9 | 1<<12
	sigIToF   sig = 1<<0 | 3<<9 | 1<<12
	sigIToI   sig = 1<<0 | 1<<9 | 1<<12
	sigIToL   sig = 1<<0 | 2<<9 | 1<<12
	sigIToV   sig = 1<<0 | 5<<9 | 1<<12
	sigIDTo   sig = 1<<0 | 4<<3 | 2<<12
	sigIFTo   sig = 1<<0 | 3<<3 | 2<<12
	sigIITo   sig = 1<<0 | 1<<3 | 2<<12
	sigILTo   sig = 1<<0 | 2<<3 | 2<<12
	sigIVTo   sig = 1<<0 | 5<<3 | 2<<12
	sigLToD   sig = 2<<0 | 4<<9 | 1<<12
	sigLToF   sig = 2<<0 | 3<<9 | 1<<12
	sigLToI   sig = 2<<0 | 1<<9 | 1<<12
	sigLToL   sig = 2<<0 | 2<<9 | 1<<12
	sigLToV   sig = 2<<0 | 5<<9 | 1<<12
	sigVToD   sig = 5<<0 | 4<<9 | 1<<12
	sigVToF   sig = 5<<0 | 3<<9 | 1<<12
	sigVToI   sig = 5<<0 | 1<<9 | 1<<12
	sigVToL   sig = 5<<0 | 2<<9 | 1<<12
	sigVToV   sig = 5<<0 | 5<<9 | 1<<12
	sigDDToD  sig = 4<<0 | 4<<3 | 4<<9 | 2<<12
	sigDDToI  sig = 4<<0 | 4<<3 | 1<<9 | 2<<12
	sigFFToF  sig = 3<<0 | 3<<3 | 3<<9 | 2<<12
	sigFFToI  sig = 3<<0 | 3<<3 | 1<<9 | 2<<12
	sigIIToI  sig = 1<<0 | 1<<3 | 1<<9 | 2<<12
	sigIIITo  sig = 1<<0 | 1<<3 | 1<<6 | 3<<12
	sigILToL  sig = 1<<0 | 2<<3 | 2<<9 | 2<<12
	sigIVToV  sig = 1<<0 | 5<<3 | 5<<9 | 2<<12
	sigLLToI  sig = 2<<0 | 2<<3 | 1<<9 | 2<<12
	sigLLToL  sig = 2<<0 | 2<<3 | 2<<9 | 2<<12
	sigVDToV  sig = 5<<0 | 4<<3 | 5<<9 | 2<<12
	sigVFToV  sig = 5<<0 | 3<<3 | 5<<9 | 2<<12
	sigVIToV  sig = 5<<0 | 1<<3 | 5<<9 | 2<<12
	sigVLToV  sig = 5<<0 | 2<<3 | 5<<9 | 2<<12
	sigVVToV  sig = 5<<0 | 5<<3 | 5<<9 | 2<<12
	sigIIIToI sig = 1<<0 | 1<<3 | 1<<6 | 1<<9 | 3<<12
	sigIILToI sig = 1<<0 | 1<<3 | 2<<6 | 1<<9 | 3<<12
	sigILLToI sig = 1<<0 | 2<<3 | 2<<6 | 1<<9 | 3<<12
	sigILLToL sig = 1<<0 | 2<<3 | 2<<6 | 2<<9 | 3<<12
	sigVVVToV sig = 5<<0 | 5<<3 | 5<<6 | 5<<9 | 3<<12
)

// infoOf is the table entry of op, and that of an unknown instruction if there is none.
func infoOf(op Opcode) *opInfo {
	switch {
	case op < opMisc:
		return &plainOps[op]
	case op < opVector:
		if i := int(op - opMisc); i < len(miscOps) {
			return &miscOps[i]
		}
	case op < opAtomic:
		if i := int(op - opVector); i < len(vectorOps) {
			return &vectorOps[i]
		}
	default:
		if i := int(op - opAtomic); i < len(atomicOps) {
			return &atomicOps[i]
		}
	}
	return &unknownOp
}

var unknownOp = opInfo{}

// String is the instruction's name in the text format.
func (op Opcode) String() string { return infoOf(op).name }
