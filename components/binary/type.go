package binary

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// typeDef reads a deftype (Binary.md, "Type Definitions").
func (s *scope) typeDef() any { return components.TypeDef{Item: s.defType()} }

func (r *reader) defType() any {
	off := r.pos
	b := r.byte()
	if k, ok := primitive(b); ok {
		return components.ValType{Primitive: k}
	}
	switch b {
	case 0x72:
		return components.RecordType{Fields: vec(r, "fields", (*reader).labelType)}
	case 0x71:
		return components.VariantType{Cases: vec(r, "cases", (*reader).caseType)}
	case 0x70:
		return components.ListType{Elem: r.valType()}
	case 0x67:
		return components.ListType{Elem: r.valType(), Fixed: true, Len: r.u32()}
	case 0x6f:
		return components.TupleType{Elems: vec(r, "types", (*reader).valType)}
	case 0x6e:
		return components.FlagsType{Labels: vec(r, "labels", (*reader).label)}
	case 0x6d:
		return components.EnumType{Labels: vec(r, "labels", (*reader).label)}
	case 0x6b:
		return components.OptionType{Elem: r.valType()}
	case 0x6a:
		return components.ResultType{Ok: r.optValType(), Err: r.optValType()}
	case 0x69:
		return components.HandleType{Index: r.u32()}
	case 0x68:
		return components.HandleType{Borrow: true, Index: r.u32()}
	case 0x66:
		return components.StreamType{Elem: r.optValType()}
	case 0x65:
		return components.FutureType{Elem: r.optValType()}
	case 0x63:
		return components.MapType{Key: r.valType(), Value: r.valType()}
	case 0x40, 0x43:
		return components.FuncType{Async: b == 0x43, Params: vec(r, "parameters", (*reader).labelType), Result: r.resultList()}
	case 0x41:
		return components.ComponentType{Decls: r.declarators(off, true)}
	case 0x42:
		return components.InstanceType{Decls: r.declarators(off, false)}
	case 0x3f:
		return r.resourceType()
	}
	r.fail(off, "%#02x does not begin a type", b)
	return nil
}

// primitive returns the kind that a primvaltype's byte stands for.
func primitive(b byte) (wit.Kind, bool) {
	switch {
	case b >= 0x73 && b <= 0x7f:
		return wit.Bool + wit.Kind(0x7f-b), true
	case b == 0x64:
		return wit.ErrorContext, true
	}
	return 0, false
}

// valType reads a valtype: a primitive's byte or, as the same signed number, an index.
func (r *reader) valType() components.ValType {
	off := r.pos
	if k, ok := primitive(r.peek()); ok {
		r.pos++
		return components.ValType{Primitive: k}
	}
	i := r.s33()
	if i < 0 {
		r.fail(off, "%#02x is no value type", r.b[off])
		return components.ValType{}
	}
	return components.ValType{IsIndex: true, Index: uint32(i)}
}

func (r *reader) optValType() *components.ValType {
	if !r.flag("whether an optional type is there") {
		return nil
	}
	t := r.valType()
	return &t
}

func (r *reader) label() string { return r.name("a label") }

func (r *reader) labelType() components.LabelType {
	return components.LabelType{Label: r.label(), Type: r.valType()}
}

func (r *reader) caseType() components.CaseType {
	c := components.CaseType{Label: r.label(), Type: r.optValType()}
	r.expect(0x00, "the end of a variant's case")
	return c
}

func (r *reader) resultList() *components.ValType {
	off := r.pos
	switch b := r.byte(); b {
	case 0x00:
		t := r.valType()
		return &t
	case 0x01:
		r.expect(0x00, "the number of named results")
	default:
		r.fail(off, "%#02x does not begin the results of a function", b)
	}
	return nil
}

func (r *reader) resourceType() any {
	t := components.ResourceType{Rep: r.coreValType().Code}
	if t.HasDtor = r.flag("whether a resource has a destructor"); t.HasDtor {
		t.Dtor = r.u32()
	}
	return t
}

// declarators reads the declarators of a component type or an instance type.
func (r *reader) declarators(off int, component bool) []components.Def {
	if !r.enter(off) {
		return nil
	}
	defer r.leave()
	s := &scope{reader: r}
	s.each(noSort, func() any { return s.declarator(component) })
	return s.defs
}

func (s *scope) declarator(component bool) any {
	off := s.pos
	switch b := s.byte(); {
	case b == 0x00:
		return s.coreTypeDef()
	case b == 0x01:
		return s.typeDef()
	case b == 0x02:
		return s.alias()
	case b == 0x03 && component:
		return s.importDef()
	case b == 0x04:
		return s.exportDecl()
	default:
		s.fail(off, "%#02x does not begin a declarator of %s", b, map[bool]string{true: "a component type", false: "an instance type"}[component])
		return nil
	}
}
