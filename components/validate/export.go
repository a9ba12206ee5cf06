package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// exportDef validates an export of a component, which adds what it exports to the
// index space again, as the outside sees it.
func (s *scope) exportDef(ex *components.Export) error {
	actual, err := s.externAt(ex.Ref.Sort, ex.Ref.Index)
	if err != nil {
		return err
	}
	var t wit.ExternType
	if ex.Ascribed == nil {
		t, err = s.inferred(actual, ex.Name)
	} else {
		t, err = s.ascribed(actual, ex)
	}
	if err != nil {
		return err
	}
	if err := s.expose(&s.exports, ex.Name, t); err != nil {
		return err
	}
	if err := s.declare(&s.exports, ex.Name, &ex.Attributes, t); err != nil {
		return err
	}
	s.add(t)
	if m, ok := t.(*ModuleType); ok && ex.Ascribed == nil {
		info := s.t.CoreModules[ex.Ref.Index]
		info.Type = m
		s.t.CoreModules[len(s.t.CoreModules)-1] = info
	}
	return nil
}

// inferred gives the type that an export has by itself. The first export of a
// resource type that is not imported introduces it to the outside; later ones are
// equal to the first (Explainer.md, "Type Checking").
func (s *scope) inferred(actual wit.ExternType, name string) (wit.ExternType, error) {
	switch t := actual.(type) {
	case *wit.TypeExport:
		r, ok := t.Def.(*wit.Resource)
		if ok && r.Name == "" {
			r.Name = name // one of our own, which nobody else has seen yet
		}
		return nameType(t.Def, ok && s.firstExport(r)), nil
	case *wit.InstanceType:
		if !wit.MetricsOf(t).HasResource {
			return t, nil
		}
		if err := s.v.copying(t); err != nil {
			return nil, err
		}
		return s.v.check.AsExport(t, s.firstExport), s.v.spend(0)
	}
	return actual, nil
}

// ascribed gives the type that an export has been given explicitly, which must be
// a supertype of its own.
func (s *scope) ascribed(actual wit.ExternType, ex *components.Export) (wit.ExternType, error) {
	t, introduced, err := s.externType(ex.Ascribed, ex.Name)
	if err != nil {
		return nil, err
	}
	if bad := s.v.check.Subtype(actual, t); len(bad) > 0 {
		return nil, s.v.mismatch(bad, "the type ascribed to the export %q is not a supertype of its own", ex.Name)
	}
	s.exports.introduce(introduced...)
	return t, nil
}
