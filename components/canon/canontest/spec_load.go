package canontest

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Context is a LiftLowerContext. Its methods panic with a canon.TrapCode, or with
// the error that realloc returned; Spec recovers both.
type Context struct {
	*Instance
	World *World
}

func trapIf(cond bool, code canon.TrapCode) {
	if cond {
		panic(code)
	}
}

func encodingName(e canon.Encoding) string {
	return [...]string{canon.UTF8: "utf8", canon.UTF16: "utf16", canon.Latin1UTF16: "latin1+utf16"}[e]
}

func (cx *Context) loadInt(ptr, nbytes uint32) uint64 {
	v := uint64(0)
	for i, b := range cx.Memory()[ptr : ptr+nbytes] {
		v |= uint64(b) << (8 * i)
	}
	return v
}

// load is load.
func (cx *Context) load(ptr uint32, t *wit.Type) *V {
	switch {
	case t.Kind == wit.String:
		return cx.loadStringFromRange(uint32(cx.loadInt(ptr, 4)), uint32(cx.loadInt(ptr+4, 4)))
	case t.Kind == wit.FixedList:
		return cx.loadListFromValidRange(ptr, t.Len, t.Elem)
	case isList(t):
		return cx.loadListFromRange(uint32(cx.loadInt(ptr, 4)), uint32(cx.loadInt(ptr+4, 4)), elementOf(t))
	case isRecord(t):
		v := &V{Kind: t.Kind}
		for _, f := range fieldsOf(t) {
			ptr = alignTo(ptr, alignment(f))
			v.Parts = append(v.Parts, cx.load(ptr, f))
			ptr += elemSize(f)
		}
		return v
	case isVariant(t):
		return cx.loadVariant(ptr, t)
	case t.Kind == wit.Flags:
		return unpackFlags(cx.loadInt(ptr, flagsSize(len(t.Labels))), len(t.Labels))
	}
	return cx.liftScalar(cx.loadInt(ptr, primitiveSize(t.Kind)), t)
}

// liftScalar makes a value of a core value, of which the low bits count.
func (cx *Context) liftScalar(i uint64, t *wit.Type) *V {
	v := &V{Kind: t.Kind, Bits: i}
	switch t.Kind {
	case wit.Bool:
		v.Bits = 0
		if i != 0 {
			v.Bits = 1
		}
	case wit.U8:
		v.Bits = uint64(uint8(i))
	case wit.U16:
		v.Bits = uint64(uint16(i))
	case wit.S8:
		v.Bits = uint64(uint32(int8(i)))
	case wit.S16:
		v.Bits = uint64(uint32(int16(i)))
	case wit.F32:
		if isNaN32(i) {
			v.Bits = 0x7fc00000
		}
	case wit.F64:
		if isNaN64(i) {
			v.Bits = 0x7ff8000000000000
		}
	case wit.Char:
		trapIf(i >= 0x110000 || 0xd800 <= i && i <= 0xdfff, canon.TrapInvalidChar)
	case wit.Own, wit.Borrow:
		lift := cx.World.LiftOwn
		if t.Kind == wit.Borrow {
			lift = cx.World.LiftBorrow
		}
		rep, err := lift(cx.Instance, uint32(i), t.Resource)
		if err != nil {
			panic(err)
		}
		v.Bits = uint64(rep)
	}
	return v
}

func (cx *Context) loadStringFromRange(ptr, tagged uint32) *V {
	align, byteLength, encoding := uint32(2), 2*uint64(tagged), "utf-16-le"
	switch encodingName(cx.Encoding) {
	case "utf8":
		align, byteLength, encoding = 1, uint64(tagged), "utf-8"
	case "latin1+utf16":
		if tagged&(1<<31) != 0 {
			byteLength = 2 * uint64(tagged^1<<31)
		} else {
			byteLength, encoding = uint64(tagged), "latin-1"
		}
	}
	trapIf(byteLength > canon.MaxStringByteLength, canon.TrapStringTooLong)
	trapIf(ptr%align != 0, canon.TrapUnaligned)
	trapIf(uint64(ptr)+byteLength > uint64(len(cx.Memory())), canon.TrapOutOfBounds)
	bytes := cx.Memory()[ptr : uint64(ptr)+byteLength]
	return &V{Kind: wit.String, Text: decode(bytes, encoding), Encoding: encodingName(cx.Encoding), Units: tagged}
}

func decode(b []byte, encoding string) string {
	var text []rune
	switch encoding {
	case "utf-8":
		trapIf(!utf8.Valid(b), canon.TrapInvalidUTF8)
		return string(b)
	case "latin-1":
		for _, c := range b {
			text = append(text, rune(c))
		}
	default:
		for i := 0; i < len(b); i += 2 {
			u := rune(b[i]) | rune(b[i+1])<<8
			if u >= 0xd800 && u <= 0xdfff {
				trapIf(u >= 0xdc00 || i+3 >= len(b), canon.TrapInvalidUTF16)
				lo := rune(b[i+2]) | rune(b[i+3])<<8
				trapIf(lo < 0xdc00 || lo > 0xdfff, canon.TrapInvalidUTF16)
				u = utf16.DecodeRune(u, lo)
				i += 2
			}
			text = append(text, u)
		}
	}
	return string(text)
}

func (cx *Context) loadListFromRange(ptr, length uint32, elem *wit.Type) *V {
	byteLength := uint64(length) * uint64(elemSize(elem))
	trapIf(byteLength > canon.MaxListByteLength, canon.TrapListTooLong)
	trapIf(ptr != alignTo(ptr, alignment(elem)), canon.TrapUnaligned)
	trapIf(uint64(ptr)+byteLength > uint64(len(cx.Memory())), canon.TrapOutOfBounds)
	return cx.loadListFromValidRange(ptr, length, elem)
}

func (cx *Context) loadListFromValidRange(ptr, length uint32, elem *wit.Type) *V {
	v := &V{Kind: wit.List}
	for i := range length {
		v.Parts = append(v.Parts, cx.load(ptr+i*elemSize(elem), elem))
	}
	return v
}

func (cx *Context) loadVariant(ptr uint32, t *wit.Type) *V {
	size := discriminantSize(len(t.Cases))
	v := &V{Kind: t.Kind, Bits: cx.loadInt(ptr, size)}
	trapIf(v.Bits >= uint64(len(t.Cases)), canon.TrapInvalidDiscriminant)
	if c := t.Cases[v.Bits]; c.Type != nil {
		v.Payload = cx.load(alignTo(ptr+size, maxCaseAlignment(t)), c.Type)
	}
	return v
}

func unpackFlags(i uint64, labels int) *V {
	v := &V{Kind: wit.Flags}
	for l := range labels {
		v.Bits |= i & (1 << l)
	}
	return v
}
