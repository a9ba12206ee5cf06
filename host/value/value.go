package value

import (
	"math"
	"unsafe"

	"github.com/sidecall/sidecall/wit"
)

// Value is one component-level value: a scalar, a string, a list, a handle, …
// It is three words, copied freely, immutable once handed over. Numbers, strings
// and byte lists need no allocation beyond their own bytes. The zero Value is the
// bool false.
//
// A Value knows its kind but not its whole type: whether it fits a WIT type is
// checked where it is lowered. Reading a Value as a kind that it is not panics
// with *KindError, as a failed type assertion does; a host function that does so
// has a bug, and the call ends in an error.
type Value struct {
	kind wit.Kind
	// aux is the element kind of a packed list, and 1 for a payload that is present.
	aux uint32
	// bits is a scalar's bits, a variant's case, a length, flags.
	bits uint64
	// ptr points to string data, packed elements, parts ([]Value), a payload
	// (*Value) or a *Handle.
	ptr unsafe.Pointer
}

// KindError is the panic of reading a Value as another kind than it is.
type KindError struct{ Have, Want wit.Kind }

func (e *KindError) Error() string {
	return "value is a " + e.Have.String() + ", not a " + e.Want.String()
}

// Kind returns the value's kind.
func (v Value) Kind() wit.Kind { return v.kind }

func (v Value) want(k wit.Kind) {
	if v.kind != k {
		panic(&KindError{v.kind, k})
	}
}

// Scalars.

func Bool(b bool) Value {
	v := Value{kind: wit.Bool}
	if b {
		v.bits = 1
	}
	return v
}
func S8(x int8) Value     { return Value{kind: wit.S8, bits: uint64(uint32(int32(x)))} }
func U8(x uint8) Value    { return Value{kind: wit.U8, bits: uint64(x)} }
func S16(x int16) Value   { return Value{kind: wit.S16, bits: uint64(uint32(int32(x)))} }
func U16(x uint16) Value  { return Value{kind: wit.U16, bits: uint64(x)} }
func S32(x int32) Value   { return Value{kind: wit.S32, bits: uint64(uint32(x))} }
func U32(x uint32) Value  { return Value{kind: wit.U32, bits: uint64(x)} }
func S64(x int64) Value   { return Value{kind: wit.S64, bits: uint64(x)} }
func U64(x uint64) Value  { return Value{kind: wit.U64, bits: x} }
func F32(x float32) Value { return Value{kind: wit.F32, bits: uint64(math.Float32bits(x))} }
func F64(x float64) Value { return Value{kind: wit.F64, bits: math.Float64bits(x)} }

// Char makes a char; r must be a Unicode scalar value, which lowering checks.
func Char(r rune) Value { return Value{kind: wit.Char, bits: uint64(uint32(r))} }

// Scalar makes a scalar of kind k (Bool … Char) from its core value's bits, as
// flattening has it: signed numbers sign-extended to 32 bits.
func Scalar(k wit.Kind, bits uint64) Value {
	if k > wit.Char {
		panic(&KindError{k, wit.U64})
	}
	return Value{kind: k, bits: bits}
}

// Bits returns a scalar's core value: the inverse of Scalar.
func (v Value) Bits() uint64 {
	if v.kind > wit.Char {
		panic(&KindError{v.kind, wit.U64})
	}
	return v.bits
}

func (v Value) Bool() bool   { v.want(wit.Bool); return v.bits != 0 }
func (v Value) S8() int8     { v.want(wit.S8); return int8(v.bits) }
func (v Value) U8() uint8    { v.want(wit.U8); return uint8(v.bits) }
func (v Value) S16() int16   { v.want(wit.S16); return int16(v.bits) }
func (v Value) U16() uint16  { v.want(wit.U16); return uint16(v.bits) }
func (v Value) S32() int32   { v.want(wit.S32); return int32(v.bits) }
func (v Value) U32() uint32  { v.want(wit.U32); return uint32(v.bits) }
func (v Value) S64() int64   { v.want(wit.S64); return int64(v.bits) }
func (v Value) U64() uint64  { v.want(wit.U64); return v.bits }
func (v Value) F32() float32 { v.want(wit.F32); return math.Float32frombits(uint32(v.bits)) }
func (v Value) F64() float64 { v.want(wit.F64); return math.Float64frombits(v.bits) }
func (v Value) Char() rune   { v.want(wit.Char); return rune(uint32(v.bits)) }

// String makes a string; it must be valid UTF-8, which lowering checks.
func String(s string) Value {
	return Value{kind: wit.String, bits: uint64(len(s)), ptr: unsafe.Pointer(unsafe.StringData(s))}
}

// Str returns a string's text. (String is the method fmt calls.)
func (v Value) Str() string {
	v.want(wit.String)
	return unsafe.String((*byte)(v.ptr), int(v.bits))
}
