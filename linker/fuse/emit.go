package fuse

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/plan"
)

// emitter makes the function of one adapter. Register r is local r.
type emitter struct {
	*core.Func
	m       *module
	p       *canon.Program
	call    *plan.Call
	adapter int
	// fuel is the local that counts iterations, 0 before there is one.
	fuel uint32
}

func (e *emitter) get(r canon.Reg) { e.LocalGet(uint32(r)) }
func (e *emitter) set(r canon.Reg) { e.LocalSet(uint32(r)) }

func (e *emitter) ops(ops []canon.Op) {
	for i := range ops {
		e.op(&ops[i])
	}
}

// op emits one operation. Each arm is the whole of it, or a method's call.
func (e *emitter) op(o *canon.Op) {
	switch o.Code {
	case canon.OpIf:
		e.branch(o)
	case canon.OpSwitch:
		e.choose(o)
	case canon.OpLoop:
		e.loop(o)
	case canon.OpTrap:
		e.trap(o.Trap, o.Side)
	case canon.OpConst:
		e.constant(o)
	case canon.OpTrapIfGE:
		e.get(o.A)
		e.I32(int32(o.Imm)).Op(core.OpI32GeU)
		e.trapIf(o.Trap, o.Side)
	case canon.OpCheckChar:
		e.checkChar(o)
	case canon.OpByteLength:
		e.byteLength(o)
	case canon.OpCheckRange:
		e.checkRange(o)
	case canon.OpCanonicalizeF32:
		e.get(o.A)
		e.Op(core.OpI32ReinterpretF32).I32(canon.CanonicalNaN32)
		e.canonicalize(o, core.OpF32Eq)
	case canon.OpCanonicalizeF64:
		e.get(o.A)
		e.Op(core.OpI64ReinterpretF64).I64(canon.CanonicalNaN64)
		e.canonicalize(o, core.OpF64Eq)
	case canon.OpCopy:
		e.copy(o)
	case canon.OpRealloc:
		e.realloc(o)
	case canon.OpString:
		e.string(o)
	case canon.OpCheckMayLeave:
		e.GlobalGet(e.m.imports.global(plan.MayLeave, e.call.Side[o.Side].Instance)).Op(core.OpI32Eqz)
		e.trapIf(canon.TrapCannotLeave, o.Side)
	case canon.OpSetMayLeave:
		e.I32(int32(o.Imm)).GlobalSet(e.m.imports.global(plan.MayLeave, e.call.Side[o.Side].Instance))
	case canon.OpEnter:
		e.enter(o)
	case canon.OpLeave:
		e.mark(1)
	case canon.OpCallCore:
		e.callFunc(o, e.call.Target, e.p.Target)
	case canon.OpCallPostReturn:
		e.callFunc(o, e.call.PostReturn, e.p.PostReturn)
	default:
		e.plain(o)
	}
}

// plain emits the operations that are one instruction, and those left to the host.
func (e *emitter) plain(o *canon.Op) {
	if seq, ok := instructions[o.Code]; ok {
		e.get(o.A)
		if o.B != canon.NoReg && seq.binary {
			e.get(o.B)
		}
		if seq.imm {
			e.I32(int32(o.Imm))
		}
		e.Op(seq.ops...)
		e.set(o.Dst)
		return
	}
	if a, ok := memoryAccess[o.Code]; ok {
		e.access(o, a)
		return
	}
	switch o.Code {
	case canon.OpLiftOwn, canon.OpLiftBorrow, canon.OpLowerOwn, canon.OpLowerBorrow,
		canon.OpBeginCall, canon.OpCheckBorrows, canon.OpEndCall:
		e.libcall(o)
		return
	}
	panic(fmt.Sprintf("fuse: operation %v has no place between two components", o.Code))
}

// instruction is what an operation on registers becomes.
type instruction struct {
	binary, imm bool
	ops         []core.Opcode
}

