package value

import (
	"unsafe"

	"github.com/sidecall/sidecall/wit"
)

// Record makes a record from its fields, in the order of the type.
func Record(fields ...Value) Value { return parts(wit.Record, fields) }

// Tuple makes a tuple.
func Tuple(elems ...Value) Value { return parts(wit.Tuple, elems) }

// List makes a list of any elements.
func List(elems ...Value) Value { return parts(wit.List, elems) }

func parts(k wit.Kind, vs []Value) Value {
	return Value{kind: k, bits: uint64(len(vs)), ptr: unsafe.Pointer(unsafe.SliceData(vs))}
}

// notPacked is the aux of a list that holds Values. Packed lists have the kind of
// their elements, U8 … F64, none of which is Bool (0).
const notPacked = uint32(wit.Bool)

// Bytes makes a list<u8>. b is kept, not copied.
func Bytes(b []byte) Value { return Packed(wit.U8, b) }

// Packed makes a list of numbers of kind elem (S8 … F64) from their little-endian
// bytes, whose length must be a multiple of the element's size. b is kept.
func Packed(elem wit.Kind, b []byte) Value {
	n := ElemSize(elem)
	if n == 0 || len(b)%n != 0 {
		panic(&KindError{elem, wit.U8})
	}
	return Value{kind: wit.List, aux: uint32(elem), bits: uint64(len(b) / n), ptr: unsafe.Pointer(unsafe.SliceData(b))}
}

// ElemSize returns the size in bytes of a number kind that lists can pack, and 0
// for other kinds. (Sizes are the same as in linear memory.)
func ElemSize(k wit.Kind) int {
	switch k {
	case wit.S8, wit.U8:
		return 1
	case wit.S16, wit.U16:
		return 2
	case wit.S32, wit.U32, wit.F32:
		return 4
	case wit.S64, wit.U64, wit.F64:
		return 8
	}
	return 0
}

// PackedBytes returns the bytes of a packed list of kind elem. ok is false if v
// is a list that holds its elements one by one, or packs another kind.
func (v Value) PackedBytes(elem wit.Kind) (b []byte, ok bool) {
	v.want(wit.List)
	if v.bits == 0 {
		return nil, true
	}
	if v.aux != uint32(elem) || v.aux == notPacked {
		return nil, false
	}
	return unsafe.Slice((*byte)(v.ptr), int(v.bits)*ElemSize(elem)), true
}

// Bytes returns a list<u8>; the bytes are shared, not to be written.
func (v Value) Bytes() []byte {
	if b, ok := v.PackedBytes(wit.U8); ok {
		return b
	}
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = v.At(i).U8()
	}
	return b
}

// Len returns the number of parts of a list, record or tuple.
func (v Value) Len() int {
	if v.kind != wit.List && v.kind != wit.Record && v.kind != wit.Tuple {
		panic(&KindError{v.kind, wit.List})
	}
	return int(v.bits)
}

// At returns part i of a list, record or tuple.
func (v Value) At(i int) Value {
	if uint(i) >= uint(v.Len()) {
		panic(&IndexError{i, v.Len()})
	}
	if v.aux != notPacked {
		return v.unpack(i)
	}
	return unsafe.Slice((*Value)(v.ptr), int(v.bits))[i]
}

// Parts returns the parts of a record or tuple, or of a list that holds its
// elements one by one (nil for a packed one). They are the Value's own: only who
// makes a Value may write to them.
func (v Value) Parts() []Value {
	n := v.Len()
	if v.aux != notPacked {
		return nil
	}
	return unsafe.Slice((*Value)(v.ptr), n)
}

// IndexError is the panic of reading a part that is not there.
type IndexError struct{ Index, Len int }

func (e *IndexError) Error() string { return "value has no such part" }

func (v Value) unpack(i int) Value {
	k := wit.Kind(v.aux)
	p := unsafe.Add(v.ptr, i*ElemSize(k))
	switch k {
	case wit.S8:
		return S8(*(*int8)(p))
	case wit.U8:
		return U8(*(*uint8)(p))
	}
	b := unsafe.Slice((*byte)(p), ElemSize(k))
	var bits uint64
	for j := len(b) - 1; j >= 0; j-- {
		bits = bits<<8 | uint64(b[j])
	}
	if k == wit.S16 {
		return S16(int16(bits))
	}
	return Scalar(k, bits)
}

// Variant makes case number i of a variant, with a payload or without (nil).
func Variant(i int, payload *Value) Value { return choice(wit.Variant, i, payload) }

// Enum makes case number i of an enum.
func Enum(i int) Value { return choice(wit.Enum, i, nil) }

// Some makes the present case of an option.
func Some(v Value) Value { return choice(wit.Option, 1, &v) }

// None makes the absent case of an option.
func None() Value { return choice(wit.Option, 0, nil) }

// Ok makes the first case of a result, with a payload or without (nil).
func Ok(payload *Value) Value { return choice(wit.Result, 0, payload) }

// Err makes the second case of a result.
func Err(payload *Value) Value { return choice(wit.Result, 1, payload) }

// Choice makes case i of a variant, enum, option or result.
func Choice(k wit.Kind, i int, payload *Value) Value {
	switch k {
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		return choice(k, i, payload)
	}
	panic(&KindError{k, wit.Variant})
}

func choice(k wit.Kind, i int, payload *Value) Value {
	v := Value{kind: k, bits: uint64(i)}
	if payload != nil {
		v.aux, v.ptr = 1, unsafe.Pointer(payload)
	}
	return v
}

// Case returns the number of the case of a variant, enum, option or result.
func (v Value) Case() int {
	switch v.kind {
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		return int(v.bits)
	}
	panic(&KindError{v.kind, wit.Variant})
}

// Payload returns the payload of the case, ok false if it has none.
func (v Value) Payload() (p Value, ok bool) {
	v.Case()
	if v.aux == 0 {
		return Value{}, false
	}
	return *(*Value)(v.ptr), true
}

// Flags makes flags: bit i is set for label i.
func Flags(bits uint64) Value { return Value{kind: wit.Flags, bits: bits} }

// Flags returns the set labels as bits.
func (v Value) Flags() uint64 { v.want(wit.Flags); return v.bits }
