package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// alias validates an alias definition or declarator (Binary.md, "Alias Definitions").
func (s *scope) alias(a *components.Alias) error {
	switch a.Kind {
	case components.AliasExport:
		return s.aliasExport(a)
	case components.AliasCoreExport:
		return s.aliasCoreExport(a)
	}
	return s.aliasOuter(a)
}

func (s *scope) aliasExport(a *components.Alias) error {
	v := s.v
	if s.kind != scopeComponent && a.Sort != wit.SortType && a.Sort != wit.SortInstance {
		return v.errorf("an export alias inside a type may only refer to types or instances, not to a %s", a.Sort)
	}
	if a.Sort == wit.SortValue {
		return v.gated(FeatureValues, "an alias of a value")
	}
	inst, err := at(v, s.t.Instances, a.Instance, "instance")
	if err != nil {
		return err
	}
	t, ok := inst.Export(a.Name)
	if !ok {
		return v.errorf("instance %d has no export named %s", a.Instance, shortQuote(a.Name))
	}
	if t.ExternSort() != a.Sort {
		return v.errorf("the export %s of instance %d is a %s, not a %s", shortQuote(a.Name), a.Instance, t.ExternSort(), a.Sort)
	}
	s.add(t)
	return nil
}

func (s *scope) aliasCoreExport(a *components.Alias) error {
	v := s.v
	if s.kind != scopeComponent {
		return v.errorf("an alias inside a type may only refer to types or instances, not to a core instance's export")
	}
	inst, err := at(v, s.t.CoreInstances, a.Instance, "core instance")
	if err != nil {
		return err
	}
	t, ok := inst.Exports[a.Name]
	if !ok {
		return v.errorf("core instance %d has no export named %s", a.Instance, shortQuote(a.Name))
	}
	if !coreSortIs(a.Sort, t) {
		return v.errorf("the export %s of core instance %d is a core %s, not a %s", shortQuote(a.Name), a.Instance, t.Kind(), a.Sort)
	}
	switch t := t.(type) {
	case core.FuncType:
		s.t.CoreFuncs = append(s.t.CoreFuncs, t)
	case core.TableType:
		s.t.CoreTables = append(s.t.CoreTables, t)
	case core.MemoryType:
		s.t.CoreMemories = append(s.t.CoreMemories, t)
	case core.GlobalType:
		s.t.CoreGlobals = append(s.t.CoreGlobals, t)
	case core.TagType:
		s.t.CoreTags = append(s.t.CoreTags, t)
	default:
		return v.gated(FeatureGC, "the "+t.String())
	}
	return nil
}

// aliasOuter reaches into a scope that this one stands in. Where that leaves a
// component, the type must not depend on resource types, which are made anew by
// each instance.
func (s *scope) aliasOuter(a *components.Alias) error {
	v := s.v
	if s.kind != scopeComponent && a.Sort != wit.SortType && a.Sort != wit.SortCoreType {
		return v.errorf("an outer alias inside a type may only refer to types or core types, not to a %s", a.Sort)
	}
	from, leaves := s, false
	for i := uint32(0); i < a.Count; i++ {
		leaves = leaves || from.kind == scopeComponent
		if from = from.parent; from == nil {
			return v.errorf("invalid outer alias count %d: only %d scopes enclose this one", a.Count, i)
		}
	}
	switch a.Sort {
	case wit.SortType:
		def, err := at(v, from.t.Types, a.Index, "type")
		if err != nil {
			return err
		}
		if leaves {
			if err := s.noResources(def); err != nil {
				return err
			}
		}
		s.addType(def, from.typeNames[a.Index])
	case wit.SortCoreType:
		def, err := at(v, from.t.CoreTypes, a.Index, "core type")
		if err != nil {
			return err
		}
		s.t.CoreTypes = append(s.t.CoreTypes, def)
		s.core.ids = append(s.core.ids, from.core.ids[a.Index])
	case wit.SortComponent:
		c, err := at(v, from.t.Components, a.Index, "component")
		if err != nil {
			return err
		}
		s.t.Components = append(s.t.Components, c)
	case wit.SortCoreModule:
		m, err := at(v, from.t.CoreModules, a.Index, "core module")
		if err != nil {
			return err
		}
		s.t.CoreModules = append(s.t.CoreModules, m)
	default:
		return v.errorf("an outer alias may refer to components, types, core modules and core types, not to a %s", a.Sort)
	}
	return nil
}

// noResources refuses a type that refers to resource types of its surroundings.
func (s *scope) noResources(def any) error {
	free, err := s.v.freeResources(def)
	if err == nil && len(free) > 0 {
		err = s.v.errorf("an outer alias that leaves a component must not refer to a type that transitively refers to resources: these are made anew by each instance")
	}
	return err
}

// coreSortIs says whether a core definition is of a sort.
func coreSortIs(s wit.Sort, t core.ExternType) bool {
	switch t.Kind() {
	case core.ExternFunc:
		return s == wit.SortCoreFunc
	case core.ExternTable:
		return s == wit.SortCoreTable
	case core.ExternMemory:
		return s == wit.SortCoreMemory
	case core.ExternGlobal:
		return s == wit.SortCoreGlobal
	case core.ExternTag:
		return s == wit.SortCoreTag
	}
	return false
}