var instructions = map[canon.Code]instruction{
	canon.OpMove:           {},
	canon.OpAdd:            {binary: true, ops: []core.Opcode{core.OpI32Add}},
	canon.OpAddImm:         {imm: true, ops: []core.Opcode{core.OpI32Add}},
	canon.OpMulImm:         {imm: true, ops: []core.Opcode{core.OpI32Mul}},
	canon.OpAndImm:         {imm: true, ops: []core.Opcode{core.OpI32And}},
	canon.OpOr:             {binary: true, ops: []core.Opcode{core.OpI32Or}},
	canon.OpShlImm:         {imm: true, ops: []core.Opcode{core.OpI32Shl}},
	canon.OpShrImm:         {imm: true, ops: []core.Opcode{core.OpI32ShrU}},
	canon.OpBool:           {ops: []core.Opcode{core.OpI32Eqz, core.OpI32Eqz}},
	canon.OpExtend8S:       {ops: []core.Opcode{core.OpI32Extend8S}},
	canon.OpExtend16S:      {ops: []core.Opcode{core.OpI32Extend16S}},
	canon.OpWrap:           {ops: []core.Opcode{core.OpI32WrapI64}},
	canon.OpExtendU:        {ops: []core.Opcode{core.OpI64ExtendI32U}},
	canon.OpReinterpretI32: {ops: []core.Opcode{core.OpI32ReinterpretF32}},
	canon.OpReinterpretI64: {ops: []core.Opcode{core.OpI64ReinterpretF64}},
	canon.OpReinterpretF32: {ops: []core.Opcode{core.OpF32ReinterpretI32}},
	canon.OpReinterpretF64: {ops: []core.Opcode{core.OpF64ReinterpretI64}},
}

// libcall leaves an operation to the host.
func (e *emitter) libcall(o *canon.Op) {
	f := e.m.imports.libcall(e.adapter, e.call, o)
	for _, r := range []canon.Reg{o.A, o.B, o.C} {
		if r != canon.NoReg {
			e.get(r)
		}
	}
	e.Call(f)
	for _, r := range []canon.Reg{o.Dst2, o.Dst} {
		if r != canon.NoReg {
			e.set(r)
		}
	}
}

// trap ends the call.
func (e *emitter) trap(code canon.TrapCode, side canon.Side) {
	f := e.m.imports.trapCall(e.adapter, e.call, side)
	e.I32(int32(code)).Call(f).Op(core.OpUnreachable)
}

// trapIf traps if what is on the stack is not 0.
func (e *emitter) trapIf(code canon.TrapCode, side canon.Side) {
	e.Block(core.OpIf)
	e.trap(code, side)
	e.End()
}

func (e *emitter) constant(o *canon.Op) {
	switch e.p.Regs[o.Dst] {
	case canon.I32:
		e.I32(int32(o.Imm))
	case canon.I64:
		e.I64(int64(o.Imm))
	case canon.F32:
		e.I32(int32(o.Imm)).Op(core.OpF32ReinterpretI32)
	case canon.F64:
		e.I64(int64(o.Imm)).Op(core.OpF64ReinterpretI64)
	}
	e.set(o.Dst)
}

// canonicalize selects between the bits of A and those of the canonical NaN, both
// on the stack.
func (e *emitter) canonicalize(o *canon.Op, equal core.Opcode) {
	e.get(o.A)
	e.get(o.A)
	e.Op(equal, core.OpSelect)
	if e.p.Regs[o.Dst] == canon.F32 {
		e.Op(core.OpF32ReinterpretI32)
	} else {
		e.Op(core.OpF64ReinterpretI64)
	}
	e.set(o.Dst)
}

func (e *emitter) checkChar(o *canon.Op) {
	e.get(o.A)
	e.I32(canon.CharLimit).Op(core.OpI32GeU)
	e.get(o.A)
	e.I32(canon.SurrogateMin).Op(core.OpI32Sub).I32(canon.SurrogateMax-canon.SurrogateMin).Op(core.OpI32LeU, core.OpI32Or)
	e.trapIf(canon.TrapInvalidChar, o.Side)
}

// enter checks and clears may_enter of the entering set.
func (e *emitter) enter(o *canon.Op) {
	for i, in := range e.call.Entering {
		e.GlobalGet(e.m.imports.global(plan.MayEnter, in))
		if i > 0 {
			e.Op(core.OpI32And)
		}
	}
	if len(e.call.Entering) > 0 {
		e.Op(core.OpI32Eqz)
		e.trapIf(canon.TrapCannotEnter, o.Side)
	}
	e.mark(0)
}

// mark sets may_enter of the entering set.
func (e *emitter) mark(mayEnter int32) {
	for _, in := range e.call.Entering {
		e.I32(mayEnter).GlobalSet(e.m.imports.global(plan.MayEnter, in))
	}
}

// callFunc calls one of the callee's functions.
func (e *emitter) callFunc(o *canon.Op, ref *plan.CoreRef, sig *canon.CoreFunc) {
	f := e.m.imports.fn(e.m.imports.ref(ref), valTypes(sig.Params), valTypes(sig.Results))
	for _, r := range o.Regs {
		e.get(r)
	}
	e.Call(f)
	for i := len(o.Outs) - 1; i >= 0; i-- {
		e.set(o.Outs[i])
	}
}
