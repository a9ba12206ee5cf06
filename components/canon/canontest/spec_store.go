package canontest

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

func (cx *Context) storeInt(v uint64, ptr, nbytes uint32) {
	mem := cx.Memory()
	for i := range nbytes {
		mem[ptr+i] = byte(v >> (8 * i))
	}
}

// store is store.
func (cx *Context) store(v *V, t *wit.Type, ptr uint32) {
	switch {
	case t.Kind == wit.FixedList:
		cx.storeListIntoValidRange(v, ptr, t.Elem)
	case t.Kind == wit.String || isList(t):
		flat := cx.lowerFlat(v, t)
		cx.storeInt(flat[0], ptr, 4)
		cx.storeInt(flat[1], ptr+4, 4)
	case isRecord(t):
		for i, f := range fieldsOf(t) {
			ptr = alignTo(ptr, alignment(f))
			cx.store(v.Parts[i], f, ptr)
			ptr += elemSize(f)
		}
	case isVariant(t):
		size := discriminantSize(len(t.Cases))
		cx.storeInt(v.Bits, ptr, size)
		if c := t.Cases[v.Bits]; c.Type != nil {
			cx.store(v.Payload, c.Type, alignTo(ptr+size, maxCaseAlignment(t)))
		}
	case t.Kind == wit.Flags:
		cx.storeInt(v.Bits, ptr, flagsSize(len(t.Labels)))
	default:
		cx.storeInt(cx.lowerScalar(v, t), ptr, primitiveSize(t.Kind))
	}
}

// lowerScalar makes the core value of a value. NaNs stay what lifting made them,
// as in the deterministic profile.
func (cx *Context) lowerScalar(v *V, t *wit.Type) uint64 {
	switch t.Kind {
	case wit.Own:
		return uint64(cx.World.LowerOwn(cx.Instance, uint32(v.Bits), t.Resource))
	case wit.Borrow:
		return uint64(cx.World.LowerBorrow(cx.Instance, uint32(v.Bits), t.Resource))
	}
	return v.Bits
}

func (cx *Context) reallocate(old, oldSize, align, newSize uint32) uint32 {
	was := cx.MayLeave
	cx.MayLeave = false
	ptr, err := cx.Realloc(old, oldSize, align, newSize)
	if err != nil {
		panic(err)
	}
	cx.MayLeave = was
	trapIf(ptr%align != 0, canon.TrapUnaligned)
	trapIf(uint64(ptr)+uint64(newSize) > uint64(len(cx.Memory())), canon.TrapOutOfBounds)
	return ptr
}

func (cx *Context) storeListIntoRange(v *V, elem *wit.Type) (ptr, length uint32) {
	length = uint32(len(v.Parts))
	ptr = cx.reallocate(0, 0, alignment(elem), length*elemSize(elem))
	cx.storeListIntoValidRange(v, ptr, elem)
	return ptr, length
}

func (cx *Context) storeListIntoValidRange(v *V, ptr uint32, elem *wit.Type) {
	for i, e := range v.Parts {
		cx.store(e, elem, ptr+uint32(i)*elemSize(elem))
	}
}

// storeStringIntoRange is store_string_into_range.
func (cx *Context) storeStringIntoRange(v *V) (ptr, tagged uint32) {
	simple, units := v.Encoding, v.Units
	if v.Encoding == "latin1+utf16" {
		simple = "latin1"
		if units&(1<<31) != 0 {
			simple, units = "utf16", units^1<<31
		}
	}
	dst := encodingName(cx.Encoding)
	switch {
	case dst == "utf8" && simple == "utf8":
		return cx.storeStringCopy(v.Text, units, 1, 1, dst)
	case dst == "utf8" && simple == "utf16":
		return cx.storeStringToUTF8(v.Text, units, 3*units)
	case dst == "utf8":
		return cx.storeStringToUTF8(v.Text, units, 2*units)
	case dst == "utf16" && simple == "utf8":
		return cx.storeUTF8ToUTF16(v.Text, units)
	case dst == "utf16":
		return cx.storeStringCopy(v.Text, units, 2, 2, dst)
	case v.Encoding != "latin1+utf16":
		return cx.storeStringToLatin1OrUTF16(v.Text, units)
	case simple == "latin1":
		return cx.storeStringCopy(v.Text, units, 1, 2, simple)
	}
	return cx.storeProbablyUTF16(v.Text, units)
}

