package core

import (
	"fmt"
	"strings"
)

// ValType is a core value type: a number, a vector, or a reference.
//
// A reference to a defined function type holds the index of that type in the module it belongs to, so
// such a ValType has a meaning only together with that module.
type ValType uint32

// The value types that have a short form. The low byte of each is its binary code.
const (
	I32  ValType = 0x7f
	I64  ValType = 0x7e
	F32  ValType = 0x7d
	F64  ValType = 0x7c
	V128 ValType = 0x7b

	FuncRef   = refBit | nullBit | abstractBit | 0x70
	ExternRef = refBit | nullBit | abstractBit | 0x6f
	ExnRef    = refBit | nullBit | abstractBit | 0x69
)

const (
	refBit      ValType = 1 << 31
	nullBit     ValType = 1 << 30
	abstractBit ValType = 1 << 29
	indexMask   ValType = abstractBit - 1

	// unknown is the bottom type of operands in unreachable code.
	unknown ValType = 0
	// unknownRef is what ref.as_non_null makes of unknown: a reference about which nothing else is known.
	unknownRef = refBit | abstractBit
)

// RefTo is the reference type of the defined function type at index.
func RefTo(index uint32, nullable bool) ValType {
	v := refBit | ValType(index)&indexMask
	if nullable {
		v |= nullBit
	}
	return v
}

// IsRef reports whether v is a reference type.
func (v ValType) IsRef() bool { return v&refBit != 0 }

// Nullable reports whether v is a reference type with null among its values.
func (v ValType) Nullable() bool { return v&(refBit|nullBit) == refBit|nullBit }

// TypeIndex is the index of the function type that v refers to; ok is false for every other type.
func (v ValType) TypeIndex() (index uint32, ok bool) {
	return uint32(v & indexMask), v&(refBit|abstractBit) == refBit
}

// NonNull is v without null.
func (v ValType) NonNull() ValType { return v &^ nullBit }

// defaultable reports whether a local of type v has an initial value.
func (v ValType) defaultable() bool { return !v.IsRef() || v.Nullable() }

// String is the type's text form, such as "i32", "funcref" or "(ref null 3)".
func (v ValType) String() string {
	switch v {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	case ExnRef:
		return "exnref"
	case unknown:
		return "any type"
	case unknownRef:
		return "any reference"
	}
	heap := fmt.Sprint(uint32(v & indexMask))
	switch v | nullBit {
	case FuncRef:
		heap = "func"
	case ExternRef:
		heap = "extern"
	case ExnRef:
		heap = "exn"
	}
	if v.Nullable() {
		return "(ref null " + heap + ")"
	}
	return "(ref " + heap + ")"
}

// ExternKind says what is imported or exported. The values are those of the binary format.
type ExternKind byte

// The kinds, in the binary format's order.
const (
	ExternFunc ExternKind = iota
	ExternTable
	ExternMemory
	ExternGlobal
	ExternTag
)

// String is the specification's word for the kind.
func (k ExternKind) String() string {
	switch k {
	case ExternFunc:
		return "func"
	case ExternTable:
		return "table"
	case ExternMemory:
		return "memory"
	case ExternGlobal:
		return "global"
	case ExternTag:
		return "tag"
	}
	return fmt.Sprintf("kind %#x", byte(k))
}

// ExternType is the type of an import or an export: one of FuncType, TableType, MemoryType, GlobalType
// and TagType. Matches says whether one may stand where another is asked for.
type ExternType interface {
	// Kind says which of the five it is.
	Kind() ExternKind
	// Equal reports whether both are the same type. Types of different modules can be compared.
	Equal(ExternType) bool
	// String is the text form without the name, such as "func (param i32) (result i32)".
	String() string
}

// FuncType is the type of a function.
type FuncType struct {
	Params, Results []ValType
	space           *TypeSpace // set if a parameter or result refers to a defined type
}

// Range bounds the size of a table in elements or of a memory in pages of 65,536 bytes.
type Range struct {
	Min    uint32
	Max    uint32 // meaningful if HasMax
	HasMax bool
}

// TableType is the type of a table.
type TableType struct {
	Elem ValType
	Range
	space *TypeSpace
}

// MemoryType is the type of a memory, in pages of 65,536 bytes.
type MemoryType struct {
	Range
	Shared bool
}

// GlobalType is the type of a global.
type GlobalType struct {
	Val     ValType
	Mutable bool
	space   *TypeSpace
}

// TagType is the type of an exception's tag: a function type without results.
type TagType struct{ FuncType }

// Kind is ExternFunc.
func (FuncType) Kind() ExternKind { return ExternFunc }

// Kind is ExternTable.
func (TableType) Kind() ExternKind { return ExternTable }

// Kind is ExternMemory.
func (MemoryType) Kind() ExternKind { return ExternMemory }

// Kind is ExternGlobal.
func (GlobalType) Kind() ExternKind { return ExternGlobal }

// Kind is ExternTag.
func (TagType) Kind() ExternKind { return ExternTag }

// String is the text form: "func (param i32) (result i32)".
func (t FuncType) String() string { return "func" + t.signature() }

func (t FuncType) signature() string {
	var s strings.Builder
	for _, part := range []struct {
		word  string
		types []ValType
	}{{"param", t.Params}, {"result", t.Results}} {
		if len(part.types) == 0 {
			continue
		}
		s.WriteString(" (" + part.word)
		for _, v := range part.types {
			s.WriteString(" " + v.String())
		}
		s.WriteString(")")
	}
	return s.String()
}

func (r Range) String() string {
	if r.HasMax {
		return fmt.Sprintf("%d %d", r.Min, r.Max)
	}
	return fmt.Sprint(r.Min)
}

// String is the text form: "table 1 10 funcref".
func (t TableType) String() string { return fmt.Sprintf("table %s %s", t.Range, t.Elem) }

// String is the text form: "memory 1 2 shared".
func (t MemoryType) String() string {
	s := "memory " + t.Range.String()
	if t.Shared {
		s += " shared"
	}
	return s
}

// String is the text form: "global (mut i32)".
func (t GlobalType) String() string {
	if t.Mutable {
		return "global (mut " + t.Val.String() + ")"
	}
	return "global " + t.Val.String()
}

// String is the text form: "tag (param i32)".
func (t TagType) String() string { return "tag" + t.signature() }
