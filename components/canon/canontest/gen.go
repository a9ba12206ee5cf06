package canontest

import (
	"fmt"
	"math/rand/v2"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Gen makes random types and values.
type Gen struct {
	*rand.Rand
	Resources []*wit.Resource
	// large counts the long lists and strings made, so that a call's values fit.
	large int
}

// few says yes one time in n, and at most four times.
func (g *Gen) few(n int) bool {
	if g.large == 4 || g.IntN(n) != 0 {
		return false
	}
	g.large++
	return true
}

// NewGen makes a Gen whose results depend on the seed only.
func NewGen(seed uint64) *Gen {
	return &Gen{Rand: rand.New(rand.NewPCG(seed, 0)), Resources: []*wit.Resource{{Name: "r0"}, {Name: "r1"}}}
}

// FuncType makes a function type.
func (g *Gen) FuncType() *wit.FuncType {
	ft := &wit.FuncType{}
	n := g.IntN(4)
	if g.IntN(8) == 0 {
		n = 17 + g.IntN(3)
	}
	for i := range n {
		ft.Params = append(ft.Params, wit.Field{Name: fmt.Sprint("p", i), Type: g.Type(1+g.IntN(4), true)})
	}
	if g.IntN(4) != 0 {
		ft.Result = g.Type(1+g.IntN(4), false)
	}
	return ft
}

// Type makes a type, at most depth deep.
func (g *Gen) Type(depth int, borrow bool) *wit.Type {
	kinds := 13
	if depth > 1 {
		kinds += 12
	}
	switch k := g.IntN(kinds); k {
	case 12:
		n := 1 + g.IntN(4)
		if g.IntN(3) == 0 {
			n = []int{7, 8, 9, 15, 16, 17, 31, 32}[g.IntN(8)]
		}
		labels := make([]string, n)
		for i := range labels {
			labels[i] = fmt.Sprint("f", i)
		}
		return wit.NewFlags(labels...)
	case 13, 14, 15:
		fields := make([]wit.Field, 1+g.IntN(4))
		for i := range fields {
			fields[i] = wit.Field{Name: fmt.Sprint("f", i), Type: g.Type(depth-1, borrow)}
		}
		return wit.NewRecord(fields...)
	case 16:
		ts := make([]*wit.Type, 1+g.IntN(3))
		for i := range ts {
			ts[i] = g.Type(depth-1, borrow)
		}
		return wit.NewTuple(ts...)
	case 17, 18:
		cases := make([]wit.Case, 1+g.IntN(5))
		for i := range cases {
			cases[i] = wit.Case{Name: fmt.Sprint("c", i), Type: g.maybe(depth-1, borrow)}
		}
		return wit.NewVariant(cases...)
	case 19:
		return wit.NewOption(g.Type(depth-1, borrow))
	case 20:
		return wit.NewResult(g.maybe(depth-1, borrow), g.maybe(depth-1, borrow))
	case 21, 22:
		return wit.NewList(g.Type(depth-1, borrow))
	case 23:
		if g.IntN(2) == 0 {
			return wit.NewMap(g.Type(1, false), g.Type(depth-1, borrow))
		}
		return wit.NewFixedList(g.Type(depth-1, borrow), uint32(1+g.IntN(4)))
	case 24:
		n := 1 + g.IntN(5)
		if g.IntN(3) == 0 {
			n = []int{255, 256, 257, 300}[g.IntN(4)]
		}
		labels := make([]string, n)
		for i := range labels {
			labels[i] = fmt.Sprint("e", i)
		}
		return wit.NewEnum(labels...)
	default:
		return g.leaf(k, borrow)
	}
}

func (g *Gen) leaf(k int, borrow bool) *wit.Type {
	switch g.IntN(8) {
	case 0:
		return wit.Primitive(wit.String)
	case 1:
		r := g.Resources[g.IntN(len(g.Resources))]
		if borrow && g.IntN(2) == 0 {
			return wit.NewBorrow(r)
		}
		return wit.NewOwn(r)
	}
	return wit.Primitive(wit.Kind(k))
}

func (g *Gen) maybe(depth int, borrow bool) *wit.Type {
	if g.IntN(4) == 0 {
		return nil
	}
	return g.Type(depth, borrow)
}

// Value makes a value of type t. Strings are made as the host would, in UTF-8,
// handles have any representation.
func (g *Gen) Value(t *wit.Type) *V {
	switch {
	case t.Kind == wit.String:
		return Text(g.text())
	case isList(t):
		n := g.IntN(4)
		if g.IntN(6) == 0 {
			n = g.IntN(40)
		}
		if elementOf(t).Kind <= wit.Char && g.few(20) {
			n = g.IntN(2000)
		}
		if t.Kind == wit.FixedList {
			n = int(t.Len)
		}
		v := &V{Kind: wit.List}
		for range n {
			v.Parts = append(v.Parts, g.Value(elementOf(t)))
		}
		return v
	case isRecord(t):
		v := &V{Kind: t.Kind}
		for _, f := range fieldsOf(t) {
			v.Parts = append(v.Parts, g.Value(f))
		}
		return v
	case isVariant(t):
		v := &V{Kind: t.Kind, Bits: uint64(g.IntN(len(t.Cases)))}
		if c := t.Cases[v.Bits]; c.Type != nil {
			v.Payload = g.Value(c.Type)
		}
		return v
	case t.Kind == wit.Flags:
		return unpackFlags(g.Uint64(), len(t.Labels))
	case t.Kind == wit.Own, t.Kind == wit.Borrow:
		return &V{Kind: t.Kind, Bits: uint64(g.Uint32())}
	case t.Kind == wit.Char:
		return &V{Kind: wit.Char, Bits: uint64(g.char(4))}
	}
	bits := g.Uint64()
	if g.IntN(4) == 0 {
		bits = []uint64{0, 1, 0x7f, 0x80, 0xff, 0x7fc00001, 0x7ff8000000000001, ^uint64(0)}[g.IntN(8)]
	}
	if len(flattenType(t)) == 1 && primitiveSize(t.Kind) <= 4 {
		bits = uint64(uint32(bits))
	}
	return (&Context{}).liftScalar(bits, t)
}

// Text is a string of the host.
func Text(s string) *V {
	return &V{Kind: wit.String, Text: s, Encoding: encodingName(canon.UTF8), Units: uint32(len(s))}
}

// char makes a character of one of the widths: ASCII, Latin-1, the basic plane, any.
func (g *Gen) char(widths int) rune {
	switch g.IntN(widths) {
	case 0:
		return rune(g.IntN(0x80))
	case 1:
		return rune(g.IntN(0x100))
	case 2:
		return rune(g.IntN(0xd800))
	}
	return rune(0xe000 + g.IntN(0x110000-0xe000))
}

func (g *Gen) text() string {
	n := g.IntN(12)
	if g.IntN(4) == 0 {
		n = g.IntN(200)
	}
	if g.few(20) {
		n = 700 + g.IntN(300)
	}
	widths := 1 + g.IntN(4)
	rs := make([]rune, n)
	for i := range rs {
		rs[i] = rune('a' + g.IntN(26))
		if g.IntN(8) == 0 {
			rs[i] = g.char(widths)
		}
	}
	return string(rs)
}
