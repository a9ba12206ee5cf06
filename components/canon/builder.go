package canon

import (
	"fmt"
	"slices"

	"github.com/sidecall/sidecall/wit"
)

// UnsupportedError says that a function cannot be called because of a feature of
// the Component Model that is not built.
type UnsupportedError struct{ Name, Feature string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("function %s: %s not supported", e.Name, e.Feature)
}

// SizeError says that a function's type is too large for a Program.
type SizeError struct {
	Name, What string
	Limit      int
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("function %s: its %s is beyond the limit of %d: use smaller types", e.Name, e.What, e.Limit)
}

// builder makes one Program, operation by operation.
type builder struct {
	p     *Program
	lay   *layouts
	flat  *flattener
	ops   []Op
	count int
	// free are registers that may be used again, by type, and used those handed
	// out since the innermost scope began.
	free [Value + 1][]Reg
	used []Reg
	err  error
}

func newBuilder(name string, ft *wit.FuncType, caller, callee Options) *builder {
	return &builder{
		p:    &Program{Name: name, Type: ft, Encoding: [2]Encoding{caller.Encoding, callee.Encoding}},
		lay:  newLayouts(PtrI32),
		flat: newFlattener(),
	}
}

// params declares the program's parameters.
func (b *builder) params(ts []RegType) []Reg {
	b.p.Params = len(ts)
	return b.regs(ts)
}

// finish returns the Program.
func (b *builder) finish(results []Reg) (*Program, error) {
	if b.err != nil {
		return nil, b.err
	}
	b.p.Body, b.p.Results = b.ops, results
	return b.p, nil
}

// reg hands out a register that nothing in scope uses.
func (b *builder) reg(t RegType) Reg {
	var r Reg
	if n := len(b.free[t]); n > 0 {
		r = b.free[t][n-1]
		b.free[t] = b.free[t][:n-1]
	} else {
		if len(b.p.Regs) >= int(NoReg) {
			b.fail(&SizeError{b.p.Name, "number of registers", int(NoReg)})
			return 0
		}
		r = Reg(len(b.p.Regs))
		b.p.Regs = append(b.p.Regs, t)
	}
	b.used = append(b.used, r)
	return r
}

func (b *builder) regs(ts []RegType) []Reg {
	rs := make([]Reg, len(ts))
	for i, t := range ts {
		rs[i] = b.reg(t)
	}
	return rs
}

// scope runs f; registers handed out meanwhile are free again afterwards.
func (b *builder) scope(f func()) {
	mark := len(b.used)
	f()
	b.release(mark, loc{kind: atFlat})
}

// release frees the registers handed out since mark, but for those that a value
// is in.
func (b *builder) release(mark int, but loc) {
	kept := b.used[:mark]
	for _, r := range b.used[mark:] {
		if but.kind == atValue && r == but.reg || but.kind == atFlat && slices.Contains(but.regs, r) {
			kept = append(kept, r)
			continue
		}
		t := b.p.Regs[r]
		b.free[t] = append(b.free[t], r)
	}
	b.used = kept
}

// block returns the operations that f emits, in a scope of their own.
func (b *builder) block(f func()) []Op {
	outer := b.ops
	b.ops = nil
	b.scope(f)
	inner := b.ops
	b.ops = outer
	return inner
}

// fail keeps the first error; what is emitted after it is dropped with the rest.
func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) unsupported(feature string) {
	b.fail(&UnsupportedError{b.p.Name, feature})
}

// op is an Op with no registers.
func op(c Code, side Side) Op {
	return Op{Code: c, Side: side, Src: side, Dst: NoReg, Dst2: NoReg, A: NoReg, B: NoReg, C: NoReg}
}

// emit adds an operation, and notes what it needs of the sides.
func (b *builder) emit(o Op) {
	if b.count++; b.count > MaxOps {
		b.fail(&SizeError{b.p.Name, "number of operations", MaxOps})
		return
	}
	s := shapes[o.Code]
	if s.memory {
		b.p.UsesMemory[o.Side], b.p.UsesMemory[o.Src] = true, true
	}
	if s.realloc {
		b.p.UsesRealloc[o.Side] = true
	}
	b.ops = append(b.ops, o)
}

// unary emits Dst = code(A) and returns Dst.
func (b *builder) unary(c Code, side Side, dst RegType, a Reg, imm uint64) Reg {
	o := op(c, side)
	o.Dst, o.A, o.Imm = b.reg(dst), a, imm
	b.emit(o)
	return o.Dst
}

// constant emits a constant.
func (b *builder) constant(t RegType, bits uint64) Reg {
	o := op(OpConst, Caller)
	o.Dst, o.Imm = b.reg(t), bits
	b.emit(o)
	return o.Dst
}

// move emits Dst = A into a register that there is already.
func (b *builder) move(dst, a Reg) {
	if dst != a {
		o := op(OpMove, Caller)
		o.Dst, o.A = dst, a
		b.emit(o)
	}
}

// flag emits an operation without operands.
func (b *builder) flag(c Code, side Side, imm uint64) {
	o := op(c, side)
	o.Imm = imm
	b.emit(o)
}

// checkRange emits the check of a range of constant length.
func (b *builder) checkRange(side Side, ptr Reg, l layout) {
	o := op(OpCheckRange, side)
	o.A, o.Imm, o.Imm2 = ptr, l.size, uint32(l.align)
	b.emit(o)
}

// resource returns the index of a resource type in the program.
func (b *builder) resource(r *wit.Resource) uint64 {
	for i, have := range b.p.Resources {
		if have == r {
			return uint64(i)
		}
	}
	b.p.Resources = append(b.p.Resources, r)
	return uint64(len(b.p.Resources) - 1)
}
