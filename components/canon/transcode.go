package canon

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// The loops below take eight bytes at a time as long as they are ASCII, which is
// what most strings are. Sources are valid in their encoding.

const (
	// asciiBytes and asciiUnits have the bits that ASCII leaves clear in eight
	// bytes and in four UTF-16 code units, latin1Units those that Latin-1 does.
	asciiBytes  = 0x8080808080808080
	asciiUnits  = 0xff80ff80ff80ff80
	latin1Units = 0xff00ff00ff00ff00
)

var le = binary.LittleEndian

// widen spreads the four low bytes of x over four code units.
func widen(x uint64) uint64 {
	x = (x | x<<16) & 0x0000ffff0000ffff
	return (x | x<<8) & 0x00ff00ff00ff00ff
}

// narrow is its inverse: the low bytes of four code units.
func narrow(x uint64) uint32 {
	x &= 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

// validUTF16 says that every surrogate is one of a pair.
func validUTF16(b []byte) bool {
	for len(b) >= 2 {
		if len(b) >= 8 && le.Uint64(b)&asciiUnits == 0 {
			b = b[8:]
			continue
		}
		u := rune(le.Uint16(b))
		b = b[2:]
		if !utf16.IsSurrogate(u) {
			continue
		}
		if len(b) < 2 || utf16.DecodeRune(u, rune(le.Uint16(b))) == utf8.RuneError {
			return false
		}
		b = b[2:]
	}
	return true
}

// appendUTF8FromUTF16 transcodes.
func appendUTF8FromUTF16(out, b []byte) []byte {
	for len(b) >= 2 {
		if len(b) >= 8 {
			if x := le.Uint64(b); x&asciiUnits == 0 {
				out = le.AppendUint32(out, narrow(x))
				b = b[8:]
				continue
			}
		}
		u := rune(le.Uint16(b))
		b = b[2:]
		if utf16.IsSurrogate(u) {
			u = utf16.DecodeRune(u, rune(le.Uint16(b)))
			b = b[2:]
		}
		out = utf8.AppendRune(out, u)
	}
	return out
}

// appendUTF8FromLatin1 transcodes.
func appendUTF8FromLatin1(out, b []byte) []byte {
	for len(b) > 0 {
		if len(b) >= 8 {
			if x := le.Uint64(b); x&asciiBytes == 0 {
				out = le.AppendUint64(out, x)
				b = b[8:]
				continue
			}
		}
		out = utf8.AppendRune(out, rune(b[0]))
		b = b[1:]
	}
	return out
}

// utf16FromLatin1 transcodes; out has two bytes for each of b's.
func utf16FromLatin1(out, b []byte) {
	for len(b) >= 8 {
		x := le.Uint64(b)
		le.PutUint64(out, widen(x&0xffffffff))
		le.PutUint64(out[8:], widen(x>>32))
		out, b = out[16:], b[8:]
	}
	for i, c := range b {
		out[2*i], out[2*i+1] = c, 0
	}
}

// utf16FromUTF8 transcodes and returns the number of bytes written; out has two
// bytes for each of b's, which always suffices.
func utf16FromUTF8(out, b []byte) uint32 {
	n := 0
	for len(b) > 0 {
		if len(b) >= 8 {
			if x := le.Uint64(b); x&asciiBytes == 0 {
				le.PutUint64(out[n:], widen(x&0xffffffff))
				le.PutUint64(out[n+8:], widen(x>>32))
				n, b = n+16, b[8:]
				continue
			}
		}
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		if r >= 0x10000 {
			hi, lo := utf16.EncodeRune(r)
			le.PutUint16(out[n:], uint16(hi))
			n, r = n+2, lo
		}
		le.PutUint16(out[n:], uint16(r))
		n += 2
	}
	return uint32(n)
}

// narrowASCII writes the ASCII characters that t begins with, one byte each, and
// returns their number. t is not UTF-8.
func narrowASCII(out []byte, t text) uint32 {
	n, b := 0, t.bytes
	if t.simple == simpleLatin1 {
		for ; len(b)-n >= 8 && le.Uint64(b[n:])&asciiBytes == 0; n += 8 {
		}
		for ; n < len(b) && b[n] < utf8.RuneSelf; n++ {
		}
		return uint32(copy(out, b[:n]))
	}
	for ; len(b) >= 8 && le.Uint64(b)&asciiUnits == 0; b = b[8:] {
		le.PutUint32(out[n:], narrow(le.Uint64(b)))
		n += 4
	}
	for ; len(b) >= 2 && le.Uint16(b) < utf8.RuneSelf; b = b[2:] {
		out[n] = b[0]
		n++
	}
	return uint32(n)
}

// latin1Prefix writes the Latin-1 characters that t begins with, one byte each,
// and returns their number and that of the bytes of t they took. t is not Latin-1.
func latin1Prefix(out []byte, t text) (n uint32, read int) {
	b := t.bytes
	if t.simple == simpleUTF16 {
		for ; read+8 <= len(b) && le.Uint64(b[read:])&latin1Units == 0; read += 8 {
			le.PutUint32(out[n:], narrow(le.Uint64(b[read:])))
			n += 4
		}
		for ; read < len(b) && b[read+1] == 0; read += 2 {
			out[n] = b[read]
			n++
		}
		return n, read
	}
	for read < len(b) {
		if read+8 <= len(b) {
			if x := le.Uint64(b[read:]); x&asciiBytes == 0 {
				le.PutUint64(out[n:], x)
				n, read = n+8, read+8
				continue
			}
		}
		r, size := utf8.DecodeRune(b[read:])
		if r > 0xff {
			break
		}
		out[n] = byte(r)
		n, read = n+1, read+size
	}
	return n, read
}

// latin1InUTF16 says that all characters are in Latin-1.
func latin1InUTF16(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if le.Uint64(b)&latin1Units != 0 {
			return false
		}
	}
	for ; len(b) >= 2; b = b[2:] {
		if b[1] != 0 {
			return false
		}
	}
	return true
}
