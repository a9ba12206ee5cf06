package canon_test

import (
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

func TestCheck(t *testing.T) {
	none := canon.NoReg
	for _, c := range []struct {
		op   canon.Op
		want string
	}{
		{canon.Op{Code: canon.OpAdd, Dst: 0, A: 0, B: 1}, "add: register 1 is i64, not i32"},
		{canon.Op{Code: canon.OpMove, Dst: 0, A: 1}, "move: register 1 is i64, not i32"},
		{canon.Op{Code: canon.OpAddImm, Dst: 0, A: 9}, "there is no register 9"},
		{canon.Op{Code: canon.OpCheckRange, A: 0, B: 0, Imm2: 1}, "check_range: register 0 is i32, not i64"},
		{canon.Op{Code: canon.OpCheckRange, A: 0, B: none, Imm2: 3}, "check_range: alignment 3 is no power of two"},
		{canon.Op{Code: canon.OpCheckRange, A: 0, B: none, Imm2: 2}, ""},
		{canon.Op{Code: canon.OpLiftOwn, Dst: 0, A: 0, Imm: 1}, "lift_own: there is no resource 1"},
		{canon.Op{Code: canon.OpScalarValue, Dst: 0, A: 2, Imm: uint64(wit.U64)}, "scalar_value: register 0 is i32, not i64"},
		{canon.Op{Code: canon.OpScalarValue, Dst: 1, A: 2, Imm: uint64(wit.U64)}, ""},
		{canon.Op{Code: canon.OpScalarValue, Dst: 1, A: 2, Imm: uint64(wit.Record)}, "scalar_value: kind 14 is no scalar"},
		{canon.Op{Code: canon.OpPackedToValue, Dst: 2, A: 0, B: 0, Imm: uint64(wit.Char)}, "packed_to_value: kind 11 is no number"},
		{canon.Op{Code: canon.OpTrap, A: none}, "trap: it has no trap code"},
		{canon.Op{Code: canon.OpTrap, A: 0}, ""},
		{canon.Op{Code: canon.OpCallCore}, "call_core: the program has no signature for it"},
		{canon.Op{Code: canon.OpCallHost, Regs: []canon.Reg{0}}, "call_host: register 0 is i32, not value"},
		{canon.Op{Code: canon.OpEnter, Body: []canon.Op{{Code: canon.OpLeave}}}, "enter_from has nested operations"},
		{canon.Op{Code: canon.OpIf, A: 0, Else: []canon.Op{{Code: canon.OpLoop, A: 1}}}, "loop: register 1 is i64, not i32"},
		{canon.Op{Code: canon.OpSwitch, A: 0, Cases: [][]canon.Op{nil, {{Code: 0}}}}, "there is no operation 0"},
		{canon.Op{Code: 255}, "there is no operation 255"},
	} {
		p := &canon.Program{Name: "p", Regs: []canon.RegType{canon.I32, canon.I64, canon.Value}, Resources: []*wit.Resource{{}}, Body: []canon.Op{c.op}}
		want := ""
		if c.want != "" {
			want = "program p: " + c.want
		}
		have := ""
		if err := canon.Check(p); err != nil {
			have = err.Error()
		}
		if have != want {
			t.Errorf("%v: %q, want %q", c.op.Code, have, want)
		}
	}
}

func TestOutline(t *testing.T) {
	p := &canon.Program{
		Name:     "p",
		Regs:     []canon.RegType{canon.I64, canon.I32, canon.I32, canon.I32, canon.I32},
		Encoding: [2]canon.Encoding{canon.UTF8, canon.UTF16},
	}
	o := canon.Op{Code: canon.OpString, Side: canon.Callee, Src: canon.Caller, Dst: 1, Dst2: 4, A: 3, B: 2, C: canon.NoReg}
	q := canon.Outline(p, &o)
	if err := canon.Check(q); err != nil {
		t.Error(err)
	}
	const want = "program p(i0, i1) -> (i2, i3)\n  caller uses memory\n  callee uses memory, realloc\n  i2, i3 = string.callee<-caller i0, i1\n"
	if have := canon.Print(q); have != want {
		t.Errorf("%s\nwant\n%s", have, want)
	}
	if q.Encoding != p.Encoding {
		t.Error("the encodings are lost")
	}
	loop := canon.Op{Code: canon.OpRealloc, Side: canon.Callee, Src: canon.Callee, Dst: 1, A: canon.NoReg, B: canon.NoReg, Imm: 8, Imm2: 4}
	if have := canon.Print(canon.Outline(p, &loop)); have != "program p() -> (i0)\n  callee uses memory, realloc\n  i0 = realloc.callee 8, /4\n" {
		t.Error(have)
	}
}
