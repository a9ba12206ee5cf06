package core

import "sync/atomic"

// Module is a decoded core module. It is immutable and keeps slices of the decoded bytes.
//
// An index space holds the imports of its kind first, in order, and then the definitions.
type Module struct {
	Types    TypeSpace
	Imports  []Import
	Funcs    []uint32 // type indices of the defined functions
	Tables   []Table  // defined
	Memories []MemoryType
	Tags     []uint32 // type indices of the defined tags
	Globals  []Global // defined
	Exports  []Export
	Start    *uint32 // function index
	Elems    []Elem
	Bodies   []Body // of the defined functions
	Datas    []Data
	Customs  []Custom

	// DataCount is the content of the data count section.
	DataCount *uint32

	base   int
	limits Limits

	// The index spaces, imports included.
	funcs   []uint32 // type indices
	tables  []TableType
	mems    []MemoryType
	globals []GlobalType
	tags    []uint32 // type indices

	importedFuncs, importedTables, importedGlobals int

	startPos  int
	memoryPos int   // of the defined memory
	tagPos    []int // of the defined tags
	validated atomic.Bool
}

// Import is one import. Module and Name may be empty, and need not be unique.
type Import struct {
	Module, Name string
	Kind         ExternKind
	// Index is the import's index in the index space of its kind.
	Index uint32

	pos int
}

// Export is one export.
type Export struct {
	Name  string
	Kind  ExternKind
	Index uint32

	pos int
}

// ConstExpr is a constant expression: its instructions, the final end included.
type ConstExpr struct {
	Bytes []byte
	pos   int
}

// Table is a defined table. Init is empty for a table that starts with nulls.
type Table struct {
	Type TableType
	Init ConstExpr
	pos  int
}

// Global is a defined global.
type Global struct {
	Type GlobalType
	Init ConstExpr
	pos  int
}

// SegmentMode says when a segment is used.
type SegmentMode byte

// The modes of data and element segments. A declarative element segment only declares functions for
// ref.func.
const (
	Active SegmentMode = iota
	Passive
	Declarative
)

// Elem is an element segment: function indices or constant expressions.
type Elem struct {
	Mode   SegmentMode
	Table  uint32    // of an active segment
	Offset ConstExpr // of an active segment
	Type   ValType
	Funcs  []uint32    // if the segment lists functions
	Exprs  []ConstExpr // otherwise
	pos    int
}

// Len is the number of entries.
func (e *Elem) Len() int { return len(e.Funcs) + len(e.Exprs) }

// Data is a data segment.
type Data struct {
	Mode   SegmentMode
	Offset ConstExpr // of an active segment
	Init   []byte
	pos    int
}

// Body is a function body.
type Body struct {
	Locals []LocalRun
	// Insts is the instructions, the final end included.
	Insts []byte
	pos   int // of Insts, from the start of the module
}

// LocalRun is a number of consecutive locals of one type.
type LocalRun struct {
	Count uint32
	Type  ValType
}

// Custom is a custom section.
type Custom struct {
	Name  string
	Bytes []byte
}

// FuncType is the type of the function at index f of the function index space, which must be below
// NumFuncs.
func (m *Module) FuncType(f uint32) FuncType { return m.Types.At(m.funcs[f]) }

// NumFuncs is the number of functions, imports included.
func (m *Module) NumFuncs() int { return len(m.funcs) }

// NumImportedFuncs is the number of imported functions.
func (m *Module) NumImportedFuncs() int { return m.importedFuncs }

// Memory is the module's memory, imported or defined; ok is false if it has none.
func (m *Module) Memory() (t MemoryType, ok bool) {
	if len(m.mems) == 0 {
		return MemoryType{}, false
	}
	return m.mems[0], true
}

// ImportType is the type of m.Imports[i].
func (m *Module) ImportType(i int) ExternType {
	return m.externType(m.Imports[i].Kind, m.Imports[i].Index)
}

// ExportType is the type of m.Exports[i].
func (m *Module) ExportType(i int) ExternType {
	return m.externType(m.Exports[i].Kind, m.Exports[i].Index)
}

// externType is the type of a definition; Decode has checked that the index exists.
func (m *Module) externType(kind ExternKind, index uint32) ExternType {
	switch kind {
	case ExternFunc:
		return m.Types.At(m.funcs[index])
	case ExternTable:
		return m.tables[index]
	case ExternMemory:
		return m.mems[index]
	case ExternGlobal:
		return m.globals[index]
	}
	return TagType{m.Types.At(m.tags[index])}
}

// count is the size of the index space of a kind.
func (m *Module) count(kind ExternKind) int {
	switch kind {
	case ExternFunc:
		return len(m.funcs)
	case ExternTable:
		return len(m.tables)
	case ExternMemory:
		return len(m.mems)
	case ExternGlobal:
		return len(m.globals)
	}
	return len(m.tags)
}
