package canon

import "unsafe"

// stringStore is one string being stored: the allocation that it goes to.
type stringStore struct {
	dst  Allocator
	ptr  uint32
	size uint32
}

// realloc changes the allocation's size and checks where it is
// (cx.allocate and cx.reallocate, with the trap_ifs that follow them).
func (s *stringStore) realloc(align, size uint32) error {
	ptr, err := s.dst.Realloc(s.ptr, s.size, align, size)
	if err != nil {
		return err
	}
	if err := CheckRange(ptr, align, uint64(size), uint64(len(s.dst.Bytes()))); err != nil {
		return &AllocationError{err}
	}
	s.ptr, s.size = ptr, size
	return nil
}

// AllocationError tells that the fault is not the string's: the realloc of the side
// that it is stored to returned a bad pointer.
type AllocationError struct {
	// Err is a TrapCode.
	Err error
}

func (e *AllocationError) Error() string { return "realloc: " + e.Err.Error() }

// Unwrap returns the TrapCode.
func (e *AllocationError) Unwrap() error { return e.Err }

// CheckRange is OpCheckRange, and the check of what a guest's realloc returned:
// that ptr is a multiple of align and that the size bytes from there are in a
// memory of memSize bytes. The error is a TrapCode.
func CheckRange(ptr, align uint32, size, memSize uint64) error {
	if ptr&(align-1) != 0 {
		return TrapUnaligned
	}
	if uint64(ptr)+size > memSize {
		return TrapOutOfBounds
	}
	return nil
}

// bytes is the allocation, to be written.
func (s *stringStore) bytes() []byte {
	return s.dst.Bytes()[s.ptr:][:s.size:s.size]
}

// copy is store_string_copy: the size is known beforehand.
func (s *stringStore) copy(t text, unitSize, align uint32) (uint32, uint32, error) {
	if err := s.realloc(align, unitSize*t.units); err != nil {
		return 0, 0, err
	}
	if t.simple == simpleLatin1 && unitSize == 2 {
		utf16FromLatin1(s.bytes(), t.bytes)
	} else {
		copy(s.bytes(), t.bytes)
	}
	return s.ptr, t.units, nil
}

// toUTF8 is store_string_to_utf8: ASCII is hoped for, and at the first other
// character the allocation grows to the worst case, which is factor bytes a unit.
func (s *stringStore) toUTF8(t text, factor uint32) (uint32, uint32, error) {
	if err := s.realloc(1, t.units); err != nil {
		return 0, 0, err
	}
	n := narrowASCII(s.bytes(), t)
	if n == t.units {
		return s.ptr, n, nil
	}
	if err := s.realloc(1, factor*t.units); err != nil {
		return 0, 0, err
	}
	out := s.bytes()[:n]
	if t.simple == simpleUTF16 {
		out = appendUTF8FromUTF16(out, t.bytes[2*n:])
	} else {
		out = appendUTF8FromLatin1(out, t.bytes[n:])
	}
	return s.shrink(1, uint32(len(out)), uint32(len(out)))
}

// utf8ToUTF16 is store_utf8_to_utf16.
func (s *stringStore) utf8ToUTF16(t text) (uint32, uint32, error) {
	if err := s.realloc(2, 2*t.units); err != nil {
		return 0, 0, err
	}
	n := utf16FromUTF8(s.bytes(), t.bytes)
	return s.shrink(2, n, n/2)
}

// toLatin1OrUTF16 is store_string_to_latin1_or_utf16: Latin-1 is hoped for, and at
// the first other character what there is becomes UTF-16.
func (s *stringStore) toLatin1OrUTF16(t text) (uint32, uint32, error) {
	if err := s.realloc(2, t.units); err != nil {
		return 0, 0, err
	}
	out, read := latin1Prefix(s.bytes(), t)
	if read == len(t.bytes) {
		return s.shrink(2, out, out)
	}
	if err := s.realloc(2, 2*t.units); err != nil {
		return 0, 0, err
	}
	b := s.bytes()
	for j := int(out) - 1; j >= 0; j-- {
		b[2*j], b[2*j+1] = b[j], 0
	}
	var n uint32
	if t.simple == simpleUTF16 {
		n = uint32(copy(b[2*out:], t.bytes[read:]))
	} else {
		n = utf16FromUTF8(b[2*out:], t.bytes[read:])
	}
	n += 2 * out
	return s.shrink(2, n, n/2|UTF16Tag)
}

// probablyUTF16ToLatin1OrUTF16 is store_probably_utf16_to_latin1_or_utf16.
func (s *stringStore) probablyUTF16ToLatin1OrUTF16(t text) (uint32, uint32, error) {
	if err := s.realloc(2, 2*t.units); err != nil {
		return 0, 0, err
	}
	b := s.bytes()
	copy(b, t.bytes)
	if !latin1InUTF16(t.bytes) {
		return s.ptr, t.units | UTF16Tag, nil
	}
	latin1Prefix(b, t)
	if err := s.realloc(1, t.units); err != nil {
		return 0, 0, err
	}
	return s.ptr, t.units, nil
}

// shrink gives back what is more than size, if anything.
func (s *stringStore) shrink(align, size, taggedUnits uint32) (uint32, uint32, error) {
	if size < s.size {
		if err := s.realloc(align, size); err != nil {
			return 0, 0, err
		}
	}
	return s.ptr, taggedUnits, nil
}

// stringBytes is a string's bytes, not to be written.
func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
