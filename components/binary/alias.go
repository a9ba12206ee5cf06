package binary

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// alias reads an alias (Binary.md, "Alias Definitions").
func (s *scope) alias() any {
	start := s.pos
	a := components.Alias{Sort: s.sort()}
	off := s.pos
	switch b := s.byte(); b {
	case 0x00:
		a.Kind, a.Instance, a.Name = components.AliasExport, s.u32(), s.name("the name of an alias")
	case 0x01:
		a.Kind, a.Instance, a.Name = components.AliasCoreExport, s.u32(), s.name("the name of an alias")
		if a.Sort > wit.SortCoreInstance {
			s.fail(start, "an alias of a core instance's export must have a core sort, not %s", a.Sort)
		}
	case 0x02:
		a.Kind, a.Count, a.Index = components.AliasOuter, s.u32(), s.u32()
		if !outerAliasSort(a.Sort) {
			s.fail(start, "an outer alias must be of sort component, type, core module or core type, not %s", a.Sort)
		}
	default:
		s.fail(off, "%#02x is no kind of alias", b)
	}
	return a
}

// outerAliasSort says whether a sort is in outeraliassort (Explainer.md, "Alias Definitions").
func outerAliasSort(s wit.Sort) bool {
	switch s {
	case wit.SortCoreModule, wit.SortCoreType, wit.SortType, wit.SortComponent:
		return true
	}
	return false
}

// coreAlias reads a core:alias, which is an outer alias of a core type.
func (s *scope) coreAlias() any {
	s.expect(0x10, "the sort of a core alias")
	s.expect(0x01, "the kind of a core alias")
	return components.Alias{Sort: wit.SortCoreType, Kind: components.AliasOuter, Count: s.u32(), Index: s.u32()}
}
