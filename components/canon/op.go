package canon

// Op is one operation. Which fields mean something depends on Code; unused
// register fields are NoReg where that matters. The zero Op is not valid.
type Op struct {
	Code Code
	// Side is whose memory, realloc, instance flags or handle table is used, and
	// whose fault a trap is; for operations between two memories it is the
	// destination's.
	Side Side
	// Src is the side of the source, for operations between two memories.
	Src Side
	// Dst is written; A, B and C are read. Dst2 is a second result.
	Dst, Dst2, A, B, C Reg
	// Imm is the immediate: a constant, an offset, a size, a kind.
	Imm uint64
	// Imm2 is a second immediate: an alignment, a number of cases.
	Imm2 uint32
	// Trap is what goes wrong if the operation's check fails.
	Trap TrapCode
	// Body, Else and Cases are nested operations.
	Body, Else []Op
	Cases      [][]Op
	// Regs are the operands of calls, and Outs their results.
	Regs, Outs []Reg
}

// Code says what an operation does. The comments give its meaning; "mem" is the
// memory of Side, bytes are little-endian, and arithmetic wraps.
type Code uint8

const (
	// Control.
	OpIf     Code = iota + 1 // if A != 0 { Body } else { Else }
	OpSwitch                 // run Cases[A], which may be empty; A (I32) is known to be in range
	OpLoop                   // run Body A (I32, unsigned) times
	OpTrap                   // trap with code Trap, or, if A is a register (I32), with the code in it

	// Constants and moves.
	OpConst // Dst = Imm (bits, of Dst's type)
	OpMove  // Dst = A, of any one type; a value is shared

	// Integers.
	OpAdd       // Dst = A + B        (I32)
	OpAddImm    // Dst = A + Imm      (I32)
	OpMulImm    // Dst = A * Imm      (I32)
	OpAndImm    // Dst = A & Imm      (I32)
	OpOr        // Dst = A | B        (I32)
	OpShlImm    // Dst = A << Imm     (I32)
	OpShrImm    // Dst = A >> Imm, unsigned (I32)
	OpBool      // Dst = A != 0 ? 1 : 0 (I32)
	OpExtend8S  // Dst = sign-extended low 8 bits of A (I32)
	OpExtend16S // Dst = sign-extended low 16 bits of A (I32)

	// Conversions between register types, for the joined flat types of variants.
	OpWrap            // I32 = low half of I64 A
	OpExtendU         // I64 = I32 A, zero-extended
	OpReinterpretI32  // I32 = bits of F32 A
	OpReinterpretI64  // I64 = bits of F64 A
	OpReinterpretF32  // F32 = bits of I32 A
	OpReinterpretF64  // F64 = bits of I64 A
	OpCanonicalizeF32 // Dst = A, or the canonical NaN if A is a NaN (F32)
	OpCanonicalizeF64 // Dst = A, or the canonical NaN if A is a NaN (F64)

	// Checks.
	OpTrapIfGE   // trap with Trap if A >= Imm, unsigned (I32)
	OpCheckChar  // trap with TrapInvalidChar if A is no Unicode scalar value (I32)
	OpByteLength // Dst (I64) = A (I32, unsigned) * Imm; trap with Trap if Dst > MAX_LIST_BYTE_LENGTH
	OpCheckRange // trap with TrapUnaligned if A (I32) is not a multiple of Imm2; with TrapOutOfBounds if A + B (I64) exceeds mem's length; B may be NoReg: then Imm is the length

	// Memory, at address A + Imm; the range was checked before.
	OpLoad8U
	OpLoad8S
	OpLoad16U
	OpLoad16S
	OpLoad32
	OpLoad64
	OpLoadF32
	OpLoadF64
	OpStore8 // mem[A+Imm] = B
	OpStore16
	OpStore32
	OpStore64
	OpStoreF32
	OpStoreF64
	OpCopy // mem[A..A+C] = memory of Src[B..B+C]; A, B I32, C I64; both ranges were checked
	// OpRealloc calls realloc(0, 0, Imm2, B) where B (I64) is the byte length, or
	// Imm when B is NoReg; Dst (I32) is its result, checked for alignment Imm2
	// (TrapUnaligned) and for bounds (TrapOutOfBounds).
	OpRealloc

	// OpString moves a string from the memory of Src (pointer A, tagged code units
	// B, checked here) to mem: realloc as the encodings require, transcode; Dst is
	// the pointer, Dst2 the tagged code units (load_string_from_range,
	// store_string_into_range). They are other registers than A and B.
	OpString
	// OpCheckUTF8 traps with TrapInvalidUTF8 if the bytes [A, A+B) of mem (A, B I32;
	// the range was checked) are not valid UTF-8. No Program has it: linker/fuse
	// calls it for strings that it has copied itself.
	OpCheckUTF8

	// Values. A value is what the host keeps a component-level value in.
	OpValueScalar    // Dst (Value) = A as a scalar of wit.Kind Imm (Bool … Char)
	OpScalarValue    // Dst (core) = the scalar of wit.Kind Imm in value A; a value of another kind, or a char that is no Unicode scalar value, is a caller's error
	OpValueFlags     // Dst (Value) = flags A, Imm2 labels
	OpFlagsValue     // Dst (I32) = the bits of flags value A; more than Imm2 labels set is a caller's error
	OpValueNew       // Dst (Value) = new record, tuple (wit.Kind Imm) of Imm2 parts, or list of A (I32) parts if Imm is List
	OpValuePut       // part Imm of value Dst = value A; if B is a register (I32) the part is B
	OpValuePart      // Dst (Value) = part Imm of value A; if B is a register (I32) the part is B
	OpValueLen       // Dst (I32) = number of parts of value A, which is of wit.Kind Imm (List, Record, Tuple), otherwise a caller's error; Imm2, when not 0, is the number it must have
	OpValueVariant   // Dst (Value) = case Imm2 of a variant, enum, option or result (wit.Kind Imm); payload A or NoReg; if B is a register (I32) the case is B
	OpVariantCase    // Dst (I32) = case of value A (wit.Kind Imm); Imm2 is the number of cases: a larger one is a caller's error
	OpVariantPayload // Dst (Value) = payload of value A; absent is a caller's error
	OpStringToValue  // Dst (Value) = string at pointer A, tagged code units B of Side, checked here
	OpValueToString  // value A to mem, as OpString: Dst pointer, Dst2 tagged code units
	OpPackedToValue  // Dst (Value) = list of numbers of wit.Kind Imm: A pointer, B length in elements, range checked before; NaNs as they are
	OpValueToPacked  // value A, a list of numbers of wit.Kind Imm, to mem with realloc: Dst pointer, Dst2 length
	OpValueHandle    // Dst (Value) = handle with representation A (I32), resource Imm; Imm2 is 1 if borrowed
	OpHandleValue    // Dst (I32) = representation of handle value A, resource Imm; Imm2 is 1 for a borrow. An own is given up by the host.

	// Handles (lift_own, lift_borrow, lower_own, lower_borrow), in the table of
	// Side's instance; Imm is the index into Program.Resources.
	OpLiftOwn     // Dst = representation; A = handle index
	OpLiftBorrow  // Dst = representation; A = handle index; lends it to the current call
	OpLowerOwn    // Dst = handle index; A = representation
	OpLowerBorrow // Dst = handle index, or the representation if Side's instance defined the resource; A = representation
	// Canonical definitions of resources, in the table of the Caller's instance.
	OpResourceNew  // Dst = handle index; A = representation
	OpResourceRep  // Dst = representation; A = handle index
	OpResourceDrop // drops handle A; runs the destructor of an own

	// Instance state.
	OpCheckMayLeave // trap with TrapCannotLeave if Side's may_leave is false
	OpSetMayLeave   // Side's may_leave = Imm
	OpEnter         // trap with TrapCannotEnter unless may_enter holds for the callee's entering set; then clear it (enter_from)
	OpLeave         // set it again (leave_to)
	// OpBeginCall opens the scope of borrows of one call: a Task for the callee, a
	// Subtask for the caller. Present only where the type has borrows. Scopes nest
	// as calls do, and operations on the innermost one may come from different
	// Programs, because those of a fused adapter are run one by one (Outline).
	OpBeginCall
	OpCheckBorrows // trap with TrapBorrowsLeft if the callee's task still holds borrows (Task.return_)
	OpEndCall      // give back what the caller lent (deliver_resolve); close the scope

	// Calls.
	OpCallCore       // Outs = the callee's core function (Regs)
	OpCallPostReturn // the callee's post-return (Regs)
	OpCallHost       // Outs (0 or 1 value) = the host's function (Regs, values)
)
