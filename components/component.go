package components

import "github.com/sidecall/sidecall/wit"

// Component is one decoded component. Its definitions stand in the order of the
// binary: each adds to the index spaces that later ones refer to (Binary.md,
// "Component Definitions").
type Component struct {
	// Offset and Size say where the component's bytes are in the file.
	Offset, Size int
	Defs         []Def
	Customs      []Custom
	// Name is from the "component-name" section, empty when absent.
	Name string
}

// Def is one definition. Item is one of CoreModule, CoreInstance, *CoreTypeDef,
// *Component, Instance, Alias, TypeDef, Canon, Start, Import, Export, Value.
type Def struct {
	// Offset is the position of the definition in the file, for messages.
	Offset int
	Item   any
}

// Custom is a custom section; Data is a view of the input.
type Custom struct {
	Offset int
	Name   string
	Data   []byte
}

// CoreModule is an embedded core module; Bytes is a view of the input.
type CoreModule struct {
	Offset int
	Bytes  []byte
}

// Ref is a reference into one of the index spaces (sortidx).
type Ref struct {
	Sort  wit.Sort
	Index uint32
}

// Arg is a named reference: an instantiation argument or an inline export.
type Arg struct {
	Offset int
	Name   string
	Attributes
	Ref Ref
}

// CoreInstance is a core instance: either Module instantiated with Args, all of
// sort core instance, or, when Inline, made of Args as its exports.
type CoreInstance struct {
	Inline bool
	Module uint32
	Args   []Arg
}

// Instance is a component instance, as CoreInstance.
type Instance struct {
	Inline    bool
	Component uint32
	Args      []Arg
}

// AliasKind says what an alias looks through.
type AliasKind uint8

const (
	AliasExport     AliasKind = iota // export Name of component instance Instance
	AliasCoreExport                  // export Name of core instance Instance
	AliasOuter                       // Index of the enclosing scope Count steps out
)

// Alias is an alias definition or declarator.
type Alias struct {
	Sort     wit.Sort
	Kind     AliasKind
	Instance uint32
	Name     string
	Count    uint32
	Index    uint32
}

// Attributes are the attributes of an import or export name ("nameattributes").
type Attributes struct {
	Implements, VersionSuffix, ExternalID string
	// HasAttributes is set if the encoding with attributes (0x02) was used.
	HasAttributes bool
	// HasImplements, HasVersionSuffix and HasExternalID tell an attribute that is
	// empty from one that is absent.
	HasImplements, HasVersionSuffix, HasExternalID bool
}

// Import is an import definition or declarator.
type Import struct {
	Name string
	Attributes
	Type ExternDesc
}

// Export is an export definition; Ascribed is nil without a type ascription.
type Export struct {
	Name string
	Attributes
	Ref      Ref
	Ascribed *ExternDesc
}

// ExportDecl is an export declarator of a component or instance type.
type ExportDecl struct {
	Name string
	Attributes
	Type ExternDesc
}

// ExternDesc is an externtype. Index refers to the core type index space for core
// modules and to the type index space otherwise.
type ExternDesc struct {
	Sort  wit.Sort
	Index uint32
	// SubResource is set for the type bound "(sub resource)"; the bound is
	// "(eq Index)" otherwise.
	SubResource bool
	// ValueEq and ValType are the bounds of sort value, which is gated.
	ValueEq bool
	ValType ValType
}

// Start is a start definition, which is gated.
type Start struct {
	Func    uint32
	Args    []uint32
	Results uint32
}

// Value is a value definition, which is gated.
type Value struct {
	Type ValType
	Data []byte
}
