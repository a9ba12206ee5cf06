// Package printable makes text that somebody else wrote fit to be shown: on a terminal,
// in a log, in an event of Kubernetes. A name, a path, a line of a guest's or an answer of
// a registry can hold characters that move the cursor, recolour or rewrite what was
// printed before, forge a line, or reverse the order of what is read.
//
// In: any string. Out: one that shows what it is. Next: whoever prints. Must not import:
// anything of ours.
package printable

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text returns s as one line of visible characters. Those that are neither graphic
// characters nor blanks of Unicode (control characters, line ends, directional marks,
// characters without width) and bytes that are not UTF-8 become escapes as in Go: \n,
// \x1b, \u202e. Text that has none of them is returned as it is, a backslash too, so
// that Text may be used twice.
func Text(s string) string { return escape(s, "") }

// Lines is Text for text of several lines: it keeps line ends and tabs. Lines after the
// first begin with indent, so that none of them can pass for a line of somebody else.
func Lines(s, indent string) string {
	return strings.ReplaceAll(escape(s, "\n\t"), "\n", "\n"+indent)
}

// JSON returns JSON text in which strings hold no character that Text would escape: it
// writes those as \uXXXX, which means the same. encoding/json escapes only those below
// U+0020.
func JSON(text []byte) []byte {
	if !bytes.ContainsFunc(text, func(r rune) bool { return r >= 0x7F || r < ' ' && r != '\n' && r != '\t' }) {
		return text
	}
	first := notPrintable(string(text), "\n\t")
	if first < 0 {
		return text
	}
	out := append(make([]byte, 0, len(text)+16), text[:first]...)
	for rest := text[first:]; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == '\r': // white space between values: strings hold it escaped
			out = append(out, ' ')
		case r == '\n' || r == '\t' || printable(r, n):
			out = append(out, rest[:n]...)
		case r > 0xFFFF:
			// strconv writes one character beyond that as \U, which JSON has not.
			r -= 0x10000
			out = appendUnit(appendUnit(out, 0xD800+r>>10), 0xDC00+r&0x3FF)
		default:
			out = appendUnit(out, r)
		}
		rest = rest[n:]
	}
	return out
}

// appendUnit appends one UTF-16 code unit as JSON writes it.
func appendUnit(out []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}

func escape(s, keep string) string {
	first := notPrintable(s, keep)
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:first])
	for rest := s[first:]; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if printable(r, n) || strings.ContainsRune(keep, r) {
			b.WriteString(rest[:n])
		} else {
			quoted := strconv.QuoteToASCII(rest[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		rest = rest[n:]
	}
	return b.String()
}

// notPrintable returns where the first character to be escaped is, or -1.
func notPrintable(s, keep string) int {
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7F {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !printable(r, n) && !strings.ContainsRune(keep, r) {
			return i
		}
		i += n
	}
	return -1
}

// printable tells whether a decoded character of n bytes can be shown as it is.
func printable(r rune, n int) bool {
	return strconv.IsGraphic(r) && !(r == utf8.RuneError && n == 1)
}
