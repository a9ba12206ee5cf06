package canontest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/wit"
)

// ParseFunc reads a function type as WIT writes it, with records, variants, flags
// and enums written where they are used and resources told by their names:
//
//	func(a: u32, b: record{x: list<u8>}, variant{none, some(string)}) -> own<file>
func ParseFunc(text string) (*wit.FuncType, error) {
	p := &parser{rest: text, resources: map[string]*wit.Resource{}}
	ft := &wit.FuncType{}
	if p.take("async ") {
		ft.Async = true
	}
	p.expect("func(")
	ft.Params = p.fields(")")
	if p.take("->") {
		ft.Result = p.typ()
	}
	if p.err == nil && strings.TrimSpace(p.rest) != "" {
		p.expect("the end")
	}
	return ft, p.err
}

type parser struct {
	rest      string
	resources map[string]*wit.Resource
	err       error
}

// take skips white space and then s, if it is there.
func (p *parser) take(s string) bool {
	p.rest = strings.TrimLeft(p.rest, " \n\t")
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) expect(s string) {
	if !p.take(s) && p.err == nil {
		p.err = fmt.Errorf("expected %q at %q", s, p.rest)
	}
}

func (p *parser) word() string {
	p.take("")
	n := 0
	for n < len(p.rest) && (p.rest[n] == '-' || p.rest[n] == '_' || '0' <= p.rest[n] && p.rest[n] <= '9' || 'a' <= p.rest[n] && p.rest[n] <= 'z') {
		n++
	}
	w := p.rest[:n]
	p.rest = p.rest[n:]
	if w == "" {
		p.expect("a name")
	}
	return w
}

// fields reads names with types, the names being optional.
func (p *parser) fields(end string) (fs []wit.Field) {
	for p.err == nil && !p.take(end) {
		f := wit.Field{Name: fmt.Sprint("p", len(fs))}
		save := p.rest
		if name := p.word(); p.take(":") {
			f.Name = name
		} else {
			p.rest = save
		}
		f.Type = p.typ()
		fs = append(fs, f)
		p.take(",")
	}
	return fs
}

func (p *parser) labels() (ls []string) {
	p.expect("{")
	for p.err == nil && !p.take("}") {
		if l := p.word(); p.take("*") { // a*300 is 300 labels
			n, _ := strconv.Atoi(p.word())
			for i := range n {
				ls = append(ls, fmt.Sprint(l, i))
			}
		} else {
			ls = append(ls, l)
		}
		p.take(",")
	}
	return ls
}

func (p *parser) typ() *wit.Type {
	word := p.word()
	for k := wit.Bool; k <= wit.ErrorContext; k++ {
		if word == k.String() {
			return wit.Primitive(k)
		}
	}
	switch word {
	case "record":
		p.expect("{")
		return wit.NewRecord(p.fields("}")...)
	case "flags":
		return wit.NewFlags(p.labels()...)
	case "enum":
		return wit.NewEnum(p.labels()...)
	case "variant":
		return p.variant()
	case "_":
		return nil
	case "result":
		if !p.take("<") {
			return wit.NewResult(nil, nil)
		}
	default:
		p.expect("<")
	}
	if p.err != nil {
		return wit.Primitive(wit.Bool)
	}
	return p.generic(word)
}

func (p *parser) variant() *wit.Type {
	var cs []wit.Case
	p.expect("{")
	for p.err == nil && !p.take("}") {
		c := wit.Case{Name: p.word()}
		if p.take("(") {
			c.Type = p.typ()
			p.expect(")")
		}
		cs = append(cs, c)
		p.take(",")
	}
	return wit.NewVariant(cs...)
}

// generic reads what follows the "<" of a type with arguments.
func (p *parser) generic(word string) *wit.Type {
	if word == "own" || word == "borrow" {
		name := p.word()
		p.expect(">")
		if p.resources[name] == nil {
			p.resources[name] = &wit.Resource{Name: name}
		}
		if word == "own" {
			return wit.NewOwn(p.resources[name])
		}
		return wit.NewBorrow(p.resources[name])
	}
	ts := []*wit.Type{p.typ()}
	var n int
	for p.take(",") {
		p.take("")
		if p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9' {
			n, _ = strconv.Atoi(p.word())
			continue
		}
		ts = append(ts, p.typ())
	}
	p.expect(">")
	second := func() *wit.Type {
		if len(ts) > 1 {
			return ts[1]
		}
		return nil
	}
	switch word {
	case "list":
		if n > 0 {
			return wit.NewFixedList(ts[0], uint32(n))
		}
		return wit.NewList(ts[0])
	case "option":
		return wit.NewOption(ts[0])
	case "result":
		return wit.NewResult(ts[0], second())
	case "tuple":
		return wit.NewTuple(ts...)
	case "map":
		return wit.NewMap(ts[0], second())
	case "stream":
		return wit.NewStream(ts[0])
	case "future":
		return wit.NewFuture(ts[0])
	}
	p.expect("a type instead of " + word)
	return wit.Primitive(wit.Bool)
}
