package wave

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// ErrTooLong is the error of a value whose text is longer than it may be.
var ErrTooLong = errors.New("the value is too long to be written")

// Print writes a value of type t, in at most about most bytes. Errors: ErrTooLong.
func Print(v value.Value, t *wit.Type, most int) (string, error) {
	return write(&printer{most: most}, v, t)
}

// PrintJSON is Print in JSON.
func PrintJSON(v value.Value, t *wit.Type, most int) (string, error) {
	return write(&printer{most: most, json: true}, v, t)
}

func write(p *printer, v value.Value, t *wit.Type) (string, error) {
	p.value(v, t)
	if p.full() {
		return "", ErrTooLong
	}
	return p.b.String(), nil
}

// printer writes values until it is full. Both forms are one walk.
type printer struct {
	b    strings.Builder
	most int
	json bool
}

func (p *printer) full() bool { return p.b.Len() > p.most }

func (p *printer) value(v value.Value, t *wit.Type) {
	if p.full() {
		return
	}
	switch t.Kind {
	case wit.Bool:
		p.b.WriteString(strconv.FormatBool(v.Bool()))
	case wit.S8, wit.S16, wit.S32:
		p.b.WriteString(strconv.Itoa(int(int32(v.Bits()))))
	case wit.S64:
		p.b.WriteString(strconv.FormatInt(v.S64(), 10))
	case wit.U8, wit.U16, wit.U32, wit.U64:
		p.b.WriteString(strconv.FormatUint(v.Bits(), 10))
	case wit.F32:
		p.float(float64(v.F32()), 32)
	case wit.F64:
		p.float(v.F64(), 64)
	case wit.Char:
		p.text(string(v.Char()), '\'')
	case wit.String:
		p.text(v.Str(), '"')
	case wit.List, wit.FixedList:
		p.sequence("[]", v.Len(), func(i int) { p.value(v.At(i), t.Elem) })
	case wit.Tuple:
		p.sequence(p.brackets("()", "[]"), v.Len(), func(i int) { p.value(v.At(i), t.Fields[i].Type) })
	case wit.Record:
		if len(t.Fields) == 0 {
			p.b.WriteString(p.brackets("{:}", "{}"))
			return
		}
		p.sequence("{}", v.Len(), func(i int) {
			p.key(t.Fields[i].Name)
			p.value(v.At(i), t.Fields[i].Type)
		})
	case wit.Flags:
		var set []string
		for i, l := range t.Labels {
			if v.Flags()>>i&1 != 0 {
				set = append(set, l)
			}
		}
		p.sequence(p.brackets("{}", "[]"), len(set), func(i int) { p.name(set[i]) })
	case wit.Option:
		p.option(v, t)
	case wit.Variant, wit.Enum, wit.Result:
		p.choice(v, t)
	default: // handles mean nothing to who reads this
		p.name(t.Kind.String())
	}
}

func (p *printer) brackets(wave, json string) string {
	if p.json {
		return json
	}
	return wave
}

func (p *printer) sequence(brackets string, n int, each func(int)) {
	p.b.WriteByte(brackets[0])
	for i := 0; i < n && !p.full(); i++ {
		if i > 0 {
			p.b.WriteString(p.brackets(", ", ","))
		}
		each(i)
	}
	p.b.WriteByte(brackets[1])
}

// key writes a member's name.
func (p *printer) key(name string) {
	if p.json {
		p.text(name, '"')
		p.b.WriteByte(':')
		return
	}
	p.name(name)
	p.b.WriteString(": ")
}

// name writes the name of a case, flag or field. What could be taken for a keyword is
// marked.
func (p *printer) name(name string) {
	if p.json {
		p.text(name, '"')
		return
	}
	switch name {
	case "true", "false", "some", "none", "ok", "err", "nan", "inf":
		p.b.WriteByte('%')
	}
	p.b.WriteString(name)
}

func (p *printer) option(v value.Value, t *wit.Type) {
	inner, ok := v.Payload()
	switch {
	case !ok && p.json:
		p.b.WriteString("null")
	case !ok:
		p.b.WriteString("none")
	case p.json && t.Cases[1].Type.Kind != wit.Option:
		p.value(inner, t.Cases[1].Type)
	default:
		p.carry("some", inner, t.Cases[1].Type)
	}
}

func (p *printer) choice(v value.Value, t *wit.Type) {
	c := t.Cases[v.Case()]
	payload, ok := v.Payload()
	switch {
	case t.Kind == wit.Result && ok:
		p.carry([...]string{"ok", "err"}[v.Case()], payload, c.Type)
	case t.Kind == wit.Result && p.json:
		p.b.WriteString([...]string{`"ok"`, `"err"`}[v.Case()])
	case t.Kind == wit.Result:
		p.b.WriteString([...]string{"ok", "err"}[v.Case()])
	case ok:
		p.carry(c.Name, payload, c.Type)
	default:
		p.name(c.Name)
	}
}

// carry writes a case with its payload. What comes before a parenthesis is no keyword
// but for an option's or a result's.
func (p *printer) carry(name string, v value.Value, t *wit.Type) {
	if p.json {
		p.b.WriteByte('{')
		p.key(name)
		p.value(v, t)
		p.b.WriteByte('}')
		return
	}
	p.b.WriteString(name + "(")
	p.value(v, t)
	p.b.WriteByte(')')
}

func (p *printer) float(f float64, size int) {
	switch {
	case math.IsNaN(f):
		p.special("nan")
	case math.IsInf(f, 1):
		p.special("inf")
	case math.IsInf(f, -1):
		p.special("-inf")
	default:
		p.b.WriteString(strconv.FormatFloat(f, 'g', -1, size))
	}
}

func (p *printer) special(name string) {
	if p.json {
		name = strconv.Quote(name)
	}
	p.b.WriteString(name)
}

// text writes a text in quotes, with the escapes that it needs and no others.
func (p *printer) text(s string, quote byte) {
	if p.json {
		quote = '"'
	}
	if len(s) > p.most {
		s = s[:p.most+1] // it is too long already
	}
	p.b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			p.b.WriteByte('\\')
			p.b.WriteRune(r)
		case r == '\n':
			p.b.WriteString(`\n`)
		case r == '\t':
			p.b.WriteString(`\t`)
		case r == '\r':
			p.b.WriteString(`\r`)
		case strconv.IsPrint(r):
			p.b.WriteRune(r)
		case p.json && r > 0xffff: // JSON has no escape for it but two
			p.b.WriteRune(r)
		case p.json:
			p.b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			p.b.WriteString(`\u{` + strconv.FormatInt(int64(r), 16) + `}`)
		}
	}
	p.b.WriteByte(quote)
}