// encode encodes text; every character exists in the encoding.
func encode(text, encoding string) []byte {
	var out []byte
	for _, r := range text {
		switch {
		case encoding == "utf8":
			out = append(out, string(r)...)
		case encoding == "latin1":
			out = append(out, byte(r))
		case r >= 0x10000:
			hi, lo := 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff
			out = append(out, byte(hi), byte(hi>>8), byte(lo), byte(lo>>8))
		default:
			out = append(out, byte(r), byte(r>>8))
		}
	}
	return out
}

func (cx *Context) put(ptr uint32, b []byte) { copy(cx.Memory()[ptr:], b) }

func (cx *Context) storeStringCopy(text string, units, unitSize, align uint32, encoding string) (uint32, uint32) {
	ptr := cx.reallocate(0, 0, align, unitSize*units)
	cx.put(ptr, encode(text, encoding))
	return ptr, units
}

func (cx *Context) storeStringToUTF8(text string, units, worstCase uint32) (uint32, uint32) {
	ptr := cx.reallocate(0, 0, 1, units)
	i := uint32(0)
	for _, r := range text {
		if r >= 1<<7 {
			ptr = cx.reallocate(ptr, units, 1, worstCase)
			encoded := encode(text, "utf8")
			cx.put(ptr+i, encoded[i:])
			if n := uint32(len(encoded)); worstCase > n {
				ptr = cx.reallocate(ptr, worstCase, 1, n)
			}
			return ptr, uint32(len(encoded))
		}
		cx.put(ptr+i, []byte{byte(r)})
		i++
	}
	return ptr, units
}

func (cx *Context) storeUTF8ToUTF16(text string, units uint32) (uint32, uint32) {
	ptr := cx.reallocate(0, 0, 2, 2*units)
	encoded := encode(text, "utf16")
	cx.put(ptr, encoded)
	n := uint32(len(encoded))
	if n < 2*units {
		ptr = cx.reallocate(ptr, 2*units, 2, n)
	}
	return ptr, n / 2
}

func (cx *Context) storeStringToLatin1OrUTF16(text string, units uint32) (uint32, uint32) {
	ptr := cx.reallocate(0, 0, 2, units)
	n := uint32(0)
	for _, r := range text {
		if r < 1<<8 {
			cx.put(ptr+n, []byte{byte(r)})
			n++
			continue
		}
		ptr = cx.reallocate(ptr, units, 2, 2*units)
		for j := int(n) - 1; j >= 0; j-- {
			mem := cx.Memory()
			mem[ptr+2*uint32(j)] = mem[ptr+uint32(j)]
			mem[ptr+2*uint32(j)+1] = 0
		}
		encoded := encode(text, "utf16")
		cx.put(ptr+2*n, encoded[2*n:])
		size := uint32(len(encoded))
		if 2*units > size {
			ptr = cx.reallocate(ptr, 2*units, 2, size)
		}
		return ptr, size/2 | 1<<31
	}
	if n < units {
		ptr = cx.reallocate(ptr, units, 2, n)
	}
	return ptr, n
}

func (cx *Context) storeProbablyUTF16(text string, units uint32) (uint32, uint32) {
	ptr := cx.reallocate(0, 0, 2, 2*units)
	encoded := encode(text, "utf16")
	cx.put(ptr, encoded)
	for _, r := range text {
		if r >= 1<<8 {
			return ptr, units | 1<<31
		}
	}
	for i := range units {
		mem := cx.Memory()
		mem[ptr+i] = mem[ptr+2*i]
	}
	return cx.reallocate(ptr, 2*units, 1, units), units
}
