package components

import "github.com/sidecall/sidecall/wit"

// ValType is a valtype: a primitive, or an index of the type index space.
type ValType struct {
	// IsIndex says which of the two it is.
	IsIndex   bool
	Primitive wit.Kind
	Index     uint32
}

// TypeDef is one definition of the type section. Item is one of ValType (a
// primitive), RecordType, VariantType, ListType, TupleType, FlagsType, EnumType,
// OptionType, ResultType, HandleType, StreamType, FutureType, MapType, FuncType,
// ComponentType, InstanceType, ResourceType.
type TypeDef struct{ Item any }

type (
	// LabelType is a labelvaltype: a field or parameter.
	LabelType struct {
		Label string
		Type  ValType
	}
	// CaseType is a variant's case; Type is nil without payload.
	CaseType struct {
		Label string
		Type  *ValType
	}

	RecordType  struct{ Fields []LabelType }
	VariantType struct{ Cases []CaseType }
	// ListType has Len > 0, and Fixed set, if it is of fixed length.
	ListType struct {
		Elem  ValType
		Fixed bool
		Len   uint32
	}
	TupleType  struct{ Elems []ValType }
	FlagsType  struct{ Labels []string }
	EnumType   struct{ Labels []string }
	OptionType struct{ Elem ValType }
	ResultType struct{ Ok, Err *ValType }
	// HandleType is own or borrow of the resource type Index.
	HandleType struct {
		Borrow bool
		Index  uint32
	}
	StreamType struct{ Elem *ValType }
	FutureType struct{ Elem *ValType }
	MapType    struct{ Key, Value ValType }

	// FuncType is a functype; Result is nil without result.
	FuncType struct {
		Async  bool
		Params []LabelType
		Result *ValType
	}
	// ResourceType is a resourcetype. Rep is the core value type as encoded (0x7f is i32).
	ResourceType struct {
		Rep     byte
		HasDtor bool
		Dtor    uint32
	}
	// ComponentType and InstanceType hold their declarators: Def.Item is one of
	// *CoreTypeDef, TypeDef, Alias, Import (component types only), ExportDecl.
	ComponentType struct{ Decls []Def }
	InstanceType  struct{ Decls []Def }
)

// CoreTypeDef is one definition of the core type section. Item is CoreFuncType
// (final, without supertype), *CoreModuleType, CoreRecType for all other forms of
// WebAssembly 3.0, or UnsupportedCoreType for a form that is decoded only to be refused.
type CoreTypeDef struct{ Item any }

type (
	// CoreFuncType holds core value types as encoded (0x7f i32, 0x7e i64, …; for
	// reference types with a heap type the whole encoding is in Raw).
	CoreFuncType struct{ Params, Results []CoreValType }
	// CoreValType is a core value type: its first byte, and for (ref null? ht) the heap type.
	CoreValType struct {
		Code     byte
		HeapType int64
	}
	// CoreRecType is a core:rectype. It introduces len(Types) core types, which
	// may refer to themselves and to each other. A function type that stands alone
	// may too: its heap types may refer to its own index.
	CoreRecType struct{ Types []CoreSubType }
	// CoreSubType is a core:subtype. Comp is one of CoreFuncType, CoreStructType,
	// CoreArrayType, UnsupportedCoreType.
	CoreSubType struct {
		Final  bool
		Supers []uint32
		Comp   any
	}
	CoreStructType struct{ Fields []CoreFieldType }
	CoreArrayType  struct{ Elem CoreFieldType }
	// CoreFieldType is a core:fieldtype; the packed i8 and i16 have the codes 0x78 and 0x77.
	CoreFieldType struct {
		Type    CoreValType
		Mutable bool
	}
	// UnsupportedCoreType names a form that is decoded only to be refused.
	UnsupportedCoreType struct{ Feature string }

	// CoreModuleType holds its declarators: Def.Item is one of CoreImport,
	// *CoreTypeDef, Alias (outer, sort core type), CoreExportDecl.
	CoreModuleType struct{ Decls []Def }
	CoreImport     struct {
		Module, Name string
		Type         CoreExtern
	}
	CoreExportDecl struct {
		Name string
		Type CoreExtern
	}
	// CoreExtern is a core externtype. Sort is one of core func, table, memory,
	// global, tag; Index is the function's or tag's core type.
	CoreExtern struct {
		Sort   wit.Sort
		Index  uint32
		Limits CoreLimits
		// Elem is a table's element type, or a global's type.
		Elem    CoreValType
		Mutable bool
	}
	// CoreLimits are a table's or memory's.
	CoreLimits struct {
		Min, Max             uint64
		HasMax, Shared, Is64 bool
		HasPageSize          bool
		PageSizeLog2         uint32
	}
)
