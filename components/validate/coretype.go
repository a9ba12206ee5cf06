package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// CoreType is an entry of the core type index space that no core module which can
// be run has: a type of WebAssembly 3.0 that is recursive, structured, or has
// supertypes. It may be mentioned by core module types.
type CoreType struct {
	types *coreTypes
	id    coreID
}

// String names the form of type.
func (t *CoreType) String() string { return t.types.defs[t.id].comp.String() + " type" }

// coreSpace is a core type index space: the identities of its types, and for
// those that are function types without anything new the form that the rest of
// core uses.
type coreSpace struct{ ids []coreID }

// coreTypeDef validates a core type definition, which may define several types.
func (s *scope) coreTypeDef(d *components.CoreTypeDef) error {
	if t, ok := d.Item.(*components.CoreModuleType); ok {
		m, err := s.moduleType(t)
		if err != nil {
			return err
		}
		s.t.CoreTypes = append(s.t.CoreTypes, m)
		s.core.ids = append(s.core.ids, noCoreType)
		return nil
	}
	before := len(s.core.ids)
	if err := s.v.recType(&s.core, d.Item); err != nil {
		return err
	}
	for _, id := range s.core.ids[before:] {
		s.t.CoreTypes = append(s.t.CoreTypes, s.v.coreTypes.entry(id))
	}
	return nil
}

// entry gives the form in which a type stands in Typed.CoreTypes.
func (ts *coreTypes) entry(id coreID) any {
	if f, ok := ts.simpleFunc(id); ok {
		return f
	}
	return &CoreType{ts, id}
}

// moduleType validates the declarators of a core module type, whose type index
// space is its own and starts empty.
func (s *scope) moduleType(d *components.CoreModuleType) (*ModuleType, error) {
	v := s.v
	leave := v.enter("core type", len(s.t.CoreTypes))
	defer leave()
	t := &ModuleType{}
	var types coreSpace
	for i := range d.Decls {
		v.offset = d.Decls[i].Offset
		switch d := d.Decls[i].Item.(type) {
		case *components.CoreTypeDef:
			if _, ok := d.Item.(*components.CoreModuleType); ok {
				return nil, v.errorf("a core module type cannot define core module types")
			}
			if err := v.recType(&types, d.Item); err != nil {
				return nil, err
			}
		case components.Alias:
			id, err := s.moduleAlias(&d, &types)
			if err != nil {
				return nil, err
			}
			types.ids = append(types.ids, id)
		case components.CoreImport:
			et, err := v.coreExtern(&d.Type, &types)
			if err != nil {
				return nil, err
			}
			if !t.addImport(CoreImport{d.Module, d.Name, et}) {
				return nil, v.errorf("the core module type imports %s %s twice", shortQuote(d.Module), shortQuote(d.Name))
			}
		case components.CoreExportDecl:
			et, err := v.coreExtern(&d.Type, &types)
			if err != nil {
				return nil, err
			}
			if !t.addExport(CoreExport{d.Name, et}) {
				return nil, v.errorf("the core module type exports %s twice", shortQuote(d.Name))
			}
		default:
			return nil, v.errorf("a declarator of an unknown form, %T", d)
		}
	}
	return t, nil
}

// moduleAlias resolves an outer alias inside a core module type: 0 steps out is
// the module type itself.
func (s *scope) moduleAlias(a *components.Alias, types *coreSpace) (coreID, error) {
	v := s.v
	if a.Sort != wit.SortCoreType || a.Kind != components.AliasOuter {
		return 0, v.errorf("an alias inside a core module type may only refer to core types outside")
	}
	if a.Count == 0 {
		return at(v, types.ids, a.Index, "core type")
	}
	from := s
	for i := uint32(1); i < a.Count; i++ {
		if from = from.parent; from == nil {
			return 0, v.errorf("invalid outer alias count %d: only %d scopes enclose this one", a.Count, i)
		}
	}
	id, err := at(v, from.core.ids, a.Index, "core type")
	if err == nil && id == noCoreType {
		err = v.errorf("core type %d is a module type, which a core module type cannot refer to", a.Index)
	}
	return id, err
}

