package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// coreTypeDef validates a core type definition.
func (s *scope) coreTypeDef(d *components.CoreTypeDef) error {
	switch t := d.Item.(type) {
	case components.CoreFuncType:
		f, err := s.v.coreFuncType(&t)
		if err != nil {
			return err
		}
		s.t.CoreTypes = append(s.t.CoreTypes, f)
		return nil
	case *components.CoreModuleType:
		m, err := s.moduleType(t)
		if err != nil {
			return err
		}
		s.t.CoreTypes = append(s.t.CoreTypes, m)
		return nil
	}
	return s.v.gated(FeatureGC, "a recursive, struct or array type, or one with supertypes")
}

func (v *validator) coreFuncType(t *components.CoreFuncType) (f core.FuncType, err error) {
	if f.Params, err = v.coreValTypes(t.Params); err != nil {
		return f, err
	}
	f.Results, err = v.coreValTypes(t.Results)
	return f, err
}

func (v *validator) coreValTypes(ts []components.CoreValType) ([]core.ValType, error) {
	out := make([]core.ValType, len(ts))
	for i, t := range ts {
		var err error
		if out[i], err = v.coreValType(t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Heap types as they are encoded: negative numbers of seven bits.
const (
	heapFunc   = 0x70 - 0x80
	heapExtern = 0x6f - 0x80
	heapExn    = 0x69 - 0x80
)

func (v *validator) coreValType(t components.CoreValType) (core.ValType, error) {
	switch t.Code {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b:
		return core.ValType(t.Code), nil
	case 0x70:
		return core.FuncRef, nil
	case 0x6f:
		return core.ExternRef, nil
	case 0x69:
		return core.ExnRef, nil
	case 0x63, 0x64:
		ref := core.ValType(0)
		switch t.HeapType {
		case heapFunc:
			ref = core.FuncRef
		case heapExtern:
			ref = core.ExternRef
		case heapExn:
			ref = core.ExnRef
		default:
			return 0, v.gated(FeatureGC, "a reference to a defined or structured core type")
		}
		if t.Code == 0x64 {
			ref = ref.NonNull()
		}
		return ref, nil
	}
	return 0, v.gated(FeatureGC, "a reference to a structured core type")
}

// moduleType validates the declarators of a core module type, whose type index
// space is its own and starts empty.
func (s *scope) moduleType(d *components.CoreModuleType) (*ModuleType, error) {
	v := s.v
	leave := v.enter("core type", len(s.t.CoreTypes))
	defer leave()
	t := &ModuleType{}
	var types []core.FuncType
	for i := range d.Decls {
		v.offset = d.Decls[i].Offset
		switch d := d.Decls[i].Item.(type) {
		case *components.CoreTypeDef:
			f, ok := d.Item.(components.CoreFuncType)
			if !ok {
				if _, ok := d.Item.(*components.CoreModuleType); ok {
					return nil, v.errorf("a core module type cannot define core module types")
				}
				return nil, v.gated(FeatureGC, "a recursive, struct or array type, or one with supertypes")
			}
			ft, err := v.coreFuncType(&f)
			if err != nil {
				return nil, err
			}
			types = append(types, ft)
		case components.Alias:
			ft, err := s.moduleAlias(&d, types)
			if err != nil {
				return nil, err
			}
			types = append(types, ft)
		case components.CoreImport:
			et, err := v.coreExtern(&d.Type, types)
			if err != nil {
				return nil, err
			}
			if !t.addImport(CoreImport{d.Module, d.Name, et}) {
				return nil, v.errorf("the core module type imports %s %s twice", shortQuote(d.Module), shortQuote(d.Name))
			}
		case components.CoreExportDecl:
			et, err := v.coreExtern(&d.Type, types)
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
func (s *scope) moduleAlias(a *components.Alias, types []core.FuncType) (core.FuncType, error) {
	v := s.v
	if a.Sort != wit.SortCoreType || a.Kind != components.AliasOuter {
		return core.FuncType{}, v.errorf("an alias inside a core module type may only refer to core types outside")
	}
	if a.Count == 0 {
		return at(v, types, a.Index, "core type")
	}
	from := s
	for i := uint32(1); i < a.Count; i++ {
		if from = from.parent; from == nil {
			return core.FuncType{}, v.errorf("invalid outer alias count %d: only %d scopes enclose this one", a.Count, i)
		}
	}
	def, err := at(v, from.t.CoreTypes, a.Index, "core type")
	if err != nil {
		return core.FuncType{}, err
	}
	f, ok := def.(core.FuncType)
	if !ok {
		return f, v.errorf("core type %d is a module type, which a core module type cannot refer to", a.Index)
	}
	return f, nil
}

// coreExtern validates the type of a core import or export.
func (v *validator) coreExtern(d *components.CoreExtern, types []core.FuncType) (core.ExternType, error) {
	switch d.Sort {
	case wit.SortCoreFunc:
		return at(v, types, d.Index, "core type")
	case wit.SortCoreTag:
		f, err := at(v, types, d.Index, "core type")
		if err == nil && len(f.Results) > 0 {
			err = v.errorf("the type of a tag must have no results, and is %s", f)
		}
		return core.TagType{FuncType: f}, err
	case wit.SortCoreGlobal:
		t, err := v.coreValType(d.Elem)
		return core.GlobalType{Val: t, Mutable: d.Mutable}, err
	case wit.SortCoreTable:
		t, err := v.coreValType(d.Elem)
		if err != nil {
			return nil, err
		}
		if !t.IsRef() {
			return nil, v.errorf("the elements of a table must be references, not %s", t)
		}
		if d.Limits.Shared {
			return nil, v.gated(FeatureSharedObjects, "a shared table")
		}
		r, err := v.coreRange(&d.Limits, "table", 1<<32-1)
		return core.TableType{Elem: t, Range: r}, err
	case wit.SortCoreMemory:
		if d.Limits.HasPageSize {
			return nil, v.gated(FeaturePageSizes, "a memory with its own page size")
		}
		r, err := v.coreRange(&d.Limits, "memory", 65536)
		if err == nil && d.Limits.Shared && !d.Limits.HasMax {
			err = v.errorf("a shared memory must have a maximum size")
		}
		return core.MemoryType{Range: r, Shared: d.Limits.Shared}, err
	}
	return nil, v.errorf("a core module cannot import or export a %s", d.Sort)
}

func (v *validator) coreRange(l *components.CoreLimits, what string, limit uint64) (r core.Range, err error) {
	switch {
	case l.Is64:
		return r, v.gated(FeatureMemory64, "a "+what+" with 64-bit addresses")
	case l.Min > limit || l.HasMax && l.Max > limit:
		return r, v.errorf("%s size must be at most %d", what, limit)
	case l.HasMax && l.Min > l.Max:
		return r, v.errorf("the minimum size of a %s must not be greater than the maximum", what)
	}
	return core.Range{Min: uint32(l.Min), Max: uint32(l.Max), HasMax: l.HasMax}, nil
}
