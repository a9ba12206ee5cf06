package canon

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/wit"
)

// Print returns a Program as readable text, for tests and for people: registers
// are written with the first letter of their type and their number.
func Print(p *Program) string {
	w := &printer{p: p}
	w.line("program %s(%s) -> (%s)", p.Name, w.list(paramRegs(p)), w.list(p.Results))
	w.depth++
	for side, name := range sideNames {
		var uses []string
		if p.UsesMemory[side] {
			uses = append(uses, "memory")
		}
		if p.UsesRealloc[side] {
			uses = append(uses, "realloc")
		}
		if uses != nil {
			w.line("%s uses %s", name, strings.Join(uses, ", "))
		}
	}
	for i, r := range p.Resources {
		w.line("resource %d = %s", i, r.Name)
	}
	w.ops(p.Body)
	return w.b.String()
}

var (
	regLetters   = [...]string{I32: "i", I64: "l", F32: "f", F64: "d", Value: "v"}
	sideNames    = [...]string{Caller: "caller", Callee: "callee"}
	regTypeNames = [...]string{I32: "i32", I64: "i64", F32: "f32", F64: "f64", Value: "value"}
)

// String returns the type as the core text format writes it.
func (t RegType) String() string { return regTypeNames[t] }

// String returns "caller" or "callee".
func (s Side) String() string { return sideNames[s] }

// String returns the operation's name.
func (c Code) String() string {
	if int(c) < len(shapes) && shapes[c].name != "" {
		return shapes[c].name
	}
	return "code" + strconv.Itoa(int(c))
}

func paramRegs(p *Program) []Reg {
	rs := make([]Reg, p.Params)
	for i := range rs {
		rs[i] = Reg(i)
	}
	return rs
}

type printer struct {
	p     *Program
	b     strings.Builder
	depth int
}

func (w *printer) line(format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", w.depth))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *printer) reg(r Reg) string {
	if r == NoReg {
		return "-"
	}
	return regLetters[w.p.Regs[r]] + strconv.Itoa(int(r))
}

func (w *printer) list(rs []Reg) string {
	ss := make([]string, len(rs))
	for i, r := range rs {
		ss[i] = w.reg(r)
	}
	return strings.Join(ss, ", ")
}

func (w *printer) ops(ops []Op) {
	for i := range ops {
		w.op(&ops[i])
	}
}

func (w *printer) nested(title string, ops []Op) {
	if len(ops) > 0 {
		w.line("%s", title)
		w.depth++
		w.ops(ops)
		w.depth--
	}
}

func (w *printer) op(o *Op) {
	switch o.Code {
	case OpIf:
		w.nested("if "+w.reg(o.A), o.Body)
		if len(o.Body) > 0 {
			w.nested("else", o.Else)
		} else {
			w.nested("if not "+w.reg(o.A), o.Else)
		}
	case OpSwitch:
		w.line("switch %s", w.reg(o.A))
		w.depth++
		for i, c := range o.Cases {
			w.nested("case "+strconv.Itoa(i), c)
		}
		w.depth--
	case OpLoop:
		w.nested("loop "+w.reg(o.A), o.Body)
	default:
		w.line("%s", w.leaf(o))
	}
}

// leaf prints an operation without nested ones: results = name.side operands immediates.
func (w *printer) leaf(o *Op) string {
	s := &shapes[o.Code]
	var b strings.Builder
	var outs []Reg
	if s.dst != none {
		outs = append(outs, o.Dst)
	}
	if s.dst2 != none {
		outs = append(outs, o.Dst2)
	}
	if outs = append(outs, o.Outs...); len(outs) > 0 {
		b.WriteString(w.list(outs) + " = ")
	}
	b.WriteString(s.name)
	if s.sided || s.memory {
		b.WriteString("." + o.Side.String())
		if s.source {
			b.WriteString("<-" + o.Src.String())
		}
	}
	var args []string
	for _, a := range []struct {
		r  Reg
		is operand
	}{{o.A, s.a}, {o.B, s.b}, {o.C, s.c}} {
		if a.is != none && a.r != NoReg {
			args = append(args, w.reg(a.r))
		}
	}
	if len(o.Regs) > 0 {
		args = append(args, w.list(o.Regs))
	}
	if optional := s.b == maybe || s.b == maybe6; s.imm && !(optional && o.B != NoReg) {
		args = append(args, strconv.FormatUint(o.Imm, 10))
	}
	if s.kind {
		args = append(args, wit.Kind(o.Imm).String())
	}
	if s.imm2 {
		args = append(args, "/"+strconv.FormatUint(uint64(o.Imm2), 10))
	}
	if s.trap {
		args = append(args, strconv.Quote(o.Trap.String()))
	}
	if len(args) > 0 {
		b.WriteString(" " + strings.Join(args, ", "))
	}
	return b.String()
}
