package binary

import (
	"fmt"
	"unicode/utf8"
)

// reader is a cursor over one stretch of the file. Its first failure stays: from
// then on every read yields zero, so that the grammar's functions need not ask
// after each step, only their loops must.
type reader struct {
	b               []byte // the whole file
	start, pos, end int
	// where names the stretch, for messages: "file", "type section".
	where string
	// text is the stretch as a string, once a name of it was read.
	text string
	*state
}

// state is what all readers of one Decode share.
type state struct {
	limits             Limits
	definitions, parts int
	depth              int
	path               []step
	// feature is the gated feature that is being read, empty outside of one.
	feature string
	err     *Error
}

// step is one element of the path to the current position; index -1 is none.
type step struct {
	kind  string
	index int
}

func (s *state) ok() bool { return s.err == nil }

// fail records an error, if it is the first one.
func (s *state) fail(offset int, format string, args ...any) {
	if s.err != nil {
		return
	}
	path := make([]string, len(s.path))
	for i, p := range s.path {
		if path[i] = p.kind; p.index >= 0 {
			path[i] = fmt.Sprintf("%s %d", p.kind, p.index)
		}
	}
	s.err = &Error{Offset: offset, Path: path, Msg: fmt.Sprintf(format, args...), Feature: s.feature}
}

func (s *state) push(kind string, index int) { s.path = append(s.path, step{kind, index}) }
func (s *state) pop()                        { s.path = s.path[:len(s.path)-1] }

// gated runs read, with what is read on the path. Encodings of gated features still
// change, so an error in one must name what is not supported.
func (s *state) gated(feature, what string, read func()) {
	s.push(what+" (feature "+feature+", not supported)", -1)
	s.feature = feature
	read()
	s.feature = ""
	s.pop()
}

// enter goes one level deeper into the nesting; leave comes back.
func (s *state) enter(offset int) bool {
	if s.depth++; s.depth > s.limits.Nesting {
		s.fail(offset, "components and types are nested more than %d deep", s.limits.Nesting)
	}
	return s.ok()
}

func (s *state) leave() { s.depth-- }

func (r *reader) left() int { return r.end - r.pos }

// sub cuts the next n bytes off as a reader of their own.
func (r *reader) sub(n int, where string) *reader {
	s := &reader{b: r.b, start: r.pos, pos: r.pos, end: r.pos + n, where: where, state: r.state}
	r.pos += n
	return s
}

// done fails unless everything was read.
func (r *reader) done() {
	if r.ok() && r.left() > 0 {
		r.fail(r.pos, "the %s has %d bytes left over", r.where, r.left())
	}
}

func (r *reader) peek() byte {
	if !r.ok() {
		return 0
	}
	if r.pos >= r.end {
		r.fail(r.pos, "unexpected end of the %s", r.where)
		return 0
	}
	return r.b[r.pos]
}

func (r *reader) byte() byte {
	b := r.peek()
	if r.ok() {
		r.pos++
	}
	return b
}

// expect reads a byte that can have but one value.
func (r *reader) expect(want byte, what string) {
	off := r.pos
	if got := r.byte(); r.ok() && got != want {
		r.fail(off, "%s must be %#02x, not %#02x", what, want, got)
	}
}

// flag reads a byte that is 0 or 1.
func (r *reader) flag(what string) bool {
	off := r.pos
	b := r.byte()
	if b > 1 {
		r.fail(off, "%s must be 0x00 or 0x01, not %#02x", what, b)
	}
	return b == 1
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 { return uint32(r.unsigned(32)) }

// u64 reads an unsigned LEB128 number of at most 64 bits.
func (r *reader) u64() uint64 { return r.unsigned(64) }

func (r *reader) unsigned(bits uint) (v uint64) {
	off := r.pos
	if off < r.end && r.b[off] < 0x80 && r.ok() { // nearly all numbers are one byte
		r.pos++
		return uint64(r.b[off])
	}
	for shift := uint(0); r.ok(); shift += 7 {
		b := r.byte()
		if rest := bits - shift; rest < 7 && b>>rest != 0 {
			if b >= 0x80 {
				r.fail(off, "a number is longer than a u%d can be", bits)
			} else {
				r.fail(off, "a number is larger than a u%d can be", bits)
			}
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	return 0
}

// s33 reads a signed LEB128 number of at most 33 bits: a type index or, if
// negative, a type code.
func (r *reader) s33() (v int64) {
	const bits = 33
	off := r.pos
	for shift := uint(0); r.ok(); shift += 7 {
		b := r.byte()
		if rest := bits - shift; rest < 7 {
			// What does not fit must repeat the sign bit.
			if top := int8(b<<1) >> rest; b >= 0x80 || (top != 0 && top != -1) {
				r.fail(off, "a number is too large for a type index")
				return 0
			}
		}
		v |= int64(b&0x7f) << shift
		if b < 0x80 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
	return 0
}

// count reads the length of a vector. Every element takes one byte or more, so a
// length beyond the bytes left is refused before anything is allocated for it.
func (r *reader) count(what string) int {
	off := r.pos
	n := r.u32()
	if r.ok() && uint64(n) > uint64(r.left()) {
		r.fail(off, "unexpected end of the %s: it cannot hold %d %s in %d bytes", r.where, n, what, r.left())
		return 0
	}
	return int(n)
}

// vec reads a vector of parts of a definition.
func vec[T any](r *reader, what string, elem func(*reader) T) []T {
	off := r.pos
	n := r.count(what)
	if r.parts += n; r.parts > r.limits.Parts {
		r.fail(off, "the file has more than %d fields, parameters, arguments and the like", r.limits.Parts)
	}
	if !r.ok() || n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, 64))
	for range n {
		if v := elem(r); r.ok() {
			out = append(out, v)
		} else {
			return nil
		}
	}
	return out
}

// name reads a core:name; what says whose, for messages. All names of a stretch
// are parts of one string, which saves an allocation for each.
func (r *reader) name(what string) string {
	b := r.nameBytes(what)
	if len(b) == 0 {
		return ""
	}
	if r.text == "" {
		r.text = string(r.b[r.start:r.end])
	}
	at := r.pos - r.start
	return r.text[at-len(b) : at]
}

// nameBytes reads a core:name as a view.
func (r *reader) nameBytes(what string) []byte {
	off := r.pos
	n := r.u32()
	switch {
	case !r.ok():
		return nil
	case uint64(n) > uint64(r.left()):
		r.fail(off, "unexpected end of the %s: %s of %d bytes, but %d are left", r.where, what, n, r.left())
		return nil
	case int(n) > r.limits.NameBytes:
		r.fail(off, "%s of %d bytes; at most %d are accepted", what, n, r.limits.NameBytes)
		return nil
	}
	if b := r.b[r.pos : r.pos+int(n)]; !utf8.Valid(b) {
		r.fail(r.pos, "malformed UTF-8 in %s", what)
		return nil
	}
	return r.bytes(int(n))
}

// bytes reads n bytes as a view.
func (r *reader) bytes(n int) []byte {
	b := r.b[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return b
}
