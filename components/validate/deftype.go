package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// typeDef validates a type definition (Binary.md, "Type Definitions").
func (s *scope) typeDef(d *components.TypeDef) error {
	switch t := d.Item.(type) {
	case components.FuncType:
		f, err := s.funcType(&t)
		if err != nil {
			return err
		}
		s.addType(f, nil)
	case components.ComponentType:
		c, err := s.componentType(&t)
		if err != nil {
			return err
		}
		s.addType(c, nil)
	case components.InstanceType:
		i, err := s.instanceType(&t)
		if err != nil {
			return err
		}
		s.addType(i, nil)
	case components.ResourceType:
		return s.resourceType(&t)
	default:
		t2, err := s.defValType(d.Item)
		if err != nil {
			return err
		}
		s.addType(t2, nil)
	}
	return nil
}

// defValType validates a defvaltype, its size in memory included.
func (s *scope) defValType(item any) (*wit.Type, error) {
	t, err := s.makeType(item)
	if err != nil {
		return nil, err
	}
	if size := s.v.sizes.Of(t); size >= canon.MaxElemSize {
		return nil, s.v.errorf("a value of this type takes %d bytes of memory, but must take less than %d", size, canon.MaxElemSize)
	}
	return t, s.v.checkSize(t.Metrics())
}

func (s *scope) makeType(item any) (*wit.Type, error) {
	v := s.v
	switch t := item.(type) {
	case components.ValType:
		return s.valType(t)
	case components.RecordType:
		if len(t.Fields) == 0 {
			return nil, v.errorf("a record must have at least one field")
		}
		fields, err := s.fields("field", t.Fields)
		return wit.NewRecord(fields...), err
	case components.VariantType:
		return s.variant(&t)
	case components.ListType:
		if t.Fixed && !v.opt.Features[FeatureFixedLists] {
			return nil, v.gated(FeatureFixedLists, "a list of a fixed length")
		}
		elem, err := s.valType(t.Elem)
		switch {
		case err != nil:
			return nil, err
		case !t.Fixed:
			return wit.NewList(elem), nil
		case t.Len == 0:
			return nil, v.errorf("a list of a fixed length must not be empty")
		}
		return wit.NewFixedList(elem, t.Len), nil
	case components.TupleType:
		return s.tuple(&t)
	case components.FlagsType:
		if len(t.Labels) == 0 || len(t.Labels) > canon.MaxFlags {
			return nil, v.errorf("a flags type must have between 1 and %d labels, not %d", canon.MaxFlags, len(t.Labels))
		}
		err := v.unique("flag", len(t.Labels), func(i int) string { return t.Labels[i] })
		return wit.NewFlags(t.Labels...), err
	case components.EnumType:
		if len(t.Labels) == 0 {
			return nil, v.errorf("an enum must have at least one case")
		}
		err := v.unique("enum case", len(t.Labels), func(i int) string { return t.Labels[i] })
		return wit.NewEnum(t.Labels...), err
	case components.OptionType:
		elem, err := s.valType(t.Elem)
		if err != nil {
			return nil, err
		}
		return wit.NewOption(elem), nil
	case components.ResultType:
		ok, err := s.optValType(t.Ok)
		if err != nil {
			return nil, err
		}
		e, err := s.optValType(t.Err)
		return wit.NewResult(ok, e), err
	case components.HandleType:
		return s.handle(&t)
	case components.MapType:
		return s.mapType(&t)
	case components.StreamType:
		return nil, v.gated(FeatureAsync, "a stream type")
	case components.FutureType:
		return nil, v.gated(FeatureAsync, "a future type")
	}
	return nil, v.errorf("a type of an unknown form, %T", item)
}

func (s *scope) variant(t *components.VariantType) (*wit.Type, error) {
	if len(t.Cases) == 0 {
		return nil, s.v.errorf("a variant must have at least one case")
	}
	if err := s.v.unique("case", len(t.Cases), func(i int) string { return t.Cases[i].Label }); err != nil {
		return nil, err
	}
	cases := make([]wit.Case, len(t.Cases))
	for i, c := range t.Cases {
		payload, err := s.optValType(c.Type)
		if err != nil {
			return nil, err
		}
		cases[i] = wit.Case{Name: c.Label, Type: payload}
	}
	return wit.NewVariant(cases...), nil
}

