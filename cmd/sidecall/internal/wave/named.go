package wave

import (
	"slices"
	"strings"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

func (p *parser) record(t *wit.Type) value.Value {
	p.want("{", "a record")
	vs := make([]value.Value, len(t.Fields))
	given := make([]bool, len(t.Fields))
	if p.next(":") { // {:} has no fields
		p.want("}", "a record")
		return p.complete(t, vs, given)
	}
	for first := true; !p.next("}"); first = false {
		if !first {
			p.want(",", "a record")
			if p.next("}") {
				break
			}
		}
		p.space()
		at := p.at
		name, _ := p.word()
		i := slices.IndexFunc(t.Fields, func(f wit.Field) bool { return f.Name == name })
		switch {
		case name == "":
			p.fail(at, "a field's name is missing%s", p.found())
		case i < 0:
			p.fail(at, "the record has no field %s, but %s", name, fieldNames(t))
		case given[i]:
			p.fail(at, "the field %s comes twice", name)
		}
		p.want(":", "the field "+name)
		vs[i], given[i] = p.value(t.Fields[i].Type), true
	}
	return p.complete(t, vs, given)
}

// complete fills in the fields that were left out, which must be options.
func (p *parser) complete(t *wit.Type, vs []value.Value, given []bool) value.Value {
	for i, f := range t.Fields {
		if given[i] {
			continue
		}
		if f.Type.Kind != wit.Option {
			p.fail(p.at, "the field %s is missing", f.Name)
		}
		p.count()
		vs[i] = value.None()
	}
	return value.Record(vs...)
}

func fieldNames(t *wit.Type) string {
	var names []string
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func (p *parser) flags(t *wit.Type) value.Value {
	p.want("{", "flags")
	var set uint64
	for first := true; !p.next("}"); first = false {
		if !first {
			p.want(",", "flags")
			if p.next("}") {
				break
			}
		}
		p.space()
		at := p.at
		name, _ := p.word()
		i := slices.Index(t.Labels, name)
		if i < 0 {
			p.fail(at, "a flag is missing, one of %s%s", strings.Join(t.Labels, ", "), p.found())
		}
		set |= 1 << i
	}
	return value.Flags(set)
}

// choice takes a case of a variant or an enum.
func (p *parser) choice(t *wit.Type) value.Value {
	p.space()
	at := p.at
	name, _ := p.word()
	i := slices.IndexFunc(t.Cases, func(c wit.Case) bool { return c.Name == name })
	if i < 0 {
		p.at = at
		p.fail(at, "a case is missing, one of %s%s", caseNames(t), p.found())
	}
	return value.Choice(t.Kind, i, p.payload(name, t.Cases[i].Type))
}

func caseNames(t *wit.Type) string {
	var names []string
	for _, c := range t.Cases {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// payload takes what a case carries, nil if it carries nothing.
func (p *parser) payload(name string, t *wit.Type) *value.Value {
	if t == nil {
		return nil
	}
	p.want("(", name)
	v := p.value(t)
	p.want(")", name)
	return &v
}

func (p *parser) option(t *wit.Type) value.Value {
	inner := t.Cases[1].Type
	switch p.peek() {
	case "none":
		p.word()
		return value.None()
	case "some":
		p.word()
		return value.Some(*p.payload("some", inner))
	}
	if inner.Kind == wit.Option || inner.Kind == wit.Result {
		p.fail(p.at, "some(…) or none is missing%s", p.found())
	}
	return value.Some(p.value(inner))
}

func (p *parser) result(t *wit.Type) value.Value {
	switch p.peek() {
	case "ok":
		p.word()
		return value.Ok(p.payload("ok", t.Cases[0].Type))
	case "err":
		p.word()
		return value.Err(p.payload("err", t.Cases[1].Type))
	}
	inner := t.Cases[0].Type
	if inner == nil || inner.Kind == wit.Option || inner.Kind == wit.Result {
		p.fail(p.at, "ok or err is missing%s", p.found())
	}
	v := p.value(inner)
	return value.Ok(&v)
}
