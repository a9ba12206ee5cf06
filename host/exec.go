package host

import (
	"encoding/binary"
	"math"

	"github.com/sidecall/sidecall/components/canon"
)

// run executes operations, in the order of canon.Code's declaration.
func (fr *frame) run(ops []canon.Op) {
	r := fr.regs
	for i := range ops {
		op := &ops[i]
		switch op.Code {
		case canon.OpIf:
			if r[op.A] != 0 {
				fr.run(op.Body)
			} else {
				fr.run(op.Else)
			}
		case canon.OpSwitch:
			fr.run(op.Cases[r[op.A]])
		case canon.OpLoop:
			fr.loop(op.Body, r[op.A])
		case canon.OpTrap:
			code := op.Trap
			if op.A != canon.NoReg {
				code = canon.TrapCode(r[op.A])
			}
			fr.trap(code, op.Side)

		case canon.OpConst:
			r[op.Dst] = op.Imm
		case canon.OpMove:
			if fr.vals != nil && fr.c.Regs[op.A] == canon.Value {
				fr.vals[op.Dst] = fr.vals[op.A]
			} else {
				r[op.Dst] = r[op.A]
			}

		case canon.OpAdd:
			r[op.Dst] = uint64(uint32(r[op.A] + r[op.B]))
		case canon.OpAddImm:
			r[op.Dst] = uint64(uint32(r[op.A] + op.Imm))
		case canon.OpMulImm:
			r[op.Dst] = uint64(uint32(r[op.A] * op.Imm))
		case canon.OpAndImm:
			r[op.Dst] = uint64(uint32(r[op.A] & op.Imm))
		case canon.OpOr:
			r[op.Dst] = r[op.A] | r[op.B]
		case canon.OpShlImm:
			r[op.Dst] = uint64(uint32(r[op.A]) << op.Imm)
		case canon.OpShrImm:
			r[op.Dst] = uint64(uint32(r[op.A]) >> op.Imm)
		case canon.OpBool:
			r[op.Dst] = truth(r[op.A] != 0)
		case canon.OpExtend8S:
			r[op.Dst] = uint64(uint32(int8(r[op.A])))
		case canon.OpExtend16S:
			r[op.Dst] = uint64(uint32(int16(r[op.A])))

		case canon.OpWrap:
			r[op.Dst] = uint64(uint32(r[op.A]))
		case canon.OpExtendU, canon.OpReinterpretI32, canon.OpReinterpretI64, canon.OpReinterpretF32, canon.OpReinterpretF64:
			r[op.Dst] = r[op.A] // registers hold bits, 32-bit ones zero-extended
		case canon.OpCanonicalizeF32:
			r[op.Dst] = canonicalize32(r[op.A])
		case canon.OpCanonicalizeF64:
			r[op.Dst] = canonicalize64(r[op.A])

		case canon.OpTrapIfGE:
			if r[op.A] >= op.Imm {
				fr.trap(op.Trap, op.Side)
			}
		case canon.OpCheckChar:
			if !isScalarValue(r[op.A]) {
				fr.trap(op.Trap, op.Side)
			}
		case canon.OpByteLength:
			n := r[op.A] * op.Imm // of two numbers of 32 bits
			if n > canon.MaxListByteLength {
				fr.trap(op.Trap, op.Side)
			}
			r[op.Dst] = n
		case canon.OpCheckRange:
			n := op.Imm
			if op.B != canon.NoReg {
				n = r[op.B]
			}
			if err := canon.CheckRange(uint32(r[op.A]), op.Imm2, n, uint64(len(fr.memory(op.Side)))); err != nil {
				fr.trapOf(err, op.Side)
			}

		case canon.OpLoad8U, canon.OpLoad8S, canon.OpLoad16U, canon.OpLoad16S,
			canon.OpLoad32, canon.OpLoad64, canon.OpLoadF32, canon.OpLoadF64:
			r[op.Dst] = load(op.Code, fr.memory(op.Side)[r[op.A]+op.Imm:])
		case canon.OpStore8:
			fr.memory(op.Side)[r[op.A]+op.Imm] = byte(r[op.B])
		case canon.OpStore16:
			binary.LittleEndian.PutUint16(fr.memory(op.Side)[r[op.A]+op.Imm:], uint16(r[op.B]))
		case canon.OpStore32, canon.OpStoreF32:
			binary.LittleEndian.PutUint32(fr.memory(op.Side)[r[op.A]+op.Imm:], uint32(r[op.B]))
		case canon.OpStore64, canon.OpStoreF64:
			binary.LittleEndian.PutUint64(fr.memory(op.Side)[r[op.A]+op.Imm:], r[op.B])
		case canon.OpCopy:
			src := fr.memory(op.Src)[r[op.B]:]
			copy(fr.memory(op.Side)[r[op.A]:], src[:r[op.C]])
		case canon.OpRealloc:
			n := op.Imm
			if op.B != canon.NoReg {
				n = r[op.B]
			}
			r[op.Dst] = uint64(fr.allocate(op.Side, op.Imm2, uint32(n)))
		case canon.OpString:
			fr.transferString(op)
		case canon.OpCheckUTF8:
			b := fr.memory(op.Side)[r[op.A]:]
			if err := canon.CheckUTF8(b[:r[op.B]]); err != nil {
				fr.trapOf(err, op.Side)
			}

		case canon.OpLiftOwn, canon.OpLiftBorrow, canon.OpLowerOwn, canon.OpLowerBorrow,
			canon.OpResourceNew, canon.OpResourceRep, canon.OpResourceDrop:
			fr.handleOp(op)

		case canon.OpCheckMayLeave:
			if fr.on(op.Side).flags[fr.c.instance[op.Side]].mayLeave.Get() == 0 {
				fr.trap(canon.TrapCannotLeave, op.Side)
			}
		case canon.OpSetMayLeave:
			fr.on(op.Side).flags[fr.c.instance[op.Side]].mayLeave.Set(uint32(op.Imm))
			fr.changed[op.Side] = op.Imm == 0
		case canon.OpEnter:
			fr.enter()
		case canon.OpLeave:
			fr.leave()
		case canon.OpBeginCall:
			fr.t.openScope()
		case canon.OpCheckBorrows:
			if fr.t.scope().borrows > 0 {
				fr.trap(canon.TrapBorrowsLeft, op.Side)
			}
		case canon.OpEndCall:
			fr.t.closeScope()

		case canon.OpCallCore:
			fr.entered = true
			fr.callCore(op, fr.c.target)
		case canon.OpCallPostReturn:
			fr.cleaned = true
			fr.callCore(op, fr.c.postReturn)
		case canon.OpCallHost:
			fr.callHost(op)

		default:
			if op.Code < canon.OpValueScalar || op.Code > canon.OpHandleValue {
				panic(broken("unknown operation %d", op.Code))
			}
			fr.valueOp(op)
		}
	}
}

