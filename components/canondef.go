package components

// CanonOp says which canonical definition a Canon is; the values are the
// encoding's (Binary.md, "Canonical Definitions").
type CanonOp byte

const (
	CanonLift         CanonOp = 0x00
	CanonLower        CanonOp = 0x01
	CanonResourceNew  CanonOp = 0x02
	CanonResourceDrop CanonOp = 0x03
	CanonResourceRep  CanonOp = 0x04
)

// Canon is a canonical definition. Built-ins of async, threads and error-context
// are decoded to Op, their specification name, and no more than is needed to skip
// them: they are refused by validation.
type Canon struct {
	Op CanonOp
	// Name is the specification's name of the definition: "lift", "resource.new", "task.return".
	Name string
	// Func is the core function of lift, the function of lower.
	Func uint32
	// Type is the function type of lift, the resource type of resource.*, or the
	// type immediate of a gated built-in.
	Type    uint32
	Options []CanonOption
	// Feature is the gate that a built-in belongs to ("async", "threads",
	// "error-context"), empty for the five that are not gated.
	Feature string
}

// CanonOptionKind is a canonical option; the values are the encoding's.
type CanonOptionKind byte

const (
	OptUTF8        CanonOptionKind = 0x00
	OptUTF16       CanonOptionKind = 0x01
	OptLatin1UTF16 CanonOptionKind = 0x02
	OptMemory      CanonOptionKind = 0x03
	OptRealloc     CanonOptionKind = 0x04
	OptPostReturn  CanonOptionKind = 0x05
	OptAsync       CanonOptionKind = 0x06
	OptCallback    CanonOptionKind = 0x07
)

// CanonOption is one canonical option; Index is the memory's or function's.
type CanonOption struct {
	Offset int
	Kind   CanonOptionKind
	Index  uint32
}