// coreExtern validates the type of a core import or export.
func (v *validator) coreExtern(d *components.CoreExtern, types *coreSpace) (core.ExternType, error) {
	switch d.Sort {
	case wit.SortCoreFunc, wit.SortCoreTag:
		return v.coreFuncExtern(d, types)
	case wit.SortCoreGlobal:
		t, err := v.coreValType(d.Elem, types)
		if err != nil {
			return nil, err
		}
		if simple, ok := t.simple(); ok {
			return core.GlobalType{Val: simple, Mutable: d.Mutable}, nil
		}
		return &foreign{types: v.coreTypes, kind: core.ExternGlobal, val: t, mutable: d.Mutable}, nil
	case wit.SortCoreTable:
		return v.coreTable(d, types)
	case wit.SortCoreMemory:
		if d.Limits.HasPageSize {
			return nil, v.gated(FeaturePageSizes, "a memory with its own page size")
		}
		limit := uint64(1) << 16
		if d.Limits.Is64 {
			limit = 1 << 48
		}
		if err := v.coreLimits(&d.Limits, "memory", limit); err != nil {
			return nil, err
		}
		if d.Limits.Shared && !d.Limits.HasMax {
			return nil, v.errorf("a shared memory must have a maximum size")
		}
		if d.Limits.Is64 {
			return &foreign{types: v.coreTypes, kind: core.ExternMemory, limits: d.Limits}, nil
		}
		return core.MemoryType{Range: coreRange(&d.Limits), Shared: d.Limits.Shared}, nil
	}
	return nil, v.errorf("a core module cannot import or export a %s", d.Sort)
}

func (v *validator) coreFuncExtern(d *components.CoreExtern, types *coreSpace) (core.ExternType, error) {
	id, err := at(v, types.ids, d.Index, "core type")
	if err != nil {
		return nil, err
	}
	def := &v.coreTypes.defs[id]
	switch {
	case def.comp != compFunc:
		return nil, v.errorf("core type %d is a %s type, not a function type", d.Index, def.comp)
	case d.Sort == wit.SortCoreTag && len(def.results) > 0:
		return nil, v.errorf("the type of a tag must have no results")
	}
	f, ok := v.coreTypes.simpleFunc(id)
	switch {
	case ok && d.Sort == wit.SortCoreTag:
		return core.TagType{FuncType: f}, nil
	case ok:
		return f, nil
	}
	kind := core.ExternFunc
	if d.Sort == wit.SortCoreTag {
		kind = core.ExternTag
	}
	return &foreign{types: v.coreTypes, kind: kind, id: id}, nil
}

func (v *validator) coreTable(d *components.CoreExtern, types *coreSpace) (core.ExternType, error) {
	t, err := v.coreValType(d.Elem, types)
	if err != nil {
		return nil, err
	}
	if !t.isRef() {
		return nil, v.errorf("the elements of a table must be references, not numbers")
	}
	if d.Limits.Shared {
		return nil, v.gated(FeatureSharedObjects, "a shared table")
	}
	limit := uint64(1<<32 - 1)
	if d.Limits.Is64 {
		limit = 1<<64 - 1
	}
	if err := v.coreLimits(&d.Limits, "table", limit); err != nil {
		return nil, err
	}
	if simple, ok := t.simple(); ok && !d.Limits.Is64 {
		return core.TableType{Elem: simple, Range: coreRange(&d.Limits)}, nil
	}
	return &foreign{types: v.coreTypes, kind: core.ExternTable, val: t, limits: d.Limits}, nil
}

func (v *validator) coreLimits(l *components.CoreLimits, what string, limit uint64) error {
	switch {
	case l.Min > limit || l.HasMax && l.Max > limit:
		return v.errorf("%s size must be at most %d", what, limit)
	case l.HasMax && l.Min > l.Max:
		return v.errorf("the minimum size of a %s must not be greater than the maximum", what)
	}
	return nil
}

func coreRange(l *components.CoreLimits) core.Range {
	return core.Range{Min: uint32(l.Min), Max: uint32(l.Max), HasMax: l.HasMax}
}
