package wave

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is what is wrong with a text.
type Error struct {
	// Offset is where, in bytes from the text's beginning.
	Offset  int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Message) }

// parser reads one text. Its methods end in a panic with *Error.
type parser struct {
	text string
	at   int
	left int // how many values may still be made
}

// maxValues bounds how many values one text makes: one that leaves out fields makes
// more than it has bytes.
const maxValues = 1 << 20

func (p *parser) fail(at int, format string, args ...any) {
	panic(&Error{at, fmt.Sprintf(format, args...)})
}

// count notes that a value is made.
func (p *parser) count() {
	if p.left--; p.left < 0 {
		p.fail(p.at, "the text has more than %d values", maxValues)
	}
}

// space skips blanks and comments.
func (p *parser) space() {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		if strings.HasPrefix(rest, "//") {
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			p.at += end
			continue
		}
		if !strings.ContainsRune(" \t\r\n", rune(rest[0])) {
			return
		}
		p.at++
	}
}

// next tells whether s comes next, and passes it.
func (p *parser) next(s string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *parser) want(s, what string) {
	if !p.next(s) {
		p.fail(p.at, "%s: %q is missing%s", what, s, p.found())
	}
}

// found tells what is there instead.
func (p *parser) found() string {
	p.space()
	if p.at == len(p.text) {
		return " at the end"
	}
	rest := p.text[p.at:]
	if len(rest) > 12 {
		rest = strings.ToValidUTF8(rest[:12], "") + "…"
	}
	return fmt.Sprintf(" before %q", rest)
}

// run takes the characters of a set.
func (p *parser) run(set func(byte) bool) string {
	p.space()
	from := p.at
	for p.at < len(p.text) && set(p.text[p.at]) {
		p.at++
	}
	return p.text[from:p.at]
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
}

func isNumber(c byte) bool { return isName(c) || c == '+' || c == '.' }

// word takes a name. plain is false if a % says that it is no keyword.
func (p *parser) word() (name string, plain bool) {
	plain = !p.next("%")
	return p.run(isName), plain
}

// peek is the keyword or name that comes next, which is not passed.
func (p *parser) peek() string {
	at := p.at
	defer func() { p.at = at }()
	name, plain := p.word()
	if !plain {
		return ""
	}
	return name
}

// quoted takes a text in quotes.
func (p *parser) quoted(quote byte, what string) string {
	p.space()
	start := p.at
	if p.at == len(p.text) || p.text[p.at] != quote {
		p.fail(p.at, "%s in %c quotes is missing%s", what, quote, p.found())
	}
	p.at++
	var b strings.Builder
	for {
		if p.at == len(p.text) {
			p.fail(start, "the quote is not closed")
		}
		c := p.text[p.at]
		if c == quote {
			p.at++
			return b.String()
		}
		if c == '\\' {
			b.WriteRune(p.escape())
			continue
		}
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if r == utf8.RuneError && n == 1 {
			p.fail(p.at, "the text is not UTF-8")
		}
		p.at += n
		b.WriteRune(r)
	}
}

// escape takes a backslash and what it stands for.
func (p *parser) escape() rune {
	start := p.at
	p.at++
	if p.at == len(p.text) {
		p.fail(start, "the escape is not complete")
	}
	c := p.text[p.at]
	p.at++
	switch c {
	case '\'', '"', '\\':
		return rune(c)
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'u':
		digits, _, ok := strings.Cut(p.text[p.at:], "}")
		n, err := strconv.ParseUint(strings.TrimPrefix(digits, "{"), 16, 32)
		if !ok || !strings.HasPrefix(digits, "{") || err != nil || !utf8.ValidRune(rune(n)) || n > utf8.MaxRune {
			p.fail(start, `\u{…} must have the hexadecimal number of a character`)
		}
		p.at += len(digits) + 1
		return rune(n)
	}
	p.fail(start, "there is no escape \\%c", c)
	return 0
}
