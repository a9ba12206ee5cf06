package canon

// TrapCode says why a guest trapped in the canonical ABI. As an error it is what
// functions return that find the fault; who runs the guest adds where it was.
type TrapCode uint8

const (
	TrapUnknown TrapCode = iota
	TrapUnreachable
	TrapOutOfBounds
	TrapUnaligned
	TrapStringTooLong
	TrapListTooLong
	TrapInvalidUTF8
	TrapInvalidUTF16
	TrapInvalidChar
	TrapInvalidDiscriminant
	TrapCannotLeave
	TrapCannotEnter
	TrapUnknownHandle
	TrapHandleType
	TrapHandleLent
	TrapHandleNotOwned
	TrapBorrowsLeft
	TrapTooManyHandles
	TrapMemoryFull

	// Faults of core WebAssembly, and of the host's own limits.
	TrapMemoryAccess
	TrapTableAccess
	TrapIndirectCallType
	TrapNullReference
	TrapIntegerDivideByZero
	TrapIntegerOverflow
	TrapInvalidConversion
	TrapUnalignedAtomic
	TrapUncaughtException
	TrapStackOverflow
	TrapCallDepth
	TrapValueTooLarge
	TrapHost
)

var trapTexts = [...]string{
	TrapUnknown:             "unknown trap",
	TrapUnreachable:         "unreachable code was reached",
	TrapOutOfBounds:         "pointer or length is out of bounds of memory",
	TrapUnaligned:           "pointer is not aligned",
	TrapStringTooLong:       "string is longer than the canonical ABI allows",
	TrapListTooLong:         "list is longer than the canonical ABI allows",
	TrapInvalidUTF8:         "string is not valid UTF-8",
	TrapInvalidUTF16:        "string is not valid UTF-16",
	TrapInvalidChar:         "char is not a Unicode scalar value",
	TrapInvalidDiscriminant: "variant discriminant is out of range",
	TrapCannotLeave:         "cannot leave component instance: it may not call out now",
	TrapCannotEnter:         "cannot enter component instance",
	TrapUnknownHandle:       "unknown handle index",
	TrapHandleType:          "handle has another resource type",
	TrapHandleLent:          "handle is lent out",
	TrapHandleNotOwned:      "handle is borrowed, not owned",
	TrapBorrowsLeft:         "borrowed handles remain at the end of the call",
	TrapTooManyHandles:      "too many handles",
	TrapMemoryFull:          "memory is full",

	TrapMemoryAccess:        "out of bounds memory access",
	TrapTableAccess:         "table element is out of bounds or undefined",
	TrapIndirectCallType:    "indirect call to a function of another type",
	TrapNullReference:       "null reference",
	TrapIntegerDivideByZero: "integer divide by zero",
	TrapIntegerOverflow:     "integer overflow",
	TrapInvalidConversion:   "number cannot be converted to an integer",
	TrapUnalignedAtomic:     "unaligned atomic operation",
	TrapUncaughtException:   "uncaught exception",
	TrapStackOverflow:       "call stack exhausted",
	TrapCallDepth:           "too many nested calls between components",
	TrapValueTooLarge:       "value takes more memory than the host allows",
	TrapHost:                "function of the host failed",
}

// String returns the cause as a sentence without full stop.
func (c TrapCode) String() string {
	if int(c) < len(trapTexts) {
		return trapTexts[c]
	}
	return trapTexts[TrapUnknown]
}

// Error returns String.
func (c TrapCode) Error() string { return c.String() }
