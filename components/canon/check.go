package canon

import (
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/wit"
)

// Check reports what is malformed in a Program: registers that do not exist or
// have another type than an operation needs, immediates that mean nothing. A
// Program of this package never is; tests check every one they make.
func Check(p *Program) error {
	c := &checker{p: p}
	if p.Params > len(p.Regs) {
		c.fail("it has %d parameters and %d registers", p.Params, len(p.Regs))
	}
	for _, r := range p.Results {
		c.has(r)
	}
	c.ops(p.Body)
	if c.errs != nil {
		return fmt.Errorf("program %s: %w", p.Name, errors.Join(c.errs...))
	}
	return nil
}

type checker struct {
	p    *Program
	errs []error
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *checker) ops(ops []Op) {
	for i := range ops {
		c.op(&ops[i])
	}
}

func (c *checker) op(o *Op) {
	if int(o.Code) >= len(shapes) || shapes[o.Code].name == "" {
		c.fail("there is no operation %d", o.Code)
		return
	}
	s := &shapes[o.Code]
	same := anyType
	for _, x := range []struct {
		r  Reg
		is operand
	}{{o.Dst, s.dst}, {o.Dst2, s.dst2}, {o.A, s.a}, {o.B, s.b}, {o.C, s.c}} {
		same = c.operand(o, x.r, x.is, same)
	}
	c.nesting(o)
	c.calls(o)
	c.immediates(o)
}

const anyType RegType = Value + 1

// operand checks one register; same is the type that earlier operands of kind
// anyReg had.
func (c *checker) operand(o *Op, r Reg, is operand, same RegType) RegType {
	want := anyType
	switch is {
	case none:
		return same
	case maybe, maybe6, maybeV:
		if r == NoReg {
			return same
		}
	case scalar:
		if o.Imm > uint64(wit.Char) {
			return same // told by immediates
		}
	}
	if !c.has(r) {
		return same
	}
	have := c.p.Regs[r]
	switch is {
	case i32, maybe:
		want = I32
	case i64, maybe6:
		want = I64
	case f32:
		want = F32
	case f64:
		want = F64
	case val, maybeV:
		want = Value
	case scalar:
		want = scalarRules[o.Imm].core
	case anyReg:
		if want = same; want == anyType {
			return have
		}
	}
	if have != want {
		c.fail("%s: register %d is %v, not %v", o.Code, r, have, want)
	}
	return same
}

func (c *checker) has(r Reg) bool {
	if int(r) >= len(c.p.Regs) {
		c.fail("there is no register %d", r)
		return false
	}
	return true
}

func (c *checker) nesting(o *Op) {
	if o.Code != OpIf && o.Code != OpLoop && o.Body != nil || o.Code != OpIf && o.Else != nil || o.Code != OpSwitch && o.Cases != nil {
		c.fail("%s has nested operations", o.Code)
	}
	c.ops(o.Body)
	c.ops(o.Else)
	for _, ops := range o.Cases {
		c.ops(ops)
	}
}

// calls checks the operands of calls.
func (c *checker) calls(o *Op) {
	var sig *CoreFunc
	switch o.Code {
	case OpCallCore:
		sig = c.p.Target
	case OpCallPostReturn:
		sig = c.p.PostReturn
	case OpCallHost:
		sig = &CoreFunc{}
		for range o.Regs {
			sig.Params = append(sig.Params, Value)
		}
		for range o.Outs {
			sig.Results = append(sig.Results, Value)
		}
	default:
		if o.Regs != nil || o.Outs != nil {
			c.fail("%s has call operands", o.Code)
		}
		return
	}
	if sig == nil {
		c.fail("%s: the program has no signature for it", o.Code)
		return
	}
	c.match(o, o.Regs, sig.Params)
	c.match(o, o.Outs, sig.Results)
}

func (c *checker) match(o *Op, rs []Reg, ts []RegType) {
	if len(rs) != len(ts) {
		c.fail("%s: %d registers for %d values", o.Code, len(rs), len(ts))
		return
	}
	for i, r := range rs {
		if c.has(r) && c.p.Regs[r] != ts[i] {
			c.fail("%s: register %d is %v, not %v", o.Code, r, c.p.Regs[r], ts[i])
		}
	}
}

// immediates checks those that are an index or a kind.
func (c *checker) immediates(o *Op) {
	switch o.Code {
	case OpLiftOwn, OpLiftBorrow, OpLowerOwn, OpLowerBorrow, OpResourceNew, OpResourceRep, OpResourceDrop, OpValueHandle, OpHandleValue:
		if o.Imm >= uint64(len(c.p.Resources)) {
			c.fail("%s: there is no resource %d", o.Code, o.Imm)
		}
	case OpValueScalar, OpScalarValue:
		if o.Imm > uint64(wit.Char) {
			c.fail("%s: kind %d is no scalar", o.Code, o.Imm)
		}
	case OpPackedToValue, OpValueToPacked:
		if o.Imm > uint64(wit.Char) || !scalarRules[o.Imm].bulk {
			c.fail("%s: kind %d is no number", o.Code, o.Imm)
		}
	case OpCheckRange, OpRealloc:
		if o.Imm2 == 0 || o.Imm2&(o.Imm2-1) != 0 {
			c.fail("%s: alignment %d is no power of two", o.Code, o.Imm2)
		}
	case OpTrapIfGE, OpTrap, OpByteLength:
		if o.Trap == TrapUnknown && !(o.Code == OpTrap && o.A != NoReg) {
			c.fail("%s: it has no trap code", o.Code)
		}
	}
}