func (s *scope) tuple(t *components.TupleType) (*wit.Type, error) {
	if len(t.Elems) == 0 {
		return nil, s.v.errorf("a tuple must have at least one type")
	}
	elems := make([]*wit.Type, len(t.Elems))
	for i, e := range t.Elems {
		var err error
		if elems[i], err = s.valType(e); err != nil {
			return nil, err
		}
	}
	return wit.NewTuple(elems...), nil
}

func (s *scope) handle(t *components.HandleType) (*wit.Type, error) {
	r, err := typeAt[*wit.Resource](s, t.Index, "a resource type")
	if err != nil {
		return nil, err
	}
	h := wit.NewOwn(r)
	if t.Borrow {
		h = wit.NewBorrow(r)
	}
	return h.WithName(s.typeNames[t.Index]), nil
}

func (s *scope) mapType(t *components.MapType) (*wit.Type, error) {
	if !s.v.opt.Features[FeatureMap] {
		return nil, s.v.gated(FeatureMap, "a map type")
	}
	key, err := s.valType(t.Key)
	if err != nil {
		return nil, err
	}
	switch k := key.Kind; {
	case k > wit.String, k == wit.F32, k == wit.F64:
		return nil, s.v.errorf("the key of a map must be an integer, bool, char or string, not %s", key)
	}
	value, err := s.valType(t.Value)
	if err != nil {
		return nil, err
	}
	return wit.NewMap(key, value), nil
}

// valType resolves a valtype.
func (s *scope) valType(t components.ValType) (*wit.Type, error) {
	if t.IsIndex {
		return typeAt[*wit.Type](s, t.Index, "a value type")
	}
	if t.Primitive == wit.ErrorContext {
		return nil, s.v.gated(FeatureErrorContext, "the type error-context")
	}
	return wit.Primitive(t.Primitive), nil
}

func (s *scope) optValType(t *components.ValType) (*wit.Type, error) {
	if t == nil {
		return nil, nil
	}
	return s.valType(*t)
}

// fields validates the fields of a record or the parameters of a function.
func (s *scope) fields(what string, ls []components.LabelType) ([]wit.Field, error) {
	if err := s.v.unique(what, len(ls), func(i int) string { return ls[i].Label }); err != nil {
		return nil, err
	}
	fields := make([]wit.Field, len(ls))
	for i, l := range ls {
		t, err := s.valType(l.Type)
		if err != nil {
			return nil, err
		}
		fields[i] = wit.Field{Name: l.Label, Type: t}
	}
	return fields, nil
}

func (s *scope) funcType(t *components.FuncType) (*wit.FuncType, error) {
	if t.Async {
		return nil, s.v.gated(FeatureAsync, "an async function type")
	}
	params, err := s.fields("parameter", t.Params)
	if err != nil {
		return nil, err
	}
	result, err := s.optValType(t.Result)
	if err != nil {
		return nil, err
	}
	if result != nil && result.Metrics().HasBorrow {
		return nil, s.v.errorf("the result of a function must not contain a borrow, and is %s", result)
	}
	f := &wit.FuncType{Params: params, Result: result}
	return f, s.v.checkSize(wit.MetricsOf(f))
}

// resourceType validates a resource type definition: a new identity.
func (s *scope) resourceType(t *components.ResourceType) error {
	v := s.v
	if s.kind != scopeComponent {
		return v.errorf("a resource type can only be defined by a component, not inside a type")
	}
	switch t.Rep {
	case 0x7f:
	case 0x7e:
		return v.gated(FeatureMemory64, "a resource type represented by i64")
	default:
		return v.errorf("a resource type must be represented by i32")
	}
	if t.HasDtor {
		f, err := at(v, s.t.CoreFuncs, t.Dtor, "core function")
		if err != nil {
			return err
		}
		if want := (core.FuncType{Params: []core.ValType{core.I32}}); !f.Equal(want) {
			return v.errorf("the destructor of a resource type must be %s, and is %s", want, f)
		}
	}
	r := &wit.Resource{}
	s.t.Defined = append(s.t.Defined, DefinedResource{TypeIndex: uint32(len(s.t.Types)), Resource: r, Def: *t})
	if s.local == nil {
		s.local = map[*wit.Resource]bool{}
	}
	s.local[r] = true
	s.addType(r, &wit.TypeExport{Def: r, Abstract: true})
	return nil
}
