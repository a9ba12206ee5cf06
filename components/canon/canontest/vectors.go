package canontest

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/sidecall/sidecall/wit"
)

// Vector is one entry of the conformance vectors of the canonical ABI.
type Vector struct {
	Op             string
	Features       []string
	Type           json.RawMessage
	StringEncoding string `json:"string_encoding"`
	SrcEncoding    string `json:"src_string_encoding"`
	AddrType       string `json:"addr_type"`
	Core           []struct{ Type, Value string }
	Memory         string
	MemorySize     int `json:"memory_size"`
	Value          json.RawMessage
	Trap           bool
	Realloc        [][5]string
	InBits         string `json:"in_bits"`
	OutBits        string `json:"out_bits"`
	// Of flatten_functype.
	Params, Result []json.RawMessage
	Lift, Lower    struct{ Params, Results []string }
}

// VectorType reads a type as the vectors have it.
func VectorType(raw json.RawMessage) (*wit.Type, error) {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		for k := wit.Bool; k <= wit.ErrorContext; k++ {
			if k.String() == name {
				return wit.Primitive(k), nil
			}
		}
		return nil, fmt.Errorf("unknown type %s", name)
	}
	var t struct {
		List, Option                json.RawMessage
		Len                         uint32
		Record, Variant             [][2]json.RawMessage
		Tuple, Map                  []json.RawMessage
		Enum, Flags                 []string
		Result                      *struct{ Ok, Err json.RawMessage }
		Own, Borrow, Stream, Future json.RawMessage
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	var err error
	sub := func(raw json.RawMessage) *wit.Type {
		if raw == nil || string(raw) == "null" {
			return nil
		}
		u, e := VectorType(raw)
		if e != nil {
			err = e
			return wit.Primitive(wit.Bool)
		}
		return u
	}
	label := func(raw json.RawMessage) (s string) {
		err2 := json.Unmarshal(raw, &s)
		if err2 != nil {
			err = err2
		}
		return s
	}
	var made *wit.Type
	switch {
	case t.List != nil && t.Len > 0:
		made = wit.NewFixedList(sub(t.List), t.Len)
	case t.List != nil:
		made = wit.NewList(sub(t.List))
	case t.Option != nil:
		made = wit.NewOption(sub(t.Option))
	case t.Result != nil:
		made = wit.NewResult(sub(t.Result.Ok), sub(t.Result.Err))
	case t.Map != nil:
		made = wit.NewMap(sub(t.Map[0]), sub(t.Map[1]))
	case t.Enum != nil:
		made = wit.NewEnum(t.Enum...)
	case t.Flags != nil:
		made = wit.NewFlags(t.Flags...)
	case t.Tuple != nil:
		var ts []*wit.Type
		for _, e := range t.Tuple {
			ts = append(ts, sub(e))
		}
		made = wit.NewTuple(ts...)
	case t.Record != nil:
		var fs []wit.Field
		for _, f := range t.Record {
			fs = append(fs, wit.Field{Name: label(f[0]), Type: sub(f[1])})
		}
		made = wit.NewRecord(fs...)
	case t.Variant != nil:
		var cs []wit.Case
		for _, c := range t.Variant {
			cs = append(cs, wit.Case{Name: label(c[0]), Type: sub(c[1])})
		}
		made = wit.NewVariant(cs...)
	default:
		return nil, fmt.Errorf("unknown type %s", raw)
	}
	return made, err
}

// VectorValue reads a value of type t as the vectors have it.
func VectorValue(raw json.RawMessage, t *wit.Type) (*V, error) {
	var v struct {
		Value json.RawMessage
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	switch {
	case t.Kind == wit.String:
		var s string
		err := json.Unmarshal(v.Value, &s)
		return Text(s), err
	case t.Kind == wit.Bool:
		var b bool
		err := json.Unmarshal(v.Value, &b)
		x := &V{Kind: wit.Bool}
		if b {
			x.Bits = 1
		}
		return x, err
	case t.Kind == wit.Char:
		var s string
		err := json.Unmarshal(v.Value, &s)
		return &V{Kind: wit.Char, Bits: uint64([]rune(s)[0])}, err
	case t.Kind == wit.Flags:
		return flagsVector(v.Value, t)
	case isList(t), t.Kind == wit.Tuple:
		return partsVector(v.Value, t)
	case t.Kind == wit.Record:
		var fields [][2]json.RawMessage
		if err := json.Unmarshal(v.Value, &fields); err != nil {
			return nil, err
		}
		x := &V{Kind: wit.Record}
		for i, f := range fields {
			p, err := VectorValue(f[1], t.Fields[i].Type)
			if err != nil {
				return nil, err
			}
			x.Parts = append(x.Parts, p)
		}
		return x, nil
	case isVariant(t):
		return caseVector(v.Value, t)
	}
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		return nil, err
	}
	bits, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		var signed int64
		signed, err = strconv.ParseInt(text, 10, 64)
		bits = uint64(signed)
	}
	if primitiveSize(t.Kind) <= 4 {
		bits = uint64(uint32(bits))
	}
	return &V{Kind: t.Kind, Bits: bits}, err
}

func flagsVector(raw json.RawMessage, t *wit.Type) (*V, error) {
	var set []string
	err := json.Unmarshal(raw, &set)
	x := &V{Kind: wit.Flags}
	for _, s := range set {
		for i, l := range t.Labels {
			if s == l {
				x.Bits |= 1 << i
			}
		}
	}
	return x, err
}

func partsVector(raw json.RawMessage, t *wit.Type) (*V, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, err
	}
	x := &V{Kind: t.Kind}
	if isList(t) {
		x.Kind = wit.List
	}
	for i, p := range parts {
		var v *V
		var err error
		switch {
		case t.Kind == wit.Map:
			v, err = partsVector(p, elementOf(t))
		case t.Kind == wit.Tuple:
			v, err = VectorValue(p, t.Fields[i].Type)
		default:
			v, err = VectorValue(p, t.Elem)
		}
		if err != nil {
			return nil, err
		}
		x.Parts = append(x.Parts, v)
	}
	return x, nil
}

// caseVector reads a variant's case: a name, {case, payload}, {Ok} or {Err}, or an
// option's payload or null.
func caseVector(raw json.RawMessage, t *wit.Type) (x *V, err error) {
	x = &V{Kind: t.Kind}
	var payload json.RawMessage
	var c struct {
		Case    string
		Payload json.RawMessage
		Ok, Err json.RawMessage
	}
	switch t.Kind {
	case wit.Enum:
		err = json.Unmarshal(raw, &c.Case)
	case wit.Option:
		if string(raw) != "null" {
			x.Bits, payload = 1, raw
		}
	case wit.Result:
		var m map[string]json.RawMessage
		err = json.Unmarshal(raw, &m)
		payload = m["Ok"]
		if p, ok := m["Err"]; ok {
			x.Bits, payload = 1, p
		}
	default:
		err = json.Unmarshal(raw, &c)
		payload = c.Payload
	}
	if err != nil {
		return nil, err
	}
	for i := range t.Cases {
		if c.Case == t.Cases[i].Name {
			x.Bits = uint64(i)
		}
	}
	if pt := t.Cases[x.Bits].Type; pt != nil {
		x.Payload, err = VectorValue(payload, pt)
	}
	return x, err
}
