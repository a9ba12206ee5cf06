package canontest

import (
	"encoding/binary"
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// CallerError says that a value given by the host does not fit.
type CallerError struct{ Op canon.Code }

func (e *CallerError) Error() string { return "value does not fit: " + e.Op.String() }

// Run executes a Program with core arguments (those of value parameters are
// ignored) and value arguments, by register. It returns the results likewise.
// Errors are a canon.TrapCode, a *CallerError or what World's functions return.
func Run(p *canon.Program, w *World, core []uint64, values []*V) (coreOut []uint64, valuesOut []*V, err error) {
	x := &executor{p: p, w: w, regs: make([]uint64, len(p.Regs)), vals: make([]*V, len(p.Regs))}
	for i, t := range p.Regs { // what is read before it is written shall show
		x.regs[i] = 0xa5a5a5a5
		if t == canon.I64 || t == canon.F64 {
			x.regs[i] = 0xa5a5a5a5a5a5a5a5
		}
	}
	copy(x.regs, core)
	copy(x.vals, values)
	if err := x.run(p.Body); err != nil {
		return nil, nil, err
	}
	for _, r := range p.Results {
		coreOut = append(coreOut, x.regs[r])
		valuesOut = append(valuesOut, x.vals[r])
	}
	return coreOut, valuesOut, nil
}

type executor struct {
	p    *canon.Program
	w    *World
	regs []uint64
	vals []*V
}

var le = binary.LittleEndian

func (x *executor) run(ops []canon.Op) error {
	for i := range ops {
		if err := x.op(&ops[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *executor) i32(r canon.Reg) uint32 { return uint32(x.regs[r]) }

func (x *executor) op(o *canon.Op) error {
	switch o.Code {
	case canon.OpIf:
		if x.i32(o.A) != 0 {
			return x.run(o.Body)
		}
		return x.run(o.Else)
	case canon.OpSwitch:
		return x.run(o.Cases[x.i32(o.A)])
	case canon.OpLoop:
		for n := x.i32(o.A); n > 0; n-- {
			if err := x.run(o.Body); err != nil {
				return err
			}
		}
		return nil
	case canon.OpTrap:
		if o.A != canon.NoReg {
			return canon.TrapCode(x.i32(o.A))
		}
		return o.Trap
	case canon.OpMove:
		x.regs[o.Dst], x.vals[o.Dst] = x.regs[o.A], x.vals[o.A]
		return nil
	case canon.OpTrapIfGE:
		if uint64(x.i32(o.A)) >= o.Imm {
			return o.Trap
		}
		return nil
	case canon.OpCheckChar:
		if c := x.i32(o.A); c >= 0x110000 || c >= 0xd800 && c <= 0xdfff {
			return canon.TrapInvalidChar
		}
		return nil
	}
	switch {
	case o.Code >= canon.OpCallCore:
		return x.call(o)
	case o.Code >= canon.OpLiftOwn:
		return x.state(o)
	case o.Code >= canon.OpValueScalar:
		return x.value(o)
	case o.Code >= canon.OpByteLength:
		return x.memory(o)
	}
	x.regs[o.Dst] = x.arith(o)
	return nil
}

func (x *executor) arith(o *canon.Op) uint64 {
	if o.Code == canon.OpConst {
		return o.Imm
	}
	a := x.regs[o.A]
	a32 := uint32(a)
	imm := uint32(o.Imm)
	switch o.Code {
	case canon.OpAdd:
		return uint64(a32 + x.i32(o.B))
	case canon.OpAddImm:
		return uint64(a32 + imm)
	case canon.OpMulImm:
		return uint64(a32 * imm)
	case canon.OpAndImm:
		return uint64(a32 & imm)
	case canon.OpOr:
		return uint64(a32 | x.i32(o.B))
	case canon.OpShlImm:
		return uint64(a32 << imm)
	case canon.OpShrImm:
		return uint64(a32 >> imm)
	case canon.OpBool:
		if a32 != 0 {
			return 1
		}
		return 0
	case canon.OpExtend8S:
		return uint64(uint32(int8(a)))
	case canon.OpExtend16S:
		return uint64(uint32(int16(a)))
	case canon.OpWrap, canon.OpExtendU:
		return uint64(a32)
	case canon.OpReinterpretI32, canon.OpReinterpretF32, canon.OpReinterpretI64, canon.OpReinterpretF64:
		return a
	case canon.OpCanonicalizeF32:
		if isNaN32(a) {
			return 0x7fc00000
		}
		return a
	case canon.OpCanonicalizeF64:
		if isNaN64(a) {
			return 0x7ff8000000000000
		}
		return a
	}
	panic(fmt.Sprint("canontest: unknown operation ", o.Code))
}

func (x *executor) mem(s canon.Side) []byte { return x.w.Sides[s].Memory() }

func (x *executor) memory(o *canon.Op) error {
	in := x.w.Sides[o.Side]
	switch o.Code {
	case canon.OpByteLength:
		n := uint64(x.i32(o.A)) * o.Imm
		if n > canon.MaxListByteLength {
			return o.Trap
		}
		x.regs[o.Dst] = n
		return nil
	case canon.OpCheckRange:
		size := o.Imm
		if o.B != canon.NoReg {
			size = x.regs[o.B]
		}
		return canon.CheckRange(x.i32(o.A), o.Imm2, size, uint64(len(x.mem(o.Side))))
	case canon.OpCopy:
		n := x.regs[o.C]
		copy(x.mem(o.Side)[x.i32(o.A):][:n], x.mem(o.Src)[x.i32(o.B):][:n])
		return nil
	case canon.OpRealloc:
		size := o.Imm
		if o.B != canon.NoReg {
			size = x.regs[o.B]
		}
		ptr, err := in.Realloc(0, 0, o.Imm2, uint32(size))
		x.regs[o.Dst] = uint64(ptr)
		if err != nil {
			return err
		}
		return canon.CheckRange(ptr, o.Imm2, size, uint64(len(x.mem(o.Side))))
	case canon.OpString:
		src := x.w.Sides[o.Src]
		ptr, units, err := canon.TransferString(allocator{in}, in.Encoding, src.Memory(), src.Encoding, x.i32(o.A), x.i32(o.B))
		x.regs[o.Dst], x.regs[o.Dst2] = uint64(ptr), uint64(units)
		return err
	case canon.OpCheckUTF8:
		return canon.CheckUTF8(x.mem(o.Side)[x.i32(o.A):][:x.i32(o.B)])
	}
	at := x.mem(o.Side)[uint64(x.i32(o.A))+o.Imm:]
	switch o.Code {
	case canon.OpLoad8U:
		x.regs[o.Dst] = uint64(at[0])
	case canon.OpLoad8S:
		x.regs[o.Dst] = uint64(uint32(int8(at[0])))
	case canon.OpLoad16U:
		x.regs[o.Dst] = uint64(le.Uint16(at))
	case canon.OpLoad16S:
		x.regs[o.Dst] = uint64(uint32(int16(le.Uint16(at))))
	case canon.OpLoad32, canon.OpLoadF32:
		x.regs[o.Dst] = uint64(le.Uint32(at))
	case canon.OpLoad64, canon.OpLoadF64:
		x.regs[o.Dst] = le.Uint64(at)
	case canon.OpStore8:
		at[0] = byte(x.regs[o.B])
	case canon.OpStore16:
		le.PutUint16(at, uint16(x.regs[o.B]))
	case canon.OpStore32, canon.OpStoreF32:
		le.PutUint32(at, x.i32(o.B))
	case canon.OpStore64, canon.OpStoreF64:
		le.PutUint64(at, x.regs[o.B])
	default:
		panic(fmt.Sprint("canontest: unknown operation ", o.Code))
	}
	return nil
}

// allocator is an instance's memory for canon's string functions.
type allocator struct{ in *Instance }

func (a allocator) Bytes() []byte { return a.in.Memory() }
func (a allocator) Realloc(old, oldSize, align, newSize uint32) (uint32, error) {
	return a.in.Realloc(old, oldSize, align, newSize)
}

// state executes what concerns handles, flags and borrow scopes.
func (x *executor) state(o *canon.Op) (err error) {
	in := x.w.Sides[o.Side]
	var r *wit.Resource
	if o.Code <= canon.OpResourceDrop {
		r = x.p.Resources[o.Imm]
	}
	var out uint32
	switch o.Code {
	case canon.OpLiftOwn:
		out, err = x.w.LiftOwn(in, x.i32(o.A), r)
	case canon.OpLiftBorrow:
		out, err = x.w.LiftBorrow(in, x.i32(o.A), r)
	case canon.OpLowerOwn, canon.OpResourceNew:
		out = x.w.LowerOwn(in, x.i32(o.A), r)
	case canon.OpLowerBorrow:
		out = x.w.LowerBorrow(in, x.i32(o.A), r)
	case canon.OpResourceRep:
		var h *Handle
		if h, err = in.Get(x.i32(o.A)); err != nil {
			return err
		}
		if h.Resource != r {
			return canon.TrapHandleType
		}
		out = h.Rep
	case canon.OpResourceDrop:
		return x.w.Drop(in, x.i32(o.A), r)
	default:
		return x.flags(o, in)
	}
	x.regs[o.Dst] = uint64(out)
	return err
}

func (x *executor) flags(o *canon.Op, in *Instance) error {
	w := x.w
	switch o.Code {
	case canon.OpCheckMayLeave:
		if !in.MayLeave {
			return canon.TrapCannotLeave
		}
	case canon.OpSetMayLeave:
		in.MayLeave = o.Imm != 0
	case canon.OpEnter:
		for _, e := range w.Entering {
			if !e.MayEnter {
				return canon.TrapCannotEnter
			}
		}
		for _, e := range w.Entering {
			e.MayEnter = false
		}
	case canon.OpLeave:
		for _, e := range w.Entering {
			e.MayEnter = true
		}
	case canon.OpBeginCall:
		w.Scopes = append(w.Scopes, &Scope{})
	case canon.OpCheckBorrows:
		if w.Scope().Borrows > 0 {
			return canon.TrapBorrowsLeft
		}
	case canon.OpEndCall:
		for _, h := range w.Scope().Lenders {
			h.Lends--
		}
		w.Scopes = w.Scopes[:len(w.Scopes)-1]
	}
	return nil
}

func (x *executor) call(o *canon.Op) error {
	args := make([]uint64, len(o.Regs))
	vals := make([]*V, len(o.Regs))
	for i, r := range o.Regs {
		args[i], vals[i] = x.regs[r], x.vals[r]
	}
	switch o.Code {
	case canon.OpCallCore:
		outs, err := x.w.Target(args)
		if err != nil {
			return err
		}
		for i, r := range o.Outs {
			x.regs[r] = outs[i]
		}
		return nil
	case canon.OpCallPostReturn:
		return x.w.PostReturn(args)
	}
	out, err := x.w.Host(vals)
	for _, r := range o.Outs {
		x.vals[r] = out
	}
	return err
}
