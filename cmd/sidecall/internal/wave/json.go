package wave

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// ParseJSON reads a value of type t from JSON.
func ParseJSON(text string, t *wit.Type) (value.Value, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return value.Value{}, fmt.Errorf("the text is not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value.Value{}, errors.New("the text is JSON, but more comes after it")
	}
	j := &reader{left: maxValues}
	return j.value(x, t)
}

// reader makes values of what encoding/json has read.
type reader struct{ left int }

func (j *reader) value(x any, t *wit.Type) (value.Value, error) {
	if j.left--; j.left < 0 {
		return value.Value{}, fmt.Errorf("the text has more than %d values", maxValues)
	}
	switch t.Kind {
	case wit.Bool:
		if b, ok := x.(bool); ok {
			return value.Bool(b), nil
		}
	case wit.S8, wit.U8, wit.S16, wit.U16, wit.S32, wit.U32, wit.S64, wit.U64:
		if n, ok := x.(json.Number); ok {
			return number(t.Kind, n.String())
		}
	case wit.F32, wit.F64:
		if n, ok := x.(json.Number); ok {
			return number(t.Kind, n.String())
		}
		if s, ok := x.(string); ok && slices.Contains([]string{"nan", "inf", "-inf"}, s) {
			return number(t.Kind, s)
		}
	case wit.Char:
		if s, ok := x.(string); ok && utf8.RuneCountInString(s) == 1 {
			r, _ := utf8.DecodeRuneInString(s)
			return value.Char(r), nil
		}
	case wit.String:
		if s, ok := x.(string); ok {
			return value.String(s), nil
		}
	case wit.List, wit.FixedList, wit.Tuple:
		if s, ok := x.([]any); ok {
			return j.sequence(s, t)
		}
	case wit.Record:
		if m, ok := x.(map[string]any); ok {
			return j.record(m, t)
		}
	case wit.Flags:
		if s, ok := x.([]any); ok {
			return flagsOf(s, t)
		}
	case wit.Option:
		if x == nil {
			return value.None(), nil
		}
		inner := t.Cases[1].Type
		if inner.Kind == wit.Option {
			m, _ := x.(map[string]any)
			var ok bool
			if x, ok = m["some"]; !ok || len(m) != 1 {
				return value.Value{}, fmt.Errorf(`null or {"some": …} is missing, for %s`, t)
			}
		}
		v, err := j.value(x, inner)
		return value.Some(v), err
	case wit.Variant, wit.Enum, wit.Result:
		return j.choice(x, t)
	default:
		return value.Value{}, fmt.Errorf("a value of type %s cannot be written", t)
	}
	return value.Value{}, fmt.Errorf("%s is not what %s is in JSON", nameOf(x), t)
}

// nameOf says what JSON has.
func nameOf(x any) string {
	switch x := x.(type) {
	case nil:
		return "null"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	case string:
		if len(x) > 40 {
			return "a long text"
		}
		return fmt.Sprintf("%q", x)
	}
	return fmt.Sprint(x)
}

func (j *reader) sequence(s []any, t *wit.Type) (value.Value, error) {
	switch {
	case t.Kind == wit.Tuple && len(s) != len(t.Fields):
		return value.Value{}, fmt.Errorf("the array has %d elements, and %s has %d", len(s), t, len(t.Fields))
	case t.Kind == wit.FixedList && uint64(len(s)) != uint64(t.Len):
		return value.Value{}, fmt.Errorf("the array has %d elements, and %s has %d", len(s), t, t.Len)
	}
	vs := make([]value.Value, len(s))
	for i, x := range s {
		elem := t.Elem
		if t.Kind == wit.Tuple {
			elem = t.Fields[i].Type
		}
		var err error
		if vs[i], err = j.value(x, elem); err != nil {
			return value.Value{}, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	if t.Kind == wit.Tuple {
		return value.Tuple(vs...), nil
	}
	return value.List(vs...), nil
}

func (j *reader) record(m map[string]any, t *wit.Type) (value.Value, error) {
	vs := make([]value.Value, len(t.Fields))
	found := 0
	for i, f := range t.Fields {
		x, ok := m[f.Name]
		if !ok && f.Type.Kind != wit.Option {
			return value.Value{}, fmt.Errorf("the field %s is missing", f.Name)
		}
		if ok {
			found++
		}
		var err error
		if vs[i], err = j.value(x, f.Type); err != nil {
			return value.Value{}, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if found < len(m) {
		return value.Value{}, fmt.Errorf("the object has members that the record has not: its fields are %s", fieldNames(t))
	}
	return value.Record(vs...), nil
}

func flagsOf(s []any, t *wit.Type) (value.Value, error) {
	var set uint64
	for _, x := range s {
		name, _ := x.(string)
		i := slices.Index(t.Labels, name)
		if i < 0 {
			return value.Value{}, fmt.Errorf("%s is not one of the flags %q", nameOf(x), t.Labels)
		}
		set |= 1 << i
	}
	return value.Flags(set), nil
}

func (j *reader) choice(x any, t *wit.Type) (value.Value, error) {
	var name string
	var carried any
	has := false
	switch x := x.(type) {
	case string:
		name = x
	case map[string]any:
		if len(x) != 1 {
			return value.Value{}, fmt.Errorf("a case is an object of one member, its name, not of %d", len(x))
		}
		for k, v := range x {
			name, carried, has = k, v, true
		}
	default:
		return value.Value{}, fmt.Errorf("%s is not what %s is in JSON", nameOf(x), t)
	}
	i := slices.IndexFunc(t.Cases, func(c wit.Case) bool { return c.Name == name })
	if t.Kind == wit.Result {
		i = slices.Index([]string{"ok", "err"}, name)
	}
	if i < 0 {
		return value.Value{}, fmt.Errorf("%s is not one of the cases %s", nameOf(name), caseNames(t))
	}
	inner := t.Cases[i].Type
	switch {
	case inner == nil && has:
		return value.Value{}, fmt.Errorf("the case %s carries nothing: it is written %q", name, name)
	case inner == nil:
		return value.Choice(t.Kind, i, nil), nil
	case !has:
		return value.Value{}, fmt.Errorf("the case %s carries a %s: it is written {%q: …}", name, inner, name)
	}
	v, err := j.value(carried, inner)
	if err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	return value.Choice(t.Kind, i, &v), nil
}
