package value

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/wit"
)

// String returns the value for people to read. Names of fields, cases and labels
// are not known to a Value, so their numbers stand for them.
func (v Value) String() string {
	var b strings.Builder
	v.print(&b)
	return b.String()
}

func (v Value) print(b *strings.Builder) {
	switch v.kind {
	case wit.Bool:
		fmt.Fprint(b, v.bits != 0)
	case wit.S8, wit.S16, wit.S32:
		fmt.Fprint(b, int32(v.bits))
	case wit.S64:
		fmt.Fprint(b, int64(v.bits))
	case wit.U8, wit.U16, wit.U32, wit.U64:
		fmt.Fprint(b, v.bits)
	case wit.F32:
		b.WriteString(strconv.FormatFloat(float64(v.F32()), 'g', -1, 32))
	case wit.F64:
		b.WriteString(strconv.FormatFloat(v.F64(), 'g', -1, 64))
	case wit.Char:
		b.WriteString(strconv.QuoteRune(rune(uint32(v.bits))))
	case wit.String:
		b.WriteString(strconv.Quote(v.Str()))
	case wit.List:
		v.printParts(b, "[", "]")
	case wit.Record:
		v.printParts(b, "{", "}")
	case wit.Tuple:
		v.printParts(b, "(", ")")
	case wit.Flags:
		fmt.Fprintf(b, "flags(%#b)", v.bits)
	case wit.Own, wit.Borrow:
		fmt.Fprintf(b, "%s(%d)", v.kind, v.Handle().Rep)
	default:
		v.printCase(b)
	}
}

func (v Value) printParts(b *strings.Builder, open, end string) {
	b.WriteString(open)
	for i := range v.Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		v.At(i).print(b)
	}
	b.WriteString(end)
}

func (v Value) printCase(b *strings.Builder) {
	switch v.kind {
	case wit.Option:
		b.WriteString([...]string{"none", "some"}[v.bits&1])
	case wit.Result:
		b.WriteString([...]string{"ok", "error"}[v.bits&1])
	default:
		fmt.Fprintf(b, "%s#%d", v.kind, v.bits)
	}
	if p, ok := v.Payload(); ok {
		b.WriteString("(")
		p.print(b)
		b.WriteString(")")
	}
}

// Equal tells whether two values are the same: of the same kinds, with the same
// bits. Lists are compared by their elements, whether they are packed or not, and
// handles by what they refer to.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case wit.String:
		return a.Str() == b.Str()
	case wit.List, wit.Record, wit.Tuple:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !Equal(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case wit.Own, wit.Borrow:
		x, y := a.Handle(), b.Handle()
		return x == y || x.Object == nil && y.Object == nil && x.Rep == y.Rep && x.Type == y.Type
	}
	p, some := a.payload()
	q, other := b.payload()
	return a.bits == b.bits && some == other && (!some || Equal(p, q))
}

// payload is Payload for values of any kind.
func (v Value) payload() (Value, bool) {
	switch v.kind {
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		return v.Payload()
	}
	return Value{}, false
}
