package wave

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// Parse reads a value of type t. Errors are *Error.
func Parse(text string, t *wit.Type) (v value.Value, err error) {
	err = parse(text, func(p *parser) { v = p.value(t) })
	return v, err
}

// ParseArguments reads what stands between the parentheses of a call: one value for
// each parameter, with commas between them. Errors are *Error.
func ParseArguments(text string, params []wit.Field) (vs []value.Value, err error) {
	err = parse(text, func(p *parser) {
		for i, f := range params {
			if i > 0 {
				p.want(",", fmt.Sprintf("the function takes %d arguments", len(params)))
			}
			if p.space(); p.at == len(p.text) {
				p.fail(p.at, "the function takes %d arguments, %s is missing", len(params), f.Name)
			}
			vs = append(vs, p.value(f.Type))
		}
		if len(params) > 0 {
			p.next(",")
		}
	})
	return vs, err
}

// parse lets f read all of the text.
func parse(text string, f func(*parser)) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = r
		default:
			panic(r)
		}
	}()
	p := &parser{text: text, left: maxValues}
	f(p)
	if p.space(); p.at < len(text) {
		p.fail(p.at, "nothing more was expected%s", p.found())
	}
	return nil
}

func (p *parser) value(t *wit.Type) value.Value {
	p.count()
	switch t.Kind {
	case wit.Bool:
		switch name := p.peek(); name {
		case "true", "false":
			p.word()
			return value.Bool(name == "true")
		}
		p.fail(p.at, "true or false is missing%s", p.found())
	case wit.S8, wit.U8, wit.S16, wit.U16, wit.S32, wit.U32, wit.S64, wit.U64, wit.F32, wit.F64:
		p.space()
		at := p.at
		v, err := number(t.Kind, p.run(isNumber))
		if err != nil {
			p.at = at
			p.fail(at, "%v%s", err, p.found())
		}
		return v
	case wit.Char:
		p.space()
		at := p.at
		s := p.quoted('\'', "a character")
		if utf8.RuneCountInString(s) != 1 {
			p.fail(at, "%q is not one character", s)
		}
		r, _ := utf8.DecodeRuneInString(s)
		return value.Char(r)
	case wit.String:
		return value.String(p.quoted('"', "a text"))
	case wit.List, wit.FixedList:
		return p.list(t)
	case wit.Tuple:
		p.want("(", "a tuple")
		vs := make([]value.Value, len(t.Fields))
		for i, f := range t.Fields {
			if i > 0 {
				p.want(",", fmt.Sprintf("a tuple of %d", len(t.Fields)))
			}
			vs[i] = p.value(f.Type)
		}
		p.next(",")
		p.want(")", "a tuple")
		return value.Tuple(vs...)
	case wit.Record:
		return p.record(t)
	case wit.Flags:
		return p.flags(t)
	case wit.Variant, wit.Enum:
		return p.choice(t)
	case wit.Option:
		return p.option(t)
	case wit.Result:
		return p.result(t)
	}
	p.fail(p.at, "a value of type %s cannot be written", t)
	return value.Value{}
}

// bits are the sizes of number kinds.
var bits = [...]int{wit.S8: 8, wit.U8: 8, wit.S16: 16, wit.U16: 16, wit.S32: 32, wit.U32: 32, wit.S64: 64, wit.U64: 64, wit.F32: 32, wit.F64: 64}

// number reads a number of kind k.
func number(k wit.Kind, text string) (value.Value, error) {
	switch k {
	case wit.F32, wit.F64:
		f, err := strconv.ParseFloat(text, bits[k])
		// Go knows other forms as well, as of infinity.
		if err != nil || strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) && !slices.Contains([]string{"nan", "inf", "-inf"}, text) {
			return value.Value{}, fmt.Errorf("a number of type %s is missing", k)
		}
		if k == wit.F32 {
			return value.F32(float32(f)), nil
		}
		if math.IsNaN(f) {
			f = math.NaN()
		}
		return value.F64(f), nil
	case wit.S8, wit.S16, wit.S32, wit.S64:
		n, err := strconv.ParseInt(text, 10, bits[k])
		if err != nil || text[0] == '+' {
			return value.Value{}, fmt.Errorf("a whole number of type %s, from %d to %d, is missing", k, int64(-1)<<(bits[k]-1), uint64(1)<<(bits[k]-1)-1)
		}
		if k != wit.S64 {
			return value.Scalar(k, uint64(uint32(n))), nil
		}
		return value.S64(n), nil
	}
	n, err := strconv.ParseUint(text, 10, bits[k])
	if err != nil {
		return value.Value{}, fmt.Errorf("a whole number of type %s, from 0 to %d, is missing", k, uint64(math.MaxUint64)>>(64-bits[k]))
	}
	return value.Scalar(k, n), nil
}

func (p *parser) list(t *wit.Type) value.Value {
	p.want("[", "a list")
	at := p.at
	var vs []value.Value
	for !p.next("]") {
		if len(vs) > 0 {
			p.want(",", "a list")
			if p.next("]") {
				break
			}
		}
		vs = append(vs, p.value(t.Elem))
	}
	if t.Kind == wit.FixedList && uint64(len(vs)) != uint64(t.Len) {
		p.fail(at, "the list has %d elements, and must have %d", len(vs), t.Len)
	}
	return value.List(vs...)
}
