package validate

import (
	"fmt"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
)

// coreVal is a core value type: a number's or vector's code, a packed field's, or
// a reference, whose code is its heap type's.
type coreVal struct {
	code byte
	null bool
	id   coreID // of codeDefined
}

// The heap types, as they are encoded. codeDefined stands for those that are
// defined types, and codeModule for the ones that an embedded module has defined
// for itself.
const (
	codeNoExn, codeNoFunc, codeNoExtern, codeNone       = 0x74, 0x73, 0x72, 0x71
	codeFunc, codeExtern, codeAny, codeEq, codeI31      = 0x70, 0x6f, 0x6e, 0x6d, 0x6c
	codeStruct, codeArray, codeExn                      = 0x6b, 0x6a, 0x69
	codeDefined, codeModule                        byte = 1, 2
)

// coreValType resolves a core value type.
func (v *validator) coreValType(t components.CoreValType, space *coreSpace) (coreVal, error) {
	switch t.Code {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x78, 0x77: // the last two are packed fields
		return coreVal{code: t.Code}, nil
	case 0x63, 0x64:
		null := t.Code == 0x63
		if t.HeapType < 0 {
			return v.abstract(byte(t.HeapType)&0x7f, null)
		}
		if t.HeapType > 1<<32-1 {
			return coreVal{}, v.errorf("core type index out of bounds")
		}
		id, err := at(v, space.ids, uint32(t.HeapType), "core type")
		if err == nil && id == noCoreType {
			err = v.errorf("core type %d is a module type, which has no references", t.HeapType)
		}
		return coreVal{code: codeDefined, null: null, id: id}, err
	}
	return v.abstract(t.Code, true)
}

func (v *validator) abstract(code byte, null bool) (coreVal, error) {
	if code < codeExn || code > codeNoExn {
		return coreVal{}, v.errorf("a core type with the heap type %#02x is not supported", code)
	}
	return coreVal{code: code, null: null}, nil
}

func (t coreVal) isRef() bool { return t.code < 0x77 }

// simple gives the type in the form of package core, if that has one.
func (t coreVal) simple() (core.ValType, bool) {
	ref := core.ValType(0)
	switch t.code {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b:
		return core.ValType(t.code), true
	case codeFunc:
		ref = core.FuncRef
	case codeExtern:
		ref = core.ExternRef
	case codeExn:
		ref = core.ExnRef
	default:
		return 0, false
	}
	if !t.null {
		ref = ref.NonNull()
	}
	return ref, true
}

// coreValOf is the opposite of simple.
func coreValOf(t core.ValType) coreVal {
	if !t.IsRef() {
		return coreVal{code: byte(t)}
	}
	out := coreVal{code: codeModule, null: t.Nullable()}
	if _, defined := t.TypeIndex(); defined {
		return out
	}
	switch t.NonNull() {
	case core.FuncRef.NonNull():
		out.code = codeFunc
	case core.ExternRef.NonNull():
		out.code = codeExtern
	case core.ExnRef.NonNull():
		out.code = codeExn
	}
	return out
}

// valMatches says whether a is a subtype of b (core specification, "Matching").
func (ts *coreTypes) valMatches(a, b coreVal) bool {
	if a == b {
		return a.code != codeModule
	}
	if !a.isRef() || !b.isRef() || a.null && !b.null {
		return false
	}
	if a.code == codeDefined && b.code == codeDefined {
		for id := a.id; ; id = ts.defs[id].super {
			if id == b.id {
				return true
			}
			if ts.defs[id].super == noCoreType {
				return false
			}
		}
	}
	return abstractMatches(ts.above(a), b.code) || b.code == codeDefined && ts.bottomOf(b) == a.code || a.code == b.code && a.code > codeModule
}

// above is the abstract heap type right above a heap type.
func (ts *coreTypes) above(t coreVal) byte {
	switch t.code {
	case codeModule:
		return codeFunc
	case codeDefined:
		return [...]byte{compFunc: codeFunc, compStruct: codeStruct, compArray: codeArray}[ts.defs[t.id].comp]
	}
	return t.code
}

