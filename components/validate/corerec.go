package validate

import (
	"encoding/binary"
	"slices"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
)

// coreID identifies a core type. Types of core WebAssembly 3.0 are equal if their
// groups are written alike (core specification, "Type Equivalence"), so groups
// that are get the same identities, wherever they stand.
type coreID uint32

// noCoreType stands where a core type index is a module type's.
const noCoreType = ^coreID(0)

// compKind is the form of a composite type.
type compKind uint8

const (
	compFunc compKind = iota
	compStruct
	compArray
)

func (k compKind) String() string { return [...]string{"function", "struct", "array"}[k] }

// coreDef is one type. Params are those of a function, or the fields of a struct
// or array.
type coreDef struct {
	comp            compKind
	final, alone    bool // alone: the only one of its group
	super           coreID
	depth           int
	params, results []coreVal
	mutable         []bool
}

// maxSubtypeDepth bounds chains of supertypes, as engines agreed to.
const maxSubtypeDepth = 63

// coreTypes holds all core types of one validation.
type coreTypes struct {
	defs   []coreDef
	groups map[string]coreID
}

// recGroup is a group that is being validated.
type recGroup struct {
	v     *validator
	space *coreSpace
	first coreID // that the group would get
	base  int    // the index of its first type
	n     int
	key   []byte
}

// recType validates one core:rectype and appends its types to a space.
func (v *validator) recType(space *coreSpace, item any) error {
	var subs []components.CoreSubType
	switch t := item.(type) {
	case components.CoreFuncType:
		subs = []components.CoreSubType{{Final: true, Comp: t}}
	case components.CoreRecType:
		subs = t.Types
	default:
		return v.gated(FeatureGC, "a core type of an unknown form")
	}
	ts := v.coreTypes
	g := &recGroup{v: v, space: space, first: coreID(len(ts.defs)), base: len(space.ids), n: len(subs)}
	for i := range subs {
		space.ids = append(space.ids, g.first+coreID(i))
	}
	for i := range subs {
		def, err := g.define(&subs[i], i)
		if err != nil {
			return err
		}
		ts.defs = append(ts.defs, def)
	}
	if first, seen := ts.groups[string(g.key)]; seen {
		ts.defs = ts.defs[:g.first]
		for i := range subs {
			space.ids[g.base+i] = first + coreID(i)
		}
		return nil
	}
	// Supertypes are compared once all of the group is there to compare.
	for i := range subs {
		if err := g.checkSuper(g.first + coreID(i)); err != nil {
			return err
		}
	}
	ts.groups[string(g.key)] = g.first
	return nil
}

// define reads one type of the group, and writes down what it is made of.
func (g *recGroup) define(sub *components.CoreSubType, i int) (coreDef, error) {
	def := coreDef{final: sub.Final, alone: g.n == 1, super: noCoreType}
	if len(sub.Supers) > 1 {
		return def, g.v.errorf("a core type must not have more than one supertype")
	}
	g.key = append(g.key, boolByte(sub.Final), byte(len(sub.Supers)))
	for _, index := range sub.Supers {
		if int64(index) >= int64(g.base+i) {
			return def, g.v.errorf("a core type's supertype must stand before it, and is core type %d", index)
		}
		def.super = g.space.ids[index]
		if def.super == noCoreType {
			return def, g.v.errorf("core type %d is a module type, which has no subtypes", index)
		}
		g.ref(def.super)
	}
	var err error
	switch t := sub.Comp.(type) {
	case components.CoreFuncType:
		g.key = append(g.key, byte(compFunc))
		if def.params, err = g.vals(t.Params); err == nil {
			def.results, err = g.vals(t.Results)
		}
	case components.CoreStructType:
		g.key = append(g.key, byte(compStruct))
		def.comp = compStruct
		err = g.fields(&def, t.Fields)
	case components.CoreArrayType:
		g.key = append(g.key, byte(compArray))
		def.comp = compArray
		err = g.fields(&def, []components.CoreFieldType{t.Elem})
	default:
		err = g.v.gated(FeatureGC, "a core type of an unknown form")
	}
	return def, err
}

func (g *recGroup) vals(ts []components.CoreValType) ([]coreVal, error) {
	g.key = binary.AppendUvarint(g.key, uint64(len(ts)))
	out := make([]coreVal, len(ts))
	for i, t := range ts {
		var err error
		if out[i], err = g.val(t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (g *recGroup) fields(def *coreDef, fs []components.CoreFieldType) error {
	g.key = binary.AppendUvarint(g.key, uint64(len(fs)))
	for _, f := range fs {
		t, err := g.val(f.Type)
		if err != nil {
			return err
		}
		g.key = append(g.key, boolByte(f.Mutable))
		def.params, def.mutable = append(def.params, t), append(def.mutable, f.Mutable)
	}
	return nil
}

func (g *recGroup) val(t components.CoreValType) (coreVal, error) {
	val, err := g.v.coreValType(t, g.space)
	g.key = append(g.key, val.code, boolByte(val.null))
	if val.code == codeDefined {
		g.ref(val.id)
	}
	return val, err
}

// ref writes a reference down: to the group itself by position, to others by
// identity.
func (g *recGroup) ref(id coreID) {
	inside := id >= g.first
	if inside {
		id -= g.first
	}
	g.key = append(g.key, boolByte(inside))
	g.key = binary.LittleEndian.AppendUint32(g.key, uint32(id))
}

// checkSuper checks a type against its supertype.
func (g *recGroup) checkSuper(id coreID) error {
	ts := g.v.coreTypes
	def := &ts.defs[id]
	if def.super == noCoreType {
		return nil
	}
	super := &ts.defs[def.super]
	def.depth = super.depth + 1
	switch {
	case super.final:
		return g.v.errorf("a core type cannot have a final type as its supertype")
	case def.depth > maxSubtypeDepth:
		return g.v.errorf("core types have more than %d supertypes above each other", maxSubtypeDepth)
	case !ts.compMatches(def, super):
		return g.v.errorf("a core type does not match its supertype")
	}
	return g.v.spend(len(def.params) + len(def.results))
}

// compMatches says whether a composite type may be declared a subtype of another.
func (ts *coreTypes) compMatches(a, b *coreDef) bool {
	if a.comp != b.comp {
		return false
	}
	match := func(x, y coreVal) bool { return ts.valMatches(x, y) }
	switch a.comp {
	case compFunc:
		return slices.EqualFunc(b.params, a.params, match) && slices.EqualFunc(a.results, b.results, match)
	default:
		if len(a.params) < len(b.params) || a.comp == compArray && len(a.params) != len(b.params) {
			return false
		}
		for i := range b.params {
			x, y := a.params[i], b.params[i]
			if a.mutable[i] != b.mutable[i] || a.mutable[i] && x != y || !ts.valMatches(x, y) {
				return false
			}
		}
		return true
	}
}

// simpleFunc gives a function type in the form of package core, if that has one.
func (ts *coreTypes) simpleFunc(id coreID) (f core.FuncType, ok bool) {
	def := &ts.defs[id]
	if def.comp != compFunc || !def.final || !def.alone || def.super != noCoreType {
		return f, false
	}
	for _, part := range []struct {
		from []coreVal
		to   *[]core.ValType
	}{{def.params, &f.Params}, {def.results, &f.Results}} {
		*part.to = make([]core.ValType, len(part.from))
		for i, val := range part.from {
			if (*part.to)[i], ok = val.simple(); !ok {
				return f, false
			}
		}
	}
	return f, true
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}
