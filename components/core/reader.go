package core

import (
	"fmt"
	"unicode/utf8"
)

// reader reads the primitive values of the binary format. The first fault is kept in err and ends the
// input, so that every later read yields zero; callers check err where they would act on a value, and in
// every loop that a count from the input drives.
type reader struct {
	b    []byte
	pos  int
	base int // offset of b[0] in the file
	err  *Error
	// long is set by integers that have more bytes than they need.
	long bool
}

func (r *reader) failAt(pos int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: r.base + pos, Msg: fmt.Sprintf(format, args...)}
	}
	r.b = r.b[:r.pos]
}

func (r *reader) fail(format string, args ...any) { r.failAt(r.pos, format, args...) }

func (r *reader) left() int { return len(r.b) - r.pos }

func (r *reader) byte() byte {
	if r.pos >= len(r.b) {
		r.fail("unexpected end")
		return 0
	}
	c := r.b[r.pos]
	r.pos++
	return c
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > r.left() {
		r.fail("unexpected end: %d bytes are wanted and %d are left", n, r.left())
		return nil
	}
	b := r.b[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return b
}

// u32 reads an unsigned LEB128 of at most 32 bits.
func (r *reader) u32() uint32 {
	if r.pos < len(r.b) && r.b[r.pos] < 0x80 {
		r.pos++
		return uint32(r.b[r.pos-1])
	}
	return uint32(r.unsigned(32))
}

func (r *reader) unsigned(bits int) uint64 {
	start := r.pos
	var v uint64
	for shift := 0; ; shift += 7 {
		if shift >= bits {
			r.failAt(start, "integer representation too long")
			return 0
		}
		c := r.byte()
		if r.err != nil {
			return 0
		}
		if left := bits - shift; left < 7 && c&0x7f>>left != 0 {
			r.failAt(start, "%s", integerFault(c))
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			r.long = r.long || c == 0 && shift > 0
			return v
		}
	}
}

// signed reads a signed LEB128 of at most the given number of bits.
func (r *reader) signed(bits int) int64 {
	start := r.pos
	var v int64
	for shift := 0; ; shift += 7 {
		if shift >= bits {
			r.failAt(start, "integer representation too long")
			return 0
		}
		c := r.byte()
		if r.err != nil {
			return 0
		}
		if left := bits - shift; left < 7 {
			// The bits beyond the value must repeat its sign.
			if top := int8(c<<1) >> left; top != 0 && top != -1 {
				r.failAt(start, "%s", integerFault(c))
				return 0
			}
		}
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			if shift+7 < 64 && c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			if shift > 0 && (c == 0 || c == 0x7f) {
				// It could do without this byte if the one before has the same sign.
				r.long = r.long || r.b[r.pos-2]&0x40 == c&0x40
			}
			return v
		}
	}
}

func integerFault(last byte) string {
	if last >= 0x80 {
		return "integer representation too long"
	}
	return "integer too large"
}

func (r *reader) s32() int32 {
	if r.pos < len(r.b) && r.b[r.pos] < 0x80 {
		r.pos++
		return int32(int8(r.b[r.pos-1]<<1) >> 1)
	}
	return int32(r.signed(32))
}

func (r *reader) s33() int64 { return r.signed(33) }

func (r *reader) s64() int64 { return r.signed(64) }

// name reads a UTF-8 string with its length.
func (r *reader) name(limit int) string {
	start := r.pos
	n := r.u32()
	if int64(n) > int64(limit) {
		r.failAt(start, "name of %d bytes is longer than the limit of %d", n, limit)
		return ""
	}
	b := r.bytes(int(n))
	if !utf8.Valid(b) {
		r.failAt(start, "malformed UTF-8 encoding in a name")
		return ""
	}
	return string(b)
}

// count reads the length of a vector whose entries take at least one byte each, and refuses one that is
// above limit or that the rest of the input cannot hold.
func (r *reader) count(what string, limit int) int {
	start := r.pos
	n := r.u32()
	switch {
	case r.err != nil:
		return 0
	case int64(n) > int64(limit):
		r.failAt(start, "%d %s are more than the limit of %d", n, what, limit)
		return 0
	case int64(n) > int64(r.left()):
		r.failAt(start, "unexpected end: %d %s cannot follow in %d bytes", n, what, r.left())
		return 0
	}
	return int(n)
}

// sub is a reader of the next n bytes.
func (r *reader) sub(n int) reader {
	start := r.pos
	return reader{b: r.bytes(n), base: r.base + start, err: r.err}
}
