package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// Val is a value as scripts write it.
type Val struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// variant is the value of a variant.
type variant struct {
	Case    string          `json:"case"`
	Payload json.RawMessage `json:"payload"`
}

// Parse reads the JSON value of a script as a value of the type t.
func Parse(b json.RawMessage, t *wit.Type) (value.Value, error) {
	var v Val
	if err := json.Unmarshal(b, &v); err != nil {
		return value.Value{}, fmt.Errorf("value %s: %w", b, err)
	}
	if v.Type != t.Kind.String() {
		return value.Value{}, fmt.Errorf("the script gives a value of type %s where the function has %s", v.Type, t.Kind)
	}
	switch t.Kind {
	case wit.Bool, wit.S8, wit.U8, wit.S16, wit.U16, wit.S32, wit.U32, wit.S64, wit.U64, wit.F32, wit.F64, wit.Char:
		return scalar(v.Value, t.Kind)
	case wit.String:
		var s string
		err := json.Unmarshal(v.Value, &s)
		return value.String(s), err
	case wit.List, wit.FixedList, wit.Tuple:
		return sequence(v.Value, t)
	case wit.Record:
		return record(v.Value, t)
	case wit.Variant:
		var c variant
		if err := json.Unmarshal(v.Value, &c); err != nil {
			return value.Value{}, err
		}
		return choice(t, c.Case, c.Payload)
	case wit.Enum:
		var name string
		if err := json.Unmarshal(v.Value, &name); err != nil {
			return value.Value{}, err
		}
		return choice(t, name, nil)
	case wit.Option:
		if string(v.Value) == "null" {
			return value.None(), nil
		}
		return choice(t, "some", v.Value)
	case wit.Result:
		return result(v.Value, t)
	case wit.Flags:
		return flags(v.Value, t)
	}
	return value.Value{}, fmt.Errorf("a script cannot give a value of type %s", t.Kind)
}

// scalar reads a bool, number or char. Floats are written as their bits.
func scalar(b json.RawMessage, k wit.Kind) (value.Value, error) {
	if k == wit.Bool {
		var x bool
		err := json.Unmarshal(b, &x)
		return value.Bool(x), err
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return value.Value{}, err
	}
	switch k {
	case wit.Char:
		r, n := utf8.DecodeRuneInString(s)
		if n != len(s) {
			return value.Value{}, fmt.Errorf("%q is not one character", s)
		}
		return value.Char(r), nil
	case wit.S8, wit.S16, wit.S32, wit.S64:
		bits := map[wit.Kind]int{wit.S8: 8, wit.S16: 16, wit.S32: 32, wit.S64: 64}[k]
		x, err := strconv.ParseInt(s, 10, bits)
		if k != wit.S64 {
			return value.Scalar(k, uint64(uint32(x))), err
		}
		return value.S64(x), err
	}
	bits := map[wit.Kind]int{wit.U8: 8, wit.U16: 16, wit.U32: 32, wit.F32: 32, wit.U64: 64, wit.F64: 64}[k]
	x, err := strconv.ParseUint(s, 10, bits)
	return value.Scalar(k, x), err
}

func sequence(b json.RawMessage, t *wit.Type) (value.Value, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return value.Value{}, err
	}
	switch {
	case t.Kind == wit.Tuple && len(raw) != len(t.Fields):
		return value.Value{}, fmt.Errorf("a tuple of %d, not %d, elements", len(t.Fields), len(raw))
	case t.Kind == wit.FixedList && len(raw) != int(t.Len):
		return value.Value{}, fmt.Errorf("a list of %d, not %d, elements", t.Len, len(raw))
	}
	vs := make([]value.Value, len(raw))
	for i, r := range raw {
		elem := t.Elem
		if t.Kind == wit.Tuple {
			elem = t.Fields[i].Type
		}
		var err error
		if vs[i], err = Parse(r, elem); err != nil {
			return value.Value{}, fmt.Errorf("element %d: %w", i, err)
		}
	}
	if t.Kind == wit.Tuple {
		return value.Tuple(vs...), nil
	}
	return value.List(vs...), nil
}

func record(b json.RawMessage, t *wit.Type) (value.Value, error) {
	var raw [][2]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return value.Value{}, err
	}
	if len(raw) != len(t.Fields) {
		return value.Value{}, fmt.Errorf("a record of %d, not %d, fields", len(t.Fields), len(raw))
	}
	vs := make([]value.Value, len(raw))
	for i, r := range raw {
		var name string
		if err := json.Unmarshal(r[0], &name); err != nil {
			return value.Value{}, err
		}
		if name != t.Fields[i].Name {
			return value.Value{}, fmt.Errorf("field %d is %s, not %s", i, t.Fields[i].Name, name)
		}
		var err error
		if vs[i], err = Parse(r[1], t.Fields[i].Type); err != nil {
			return value.Value{}, fmt.Errorf("field %s: %w", name, err)
		}
	}
	return value.Record(vs...), nil
}

// choice makes the case of that name.
func choice(t *wit.Type, name string, payload json.RawMessage) (value.Value, error) {
	for i, c := range t.Cases {
		if c.Name != name {
			continue
		}
		has := len(payload) > 0 && string(payload) != "null"
		if has != (c.Type != nil) {
			return value.Value{}, fmt.Errorf("case %s: a payload is given or missing against the type", name)
		}
		if !has {
			return value.Choice(t.Kind, i, nil), nil
		}
		p, err := Parse(payload, c.Type)
		if err != nil {
			return value.Value{}, fmt.Errorf("case %s: %w", name, err)
		}
		return value.Choice(t.Kind, i, &p), nil
	}
	return value.Value{}, fmt.Errorf("the type has no case %q", name)
}

func result(b json.RawMessage, t *wit.Type) (value.Value, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return value.Value{}, err
	}
	if ok, has := raw["Ok"]; has {
		return choice(t, "ok", ok)
	}
	if e, has := raw["Err"]; has {
		return choice(t, "error", e)
	}
	return value.Value{}, fmt.Errorf("a result has Ok or Err, found %s", b)
}

func flags(b json.RawMessage, t *wit.Type) (value.Value, error) {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return value.Value{}, err
	}
	var bits uint64
	for _, name := range names {
		i := 0
		for i < len(t.Labels) && t.Labels[i] != name {
			i++
		}
		if i == len(t.Labels) {
			return value.Value{}, fmt.Errorf("the type has no flag %q", name)
		}
		bits |= 1 << i
	}
	return value.Flags(bits), nil
}

// isNaN says whether a scalar is a NaN.
func isNaN(k wit.Kind, v value.Value) bool {
	switch k {
	case wit.F32:
		return v.F32() != v.F32()
	case wit.F64:
		return math.IsNaN(v.F64())
	}
	return false
}