func (fr *frame) loop(body []canon.Op, n uint64) {
	for i := range n {
		// Loops of the host are as long as a guest says: the same check as in guests.
		if i%1024 == 1023 {
			fr.callers = true
			checkInterrupt(fr.t, nil)
			fr.callers = false
		}
		fr.run(body)
	}
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func canonicalize32(bits uint64) uint64 {
	if f := math.Float32frombits(uint32(bits)); f != f {
		return canon.CanonicalNaN32
	}
	return bits
}

func canonicalize64(bits uint64) uint64 {
	if f := math.Float64frombits(bits); f != f {
		return canon.CanonicalNaN64
	}
	return bits
}

func isScalarValue(c uint64) bool {
	return c < canon.SurrogateMin || c > canon.SurrogateMax && c < canon.CharLimit
}

func load(code canon.Code, b []byte) uint64 {
	switch code {
	case canon.OpLoad8U:
		return uint64(b[0])
	case canon.OpLoad8S:
		return uint64(uint32(int8(b[0])))
	case canon.OpLoad16U:
		return uint64(binary.LittleEndian.Uint16(b))
	case canon.OpLoad16S:
		return uint64(uint32(int16(binary.LittleEndian.Uint16(b))))
	case canon.OpLoad32, canon.OpLoadF32:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// enter is may_enter_from and enter_from.
func (fr *frame) enter() {
	flags := fr.to.inst.flags
	for _, n := range fr.c.entering {
		if flags[n].mayEnter.Get() == 0 {
			panic(fr.to.inst.cannotEnter(fr.c.Name, fr.c.instance[canon.Callee], errEntered))
		}
	}
	for _, n := range fr.c.entering {
		flags[n].mayEnter.Set(0)
	}
	fr.entering = true
}

// leave is leave_to.
func (fr *frame) leave() {
	for _, n := range fr.c.entering {
		fr.to.inst.flags[n].mayEnter.Set(1)
	}
}

// callCore calls a core function of the callee.
func (fr *frame) callCore(op *canon.Op, ref int) {
	n := max(len(op.Regs), len(op.Outs))
	stack := fr.t.regs.push(n)
	for i, r := range op.Regs {
		stack[i] = fr.regs[r]
	}
	fr.to.callCore(fr.c.Name, fr.c.instance[canon.Callee], ref, stack)
	fr.forget()
	for i, r := range op.Outs {
		fr.regs[r] = fit(fr.c.Regs[r], stack[i])
	}
	fr.t.regs.pop(n)
}
