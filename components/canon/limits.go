package canon

// Every number of the canonical ABI, with the specification's name for it. They
// are written here and nowhere else: a test searches linker and host for them.
const (
	// MaxFlatParams is MAX_FLAT_PARAMS: with more flat parameters than this they
	// are passed in memory.
	MaxFlatParams = 16
	// MaxFlatResults is MAX_FLAT_RESULTS.
	MaxFlatResults = 1
	// MaxStringByteLength is MAX_STRING_BYTE_LENGTH, in the string's own encoding.
	MaxStringByteLength = 1<<28 - 1
	// MaxListByteLength is MAX_LIST_BYTE_LENGTH.
	MaxListByteLength = 1<<28 - 1
	// MaxElemSize is the bound that validation sets to the elem_size of a list's
	// element type, computed for 64-bit pointers: it must be below.
	MaxElemSize = 1 << 28
	// MaxTableLength is Table.MAX_LENGTH, the largest index of a handle.
	MaxTableLength = 1<<28 - 1
	// ReallocI32Max is REALLOC_I32_MAX: no allocation of this ABI exceeds it, by the
	// limits above.
	ReallocI32Max = 1<<32 - 1
	// UTF16Tag is utf16_tag for 32-bit pointers: the bit of a latin1+utf16 string's
	// code units that says that it is UTF-16.
	UTF16Tag = 1 << 31
	// MaxFlags is the largest number of labels of a flags type.
	MaxFlags = 32
	// CanonicalNaN32 is CANONICAL_FLOAT32_NAN.
	CanonicalNaN32 = 0x7fc00000
	// CanonicalNaN64 is CANONICAL_FLOAT64_NAN.
	CanonicalNaN64 = 0x7ff8000000000000
	// CharLimit is the first number after the code points, and SurrogateMin and
	// SurrogateMax bound those of them that are no Unicode scalar values.
	CharLimit    = 0x110000
	SurrogateMin = 0xd800
	SurrogateMax = 0xdfff
)

// Limits of our own, which keep Programs to a size that is quickly made and run.
// They are far above what interfaces in use need.
const (
	// MaxTypeSize bounds the nodes of a function's parameters and result, written
	// out as trees (wit.Metrics).
	MaxTypeSize = 10000
	// MaxTypeDepth bounds the depth of a parameter or result.
	MaxTypeDepth = 100
	// MaxOps bounds the operations of a Program, nested ones included.
	MaxOps = 100000
)
