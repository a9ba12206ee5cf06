package canontest

import (
	"fmt"
	"math"
	"strings"

	"github.com/sidecall/sidecall/wit"
)

// V is a component-level value.
type V struct {
	Kind wit.Kind
	// Bits are a scalar's core value, flags, the case of a variant, or the
	// representation of a handle.
	Bits uint64
	// Text is a string's; Units and Encoding are what it was lifted from, which the
	// specification's strings carry with them.
	Text     string
	Units    uint32
	Encoding string
	// Parts are those of records, tuples and lists.
	Parts []*V
	// Payload is that of a case, nil without.
	Payload *V
}

// Equal says that two values are the same to a component: all NaNs are.
func (v *V) Equal(w *V) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.Kind != w.Kind || v.Text != w.Text || len(v.Parts) != len(w.Parts) || !v.Payload.Equal(w.Payload) {
		return false
	}
	switch {
	case v.Kind == wit.F32 && isNaN32(v.Bits) && isNaN32(w.Bits):
	case v.Kind == wit.F64 && isNaN64(v.Bits) && isNaN64(w.Bits):
	case v.Bits != w.Bits:
		return false
	}
	for i := range v.Parts {
		if !v.Parts[i].Equal(w.Parts[i]) {
			return false
		}
	}
	return true
}

func isNaN32(bits uint64) bool {
	f := math.Float32frombits(uint32(bits))
	return f != f
}

func isNaN64(bits uint64) bool { return math.IsNaN(math.Float64frombits(bits)) }

// String prints the value.
func (v *V) String() string {
	if v == nil {
		return "nothing"
	}
	switch {
	case v.Kind == wit.String:
		return fmt.Sprintf("%q", v.Text)
	case v.Parts != nil:
		ss := make([]string, len(v.Parts))
		for i, p := range v.Parts {
			ss[i] = p.String()
		}
		return v.Kind.String() + "[" + strings.Join(ss, " ") + "]"
	case v.Payload != nil:
		return fmt.Sprintf("%v#%d(%v)", v.Kind, v.Bits, v.Payload)
	}
	return fmt.Sprintf("%v:%d", v.Kind, v.Bits)
}
