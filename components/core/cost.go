package core

// Work is measured in units. A unit is about 0.1 to 0.2 ns of ordinary code on the machines of 2025, and
// at worst, in code made to be slow (loads that miss every cache, first touches of pages, denormal
// numbers, divisions), about 25 ns. The weights below are what brings the two that near to each other:
// an instruction weighs what it takes when it goes badly.
const (
	// DefaultBudget is the units of work between two calls of the check: in ordinary code 10 to 20 µs, of
	// which a check takes well below 1%; at worst a few ms.
	DefaultBudget = 100_000

	// maxPath is how much work may lie between two checks on a path. Less means more checks, and more
	// means to count more that is not done, because a check counts the heaviest path behind it.
	maxPath = 384

	// maxFresh is how much a function may do before its first check, which its callers count, if they do
	// not know which function it is: if it is called by reference, from another module, or recursively.
	maxFresh = 64

	// maxCopied is how many loops of a function have copies of their bodies.
	maxCopied = 64

	// maxTail is the cost, after a call that may recurse, up to which a function needs no check where it
	// returns. A million frames may return one after the other.
	maxTail = 3

	// chainTail is the same for functions that do not recurse, for all functions that may be active at
	// once together.
	chainTail = 100_000

	// chunk is the number of bytes that an instruction on a range of memory works on between checks, and
	// tableChunk the number of elements for tables.
	chunk      = 64 << 10
	tableChunk = 4 << 10

	// bytesPerUnit is how many bytes of such a range count as a unit.
	bytesPerUnit = 32

	// inlineBytes is the length up to which memory.copy and memory.fill stay where they are.
	inlineBytes = 1 << 10
	inlineCost  = 20 + inlineBytes/bytesPerUnit
)

// opCost is the weight of every instruction but calls. What compilers make disappear weighs nothing; what
// may move a value weighs 1.
func opCost(in *inst) int {
	switch op := in.op; {
	case op >= OpI32Load && op <= OpI64Store32:
		return 4
	case op >= opAtomic:
		return atomicCost(op)
	case op >= opVector:
		if in.info.imm == immMemArg || in.info.imm == immMemArgLane {
			return 4
		}
		return 2
	case op >= opMisc:
		return miscCost(op)
	case op >= OpF32Abs && op <= OpF64Copysign:
		return floatCost(op)
	case op >= OpI32DivS && op <= OpI32RemU || op >= OpI64DivS && op <= OpI64RemU:
		return 4
	case op >= OpI32TruncF32S && op <= OpF64PromoteF32:
		return 2
	default:
		return plainCost(op)
	}
}

func plainCost(op Opcode) int {
	switch op {
	case OpUnreachable, OpNop, OpBlock, OpLoop, OpElse, OpEnd, OpDrop, OpLocalGet,
		OpI32Const, OpI64Const, OpF32Const, OpF64Const, OpRefNull:
		return 0
	case OpGlobalGet, OpGlobalSet:
		return 1
	case OpTableGet, OpTableSet:
		return 8
	case OpBrTable:
		return 8
	case OpMemoryGrow, OpThrow, OpThrowRef:
		return 500
	case OpTryTable:
		return 50
	}
	return 1
}

func floatCost(op Opcode) int {
	switch op {
	case OpF32Abs, OpF32Neg, OpF32Copysign, OpF64Abs, OpF64Neg, OpF64Copysign:
		return 1
	case OpF32Div, OpF64Div, OpF32Sqrt, OpF64Sqrt:
		return 4
	}
	return 2
}

func miscCost(op Opcode) int {
	switch op {
	case OpMemoryCopy, OpMemoryFill, OpMemoryInit:
		return inlineCost
	case OpTableInit, OpTableCopy, OpTableFill, OpTableGrow:
		return 50
	}
	return 4
}

func atomicCost(op Opcode) int {
	switch op {
	case OpMemoryAtomicNotify, OpMemoryAtomicWait32, OpMemoryAtomicWait64:
		return 500
	}
	return 16
}
