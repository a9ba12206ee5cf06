package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Component validates a component with everything inside it, core modules
// included. The error is an *Error: the first rule that is broken.
func Component(c *components.Component, opt Options) (*Typed, error) {
	opt.Limits = opt.Limits.withDefaults()
	v := &validator{
		opt: opt, names: opt.nameFeatures(), check: wit.Checker{Fuel: opt.Limits.Work},
		sizes: canon.NewElemSizes(canon.PtrI64), offset: c.Offset,
		coreTypes: &coreTypes{groups: map[string]coreID{}},
	}
	return v.component(c, nil)
}

// validator is the state of one validation.
type validator struct {
	opt   Options
	names wit.NameFeatures
	check wit.Checker
	sizes *canon.ElemSizes
	// coreTypes are all core types, of every scope.
	coreTypes *coreTypes

	// offset and path say where validation is.
	offset int
	path   []string
	// copied counts the nodes of types that were made by copying others.
	copied int
}

// component validates the definitions of a component in their order, each with
// what stands before it (Explainer.md, "Component Definitions").
func (v *validator) component(c *components.Component, parent *scope) (*Typed, error) {
	s, err := v.newScope(parent, scopeComponent)
	if err != nil {
		return nil, err
	}
	s.t.Component = c
	s.t.Nested = map[*components.Component]*Typed{}
	for i := range c.Defs {
		v.offset = c.Defs[i].Offset
		if err := s.definition(c.Defs[i].Item); err != nil {
			return nil, err
		}
	}
	s.t.Type = wit.NewComponentType(s.imports.decls, s.exports.decls, s.imports.resources, s.exports.resources)
	v.offset = c.Offset
	return s.t, v.checkSize(wit.MetricsOf(s.t.Type))
}

func (s *scope) definition(item any) error {
	switch item := item.(type) {
	case *components.CoreModule:
		return s.coreModule(item)
	case components.CoreModule:
		return s.coreModule(&item)
	case components.CoreInstance:
		return s.coreInstance(&item)
	case *components.CoreTypeDef:
		return s.coreTypeDef(item)
	case *components.Component:
		return s.nested(item)
	case components.Instance:
		return s.instance(&item)
	case components.Alias:
		return s.alias(&item)
	case components.TypeDef:
		return s.typeDef(&item)
	case components.Canon:
		return s.canon(&item)
	case components.Import:
		return s.importDef(&item)
	case components.Export:
		return s.exportDef(&item)
	case components.Start:
		return s.v.gated(FeatureValues, "a start function")
	case components.Value:
		return s.v.gated(FeatureValues, "a value definition")
	}
	return s.v.errorf("a definition of an unknown form, %T", item)
}

// nested validates a component definition inside this one.
func (s *scope) nested(c *components.Component) error {
	leave := s.v.enter("component", len(s.t.Components))
	defer leave()
	t, err := s.v.component(c, s)
	if err != nil {
		return err
	}
	s.t.Nested[c] = t
	s.t.Components = append(s.t.Components, t.Type)
	return nil
}

// checkSize refuses types that are huge when written out, or nested very deep.
func (v *validator) checkSize(m wit.Metrics) error {
	if int64(m.Size) > int64(v.opt.Limits.TypeSize) {
		return v.tooMuch("a type has more than %d parts when written out", v.opt.Limits.TypeSize)
	}
	if int(m.Depth) > v.opt.Limits.TypeDepth {
		return v.tooMuch("a type is nested more than %d deep", v.opt.Limits.TypeDepth)
	}
	return nil
}

// copying accounts for a type that is about to be copied.
func (v *validator) copying(t wit.ExternType) error {
	v.copied += int(wit.MetricsOf(t).Size)
	if v.copied > v.opt.Limits.CopiedTypes {
		return v.tooMuch("its instances and imports have types with more than %d parts in all", v.opt.Limits.CopiedTypes)
	}
	return nil
}

// spend accounts for steps of work.
func (v *validator) spend(n int) error {
	if !v.check.Spend(n) {
		return v.tooMuch("comparing and copying types takes more than %d steps", v.opt.Limits.Work)
	}
	return nil
}