// bottomOf is the abstract heap type below a defined one.
func (ts *coreTypes) bottomOf(t coreVal) byte {
	if ts.defs[t.id].comp == compFunc {
		return codeNoFunc
	}
	return codeNone
}

// abstractMatches is the order of the abstract heap types.
func abstractMatches(a, b byte) bool {
	switch {
	case a == b:
		return true
	case b == codeFunc:
		return a == codeNoFunc
	case b == codeExtern:
		return a == codeNoExtern
	case b == codeExn:
		return a == codeNoExn
	case b == codeAny:
		return a == codeEq || a == codeI31 || a == codeStruct || a == codeArray || a == codeNone
	case b == codeEq:
		return a == codeI31 || a == codeStruct || a == codeArray || a == codeNone
	case b == codeI31 || b == codeStruct || b == codeArray:
		return a == codeNone
	}
	return false
}

// foreign is the type of an import or export that a core module type may mention
// although no module that can be run has it.
type foreign struct {
	types   *coreTypes
	kind    core.ExternKind
	id      coreID // of a function or tag
	val     coreVal
	mutable bool
	limits  components.CoreLimits
}

// Kind says what it is the type of.
func (f *foreign) Kind() core.ExternKind { return f.kind }

// Equal reports whether o is the same type.
func (f *foreign) Equal(o core.ExternType) bool {
	g, ok := o.(*foreign)
	return ok && *f == *g
}

// String names it.
func (f *foreign) String() string {
	switch {
	case f.limits.Is64:
		return fmt.Sprintf("%s with 64-bit addresses, from %d", f.kind, f.limits.Min)
	}
	return f.kind.String() + " of a type with references to defined or structured types"
}

// coreMatches says whether something of type sub may be given where super is
// imported, for all types that validation knows.
func coreMatches(sub, super core.ExternType) bool {
	a, aForeign := sub.(*foreign)
	b, bForeign := super.(*foreign)
	switch {
	case !aForeign && !bForeign:
		return core.Matches(sub, super)
	case sub.Kind() != super.Kind():
		return false
	case !aForeign:
		a = likeForeign(sub, b.types)
	case !bForeign:
		b = likeForeign(super, a.types)
	}
	switch a.kind {
	case core.ExternFunc:
		return a.id != noCoreType && b.id != noCoreType &&
			a.types.valMatches(coreVal{code: codeDefined, id: a.id}, coreVal{code: codeDefined, id: b.id})
	case core.ExternTag:
		return a.id != noCoreType && a.id == b.id
	case core.ExternGlobal:
		return a.mutable == b.mutable && a.types.valMatches(a.val, b.val) && (!a.mutable || a.val == b.val)
	case core.ExternTable:
		return a.val == b.val && a.val.code != codeModule && limitsMatch(&a.limits, &b.limits)
	}
	return limitsMatch(&a.limits, &b.limits)
}

// likeForeign gives an ordinary type the same form. Function types become one
// that matches nothing: those of equal form are ordinary on both sides.
func likeForeign(t core.ExternType, types *coreTypes) *foreign {
	f := &foreign{types: types, kind: t.Kind(), id: noCoreType}
	limits := func(r core.Range, shared bool) components.CoreLimits {
		return components.CoreLimits{Min: uint64(r.Min), Max: uint64(r.Max), HasMax: r.HasMax, Shared: shared}
	}
	switch t := t.(type) {
	case core.GlobalType:
		f.val, f.mutable = coreValOf(t.Val), t.Mutable
	case core.TableType:
		f.val, f.limits = coreValOf(t.Elem), limits(t.Range, false)
	case core.MemoryType:
		f.limits = limits(t.Range, t.Shared)
	}
	return f
}

func limitsMatch(a, b *components.CoreLimits) bool {
	return a.Is64 == b.Is64 && a.Shared == b.Shared && a.Min >= b.Min && (!b.HasMax || a.HasMax && a.Max <= b.Max)
}
