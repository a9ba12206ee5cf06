package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// componentType validates the declarators of a component type.
func (s *scope) componentType(t *components.ComponentType) (*wit.ComponentType, error) {
	in, err := s.declarators(scopeComponentType, t.Decls)
	if err != nil {
		return nil, err
	}
	c := wit.NewComponentType(in.imports.decls, in.exports.decls, in.imports.resources, in.exports.resources)
	return c, s.v.checkSize(wit.MetricsOf(c))
}

// instanceType validates the declarators of an instance type.
func (s *scope) instanceType(t *components.InstanceType) (*wit.InstanceType, error) {
	in, err := s.declarators(scopeInstanceType, t.Decls)
	if err != nil {
		return nil, err
	}
	i := wit.NewInstanceType(in.exports.decls, in.exports.resources)
	return i, s.v.checkSize(wit.MetricsOf(i))
}

// declarators validates those of a type, with index spaces of its own.
func (s *scope) declarators(kind scopeKind, decls []components.Def) (*scope, error) {
	v := s.v
	in, err := v.newScope(s, kind)
	if err != nil {
		return nil, err
	}
	leave := v.enter("type", len(s.t.Types))
	defer leave()
	for i := range decls {
		v.offset = decls[i].Offset
		if err := in.declarator(decls[i].Item); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (s *scope) declarator(item any) error {
	switch d := item.(type) {
	case *components.CoreTypeDef:
		return s.coreTypeDef(d)
	case components.TypeDef:
		return s.typeDef(&d)
	case components.Alias:
		return s.alias(&d)
	case components.Import:
		return s.importDef(&d)
	case components.ExportDecl:
		return s.exportDecl(&d)
	}
	return s.v.errorf("a declarator of an unknown form, %T", item)
}

// importDef validates an import: of a component, or of a component type.
func (s *scope) importDef(im *components.Import) error {
	t, introduced, err := s.externType(&im.Type, im.Name)
	if err != nil {
		return err
	}
	s.imports.introduce(introduced...)
	if err := s.expose(&s.imports, im.Name, t); err != nil {
		return err
	}
	if err := s.declare(&s.imports, im.Name, &im.Attributes, t); err != nil {
		return err
	}
	s.add(t)
	return nil
}

// exportDecl validates an export declarator of a type.
func (s *scope) exportDecl(ex *components.ExportDecl) error {
	t, introduced, err := s.externType(&ex.Type, ex.Name)
	if err != nil {
		return err
	}
	s.exports.introduce(introduced...)
	if err := s.expose(&s.exports, ex.Name, t); err != nil {
		return err
	}
	if err := s.declare(&s.exports, ex.Name, &ex.Attributes, t); err != nil {
		return err
	}
	s.add(t)
	return nil
}

// externType validates an externtype. What it returns is of this use alone: an
// instance type comes with new resource types for those that it introduces, which
// are listed too.
func (s *scope) externType(d *components.ExternDesc, name string) (t wit.ExternType, introduced []*wit.Resource, err error) {
	v := s.v
	switch d.Sort {
	case wit.SortCoreModule:
		t, err = s.coreModuleTypeAt(d.Index)
	case wit.SortFunc:
		t, err = typeAt[*wit.FuncType](s, d.Index, "a function type")
	case wit.SortComponent:
		t, err = typeAt[*wit.ComponentType](s, d.Index, "a component type")
	case wit.SortInstance:
		return s.instanceOf(d.Index)
	case wit.SortType:
		if d.SubResource {
			r := &wit.Resource{Name: name}
			return &wit.TypeExport{Def: r, Abstract: true}, []*wit.Resource{r}, nil
		}
		var def any
		if def, err = at(v, s.t.Types, d.Index, "type"); err == nil {
			t = nameType(def, false)
		}
	case wit.SortValue:
		err = v.gated(FeatureValues, "a value")
	default:
		err = v.errorf("a %s cannot be imported or exported", d.Sort)
	}
	return t, nil, err
}

// instanceOf makes the type of an instance of an instance type.
func (s *scope) instanceOf(index uint32) (wit.ExternType, []*wit.Resource, error) {
	t, err := typeAt[*wit.InstanceType](s, index, "an instance type")
	if err != nil {
		return nil, nil, err
	}
	if len(t.Resources) == 0 {
		return t, nil, nil
	}
	if err := s.v.copying(t); err != nil {
		return nil, nil, err
	}
	fresh := s.v.check.Fresh(t)
	return fresh, fresh.Resources, s.v.spend(0)
}

// nameType makes the import or export of a type: a name of its own for it.
func nameType(def any, abstract bool) *wit.TypeExport {
	te := &wit.TypeExport{Def: def, Abstract: abstract}
	if t, ok := def.(*wit.Type); ok && nominal(t) {
		te.Def = t.WithName(te)
	}
	return te
}
