package value

import (
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// Equal compares two values of the type t. Floats are equal if their bits are, or
// if both are NaNs.
func Equal(t *wit.Type, a, b value.Value) bool {
	switch t.Kind {
	case wit.String:
		return a.Str() == b.Str()
	case wit.Record, wit.Tuple:
		for i, f := range t.Fields {
			if !Equal(f.Type, a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case wit.List, wit.FixedList:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !Equal(t.Elem, a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		if a.Case() != b.Case() {
			return false
		}
		pa, hasA := a.Payload()
		pb, hasB := b.Payload()
		return hasA == hasB && (!hasA || Equal(t.Cases[a.Case()].Type, pa, pb))
	case wit.Flags:
		return a.Flags() == b.Flags()
	case wit.Own, wit.Borrow:
		return a.Handle() == b.Handle()
	}
	return a.Bits() == b.Bits() || isNaN(t.Kind, a) && isNaN(t.Kind, b)
}

// Format writes a value of the type t for people, in the style of WAVE.
func Format(t *wit.Type, v value.Value) string {
	var b strings.Builder
	format(&b, t, v)
	if b.Len() > 400 {
		return b.String()[:400] + "…"
	}
	return b.String()
}

func format(b *strings.Builder, t *wit.Type, v value.Value) {
	if b.Len() > 400 { // Format cuts it anyway
		return
	}
	switch t.Kind {
	case wit.Bool:
		fmt.Fprint(b, v.Bool())
	case wit.S8, wit.S16, wit.S32:
		fmt.Fprint(b, int32(v.Bits()))
	case wit.S64:
		fmt.Fprint(b, v.S64())
	case wit.F32:
		fmt.Fprintf(b, "%v (bits %#x)", v.F32(), v.Bits())
	case wit.F64:
		fmt.Fprintf(b, "%v (bits %#x)", v.F64(), v.Bits())
	case wit.Char:
		fmt.Fprintf(b, "%q", v.Char())
	case wit.String:
		fmt.Fprintf(b, "%q", v.Str())
	case wit.Record:
		b.WriteByte('{')
		for i, f := range t.Fields {
			separate(b, i)
			b.WriteString(f.Name + ": ")
			format(b, f.Type, v.At(i))
		}
		b.WriteByte('}')
	case wit.Tuple:
		b.WriteByte('(')
		for i, f := range t.Fields {
			separate(b, i)
			format(b, f.Type, v.At(i))
		}
		b.WriteByte(')')
	case wit.List, wit.FixedList:
		b.WriteByte('[')
		for i := range v.Len() {
			separate(b, i)
			format(b, t.Elem, v.At(i))
		}
		b.WriteByte(']')
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		c := t.Cases[v.Case()]
		b.WriteString(c.Name)
		if p, ok := v.Payload(); ok {
			b.WriteByte('(')
			format(b, c.Type, p)
			b.WriteByte(')')
		}
	case wit.Flags:
		b.WriteByte('{')
		n := 0
		for i, l := range t.Labels {
			if v.Flags()>>i&1 != 0 {
				separate(b, n)
				b.WriteString(l)
				n++
			}
		}
		b.WriteByte('}')
	case wit.Own, wit.Borrow:
		fmt.Fprintf(b, "%s(%d)", t.Kind, v.Handle().Rep)
	default:
		fmt.Fprint(b, v.Bits())
	}
}

func separate(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}
