package canon

import "unicode/utf8"

// Allocator is the memory that a value is lowered into.
type Allocator interface {
	// Bytes is the whole memory. Any call of Realloc makes an earlier view stale.
	Bytes() []byte
	// Realloc calls the guest's realloc. Its result is not checked.
	Realloc(old, oldSize, align, newSize uint32) (uint32, error)
}

// text is a string where it was lifted from: load_string_from_range's result,
// with bytes known to be valid in a simple encoding.
type text struct {
	bytes  []byte
	simple simpleEncoding
	// units is the number of code units, without tag.
	units uint32
	// enc is the encoding option of where it came from.
	enc Encoding
}

// simpleEncoding is the encoding of one string (src_simple_encoding).
type simpleEncoding uint8

const (
	simpleUTF8 simpleEncoding = iota
	simpleUTF16
	simpleLatin1
)

// LoadString is load_string_from_range into a Go string. The error is a TrapCode.
func LoadString(mem []byte, enc Encoding, ptr, taggedUnits uint32) (string, error) {
	t, err := loadText(mem, enc, ptr, taggedUnits)
	if err != nil {
		return "", err
	}
	switch t.simple {
	case simpleUTF8:
		return string(t.bytes), nil
	case simpleUTF16:
		return string(appendUTF8FromUTF16(make([]byte, 0, t.units), t.bytes)), nil
	}
	return string(appendUTF8FromLatin1(make([]byte, 0, t.units), t.bytes)), nil
}

// StoreString is store_string_into_range of a Go string, whose encoding is utf8.
// Errors are TrapCodes, TrapInvalidUTF8 among them if s is no text, in an
// *AllocationError if the fault is that of dst, and what dst.Realloc returns.
func StoreString(dst Allocator, enc Encoding, s string) (ptr, taggedUnits uint32, err error) {
	if len(s) > MaxStringByteLength {
		return 0, 0, TrapStringTooLong
	}
	if !utf8.ValidString(s) {
		return 0, 0, TrapInvalidUTF8
	}
	return storeText(dst, enc, text{bytes: stringBytes(s), simple: simpleUTF8, units: uint32(len(s)), enc: UTF8})
}

// TransferString moves a string from one memory to another, which must be a
// different one: load_string_from_range of src, store_string_into_range of dst.
// Errors are TrapCodes, in an *AllocationError if the fault is that of dst, and what
// dst.Realloc returns.
func TransferString(dst Allocator, dstEnc Encoding, src []byte, srcEnc Encoding, ptr, taggedUnits uint32) (dstPtr, dstTaggedUnits uint32, err error) {
	t, err := loadText(src, srcEnc, ptr, taggedUnits)
	if err != nil {
		return 0, 0, err
	}
	return storeText(dst, dstEnc, t)
}

// CheckUTF8 is OpCheckUTF8 on bytes whose range was checked. The error is a TrapCode.
func CheckUTF8(b []byte) error {
	if !utf8.Valid(b) {
		return TrapInvalidUTF8
	}
	return nil
}

// loadText is load_string_from_range, without decoding.
func loadText(mem []byte, enc Encoding, ptr, taggedUnits uint32) (text, error) {
	t := text{units: taggedUnits, enc: enc}
	align, size := uint32(1), uint64(taggedUnits)
	switch {
	case enc == UTF16:
		t.simple, align, size = simpleUTF16, 2, 2*size
	case enc == Latin1UTF16 && taggedUnits&UTF16Tag != 0:
		t.units ^= UTF16Tag
		t.simple, align, size = simpleUTF16, 2, 2*uint64(t.units)
	case enc == Latin1UTF16:
		t.simple, align = simpleLatin1, 2
	}
	switch {
	case size > MaxStringByteLength:
		return t, TrapStringTooLong
	case ptr%align != 0:
		return t, TrapUnaligned
	case uint64(ptr)+size > uint64(len(mem)):
		return t, TrapOutOfBounds
	}
	t.bytes = mem[ptr : uint64(ptr)+size]
	switch {
	case t.simple == simpleUTF8 && !utf8.Valid(t.bytes):
		return t, TrapInvalidUTF8
	case t.simple == simpleUTF16 && !validUTF16(t.bytes):
		return t, TrapInvalidUTF16
	}
	return t, nil
}

// storeText is store_string_into_range.
func storeText(dst Allocator, enc Encoding, t text) (ptr, taggedUnits uint32, err error) {
	s := &stringStore{dst: dst}
	switch enc {
	case UTF8:
		switch t.simple {
		case simpleUTF8:
			return s.copy(t, 1, 1)
		case simpleUTF16:
			return s.toUTF8(t, 3) // store_utf16_to_utf8
		}
		return s.toUTF8(t, 2) // store_latin1_to_utf8
	case UTF16:
		if t.simple == simpleUTF8 {
			return s.utf8ToUTF16(t)
		}
		return s.copy(t, 2, 2)
	}
	switch {
	case t.enc != Latin1UTF16:
		return s.toLatin1OrUTF16(t)
	case t.simple == simpleLatin1:
		return s.copy(t, 1, 2)
	}
	return s.probablyUTF16ToLatin1OrUTF16(t)
}
