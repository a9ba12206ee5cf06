package value

import (
	"encoding/json"
	"fmt"

	"github.com/sidecall/sidecall/wit"
)

// ParseType reads a type as files of vectors write it (FORMAT.md, section 6): the
// name of a primitive, or an object with one key.
func ParseType(b json.RawMessage) (*wit.Type, error) {
	var name string
	if json.Unmarshal(b, &name) == nil {
		for k := wit.Bool; k <= wit.ErrorContext; k++ {
			if k.String() == name {
				return wit.Primitive(k), nil
			}
		}
		return nil, fmt.Errorf("unknown type %q", name)
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fmt.Errorf("type %s: %w", b, err)
	}
	for form, arg := range o {
		if form == "len" {
			continue
		}
		t, err := compound(form, arg, o["len"])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", form, err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("type %s", b)
}

func compound(form string, arg, length json.RawMessage) (*wit.Type, error) {
	switch form {
	case "list":
		t, err := ParseType(arg)
		if err != nil || length == nil {
			return newOr(wit.NewList, t, err)
		}
		var n uint32
		if err := json.Unmarshal(length, &n); err != nil {
			return nil, err
		}
		return wit.NewFixedList(t, n), nil
	case "option":
		t, err := ParseType(arg)
		return newOr(wit.NewOption, t, err)
	case "tuple":
		ts, err := parseTypes(arg)
		return wit.NewTuple(ts...), err
	case "map":
		ts, err := parseTypes(arg)
		if err != nil || len(ts) != 2 {
			return nil, fmt.Errorf("a map has two types (%w)", err)
		}
		return wit.NewMap(ts[0], ts[1]), nil
	case "enum", "flags":
		var labels []string
		err := json.Unmarshal(arg, &labels)
		if form == "enum" {
			return wit.NewEnum(labels...), err
		}
		return wit.NewFlags(labels...), err
	case "record", "variant":
		return named(form, arg)
	case "result":
		var r struct{ Ok, Err json.RawMessage }
		if err := json.Unmarshal(arg, &r); err != nil {
			return nil, err
		}
		ok, err := optional(r.Ok)
		if err != nil {
			return nil, err
		}
		e, err := optional(r.Err)
		return wit.NewResult(ok, e), err
	}
	return nil, fmt.Errorf("unknown form")
}

func newOr(make func(*wit.Type) *wit.Type, t *wit.Type, err error) (*wit.Type, error) {
	if err != nil {
		return nil, err
	}
	return make(t), nil
}

func parseTypes(b json.RawMessage) ([]*wit.Type, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, err
	}
	ts := make([]*wit.Type, len(raw))
	for i, r := range raw {
		var err error
		if ts[i], err = ParseType(r); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

// optional reads a type that may be null.
func optional(b json.RawMessage) (*wit.Type, error) {
	if len(b) == 0 || string(b) == "null" {
		return nil, nil
	}
	return ParseType(b)
}

// named reads the fields of a record or the cases of a variant: pairs.
func named(form string, b json.RawMessage) (*wit.Type, error) {
	var raw [][2]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, err
	}
	fields, cases := make([]wit.Field, len(raw)), make([]wit.Case, len(raw))
	for i, r := range raw {
		var name string
		if err := json.Unmarshal(r[0], &name); err != nil {
			return nil, err
		}
		t, err := optional(r[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fields[i], cases[i] = wit.Field{Name: name, Type: t}, wit.Case{Name: name, Type: t}
	}
	if form == "variant" {
		return wit.NewVariant(cases...), nil
	}
	return wit.NewRecord(fields...), nil
}
