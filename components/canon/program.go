package canon

import "github.com/sidecall/sidecall/wit"

// RegType is the type of a register: one of the four core value types, or Value,
// a component-level value in the host's own form.
type RegType uint8

const (
	I32 RegType = iota
	I64
	F32
	F64
	Value
)

// Reg is a register of a Program. The core registers (I32 … F64) and the value
// registers are numbered together, in Program.Regs.
type Reg uint16

// NoReg stands for an absent operand.
const NoReg Reg = 0xffff

// Side is one end of a call.
type Side uint8

const (
	// Caller is the component instance that calls: its canon lower.
	Caller Side = iota
	// Callee is the component instance that is called: its canon lift.
	Callee
)

// Program is one call (or one out-of-line part of one), as operations. It is
// immutable. What its references to sides, functions and resources mean at run
// time is told by a plan.Trampoline or plan.Export that carries it.
//
// Memory addresses are I32 registers holding unsigned numbers; lengths in bytes
// that may exceed 32 bits are I64.
type Program struct {
	// Name is the function's name, for traps: "wasi:cli/run@0.2.0#run".
	Name string
	// Regs gives the type of every register. The first len(Params) registers are
	// the parameters.
	Regs []RegType
	// Params is the number of parameters. They are core values where a component
	// is the caller, and values where the host is.
	Params int
	// Results are the registers returned, read after the last operation.
	Results []Reg
	Body    []Op
	// Resources are the resource types that operations refer to by index.
	Resources []*wit.Resource
	// Strings holds the encoding of each side's strings.
	Encoding [2]Encoding
	// UsesMemory and UsesRealloc tell what of each side the operations need.
	UsesMemory, UsesRealloc [2]bool
	// Target is the core signature of OpCallCore's callee, and PostReturn that of
	// OpCallPostReturn's; nil where there is no such operation.
	Target, PostReturn *CoreFunc
	// Type is the component-level type of the function called.
	Type *wit.FuncType
}

// CoreFunc is the signature of a core function.
type CoreFunc struct{ Params, Results []RegType }

// Encoding is a string-encoding option.
type Encoding uint8

const (
	UTF8 Encoding = iota
	UTF16
	Latin1UTF16
)

// String returns the option as the text format writes it.
func (e Encoding) String() string {
	return [...]string{UTF8: "utf8", UTF16: "utf16", Latin1UTF16: "latin1+utf16"}[e]
}

// Options are the canonical options of one canon lift or canon lower
// (CanonicalABI.md, "Canonical ABI Options"), as far as they change the operations.
type Options struct {
	Encoding   Encoding
	Memory     bool
	Realloc    bool
	PostReturn bool
}
