package wit

// Kind says which form a value type has, in the specification's order
// (Binary.md, "Type Definitions").
type Kind uint8

const (
	Bool Kind = iota
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	ErrorContext
	Record
	Variant
	List
	Tuple
	Flags
	Enum
	Option
	Result
	Own
	Borrow
	Stream
	Future
	Map
	FixedList
)

// Type is one value type (defvaltype). It is immutable once made, shared freely,
// and may be part of many other types: a type is a directed acyclic graph whose
// size as a tree can be exponential, so walks over it memoise or are bounded
// (Metrics). Two types are compared with Equal; pointers are not identity.
type Type struct {
	Kind Kind

	// Fields are a record's, or a tuple's with empty names.
	Fields []Field
	// Cases are a variant's. The cases of enum, option and result are given by
	// Cases too, in the order that despecialize defines (none, some; ok, error),
	// so that code that treats them alike need not ask.
	Cases []Case
	// Labels are those of flags.
	Labels []string
	// Elem is the element of list, fixed-size list, stream and future (nil where
	// absent), the payload of option, and the value of map.
	Elem *Type
	// Key is a map's.
	Key *Type
	// Len is a fixed-size list's.
	Len uint32
	// Resource is what own and borrow refer to.
	Resource *Resource
	// Named is the import or export that gives the type its externally visible name
	// (Explainer.md, "External Visibility of Types"): for a record, variant, enum or
	// flags the one that it is the definition of, for own and borrow the one that
	// their resource was named by. It is nil for a type that has no such name, and
	// no part of what the type is: Equal ignores it.
	Named *TypeExport

	metrics Metrics
}

// Field is a record's field, a tuple's element (Name empty) or a function's parameter.
type Field struct {
	Name string
	Type *Type
}

// Case is a variant's case; Type is nil without payload.
type Case struct {
	Name string
	Type *Type
}

// Resource is the identity of a resource type: two resource types are the same
// if and only if they are the same pointer. Inside a component's own type a
// Resource stands for "some resource, given when instantiated".
type Resource struct {
	// Name is the name under which it was first imported, exported or defined,
	// for messages only.
	Name string
}

// Metrics are facts about a type that are computed once, when it is made, so
// that no later walk needs to expand it.
type Metrics struct {
	// Size is the number of nodes of the type written out as a tree, saturating.
	Size uint32
	// Depth is the longest path, a primitive being 1.
	Depth uint16
	// HasBorrow, HasResource and HasAsync tell what occurs in it: a borrow; an own
	// or borrow; a stream, future or error-context.
	HasBorrow, HasResource, HasAsync bool
	// HasList tells whether a list, string or map occurs: a value whose size only the
	// value tells, and which is in memory therefore.
	HasList bool
	// HasNamed tells whether any part has an externally visible name.
	HasNamed bool
}

// Metrics returns the type's facts.
func (t *Type) Metrics() Metrics { return t.metrics }

// FuncType is the type of a component-level function. Result is nil without result.
type FuncType struct {
	Async  bool
	Params []Field
	Result *Type
}
