package canon

// Outline makes one operation of p, which has no nested ones, a Program of its
// own: what it reads (A, B, C, Regs, as far as present, in this order) are the
// parameters, and what it writes (Dst, Dst2, Outs) the results. References to
// sides, functions and resources mean the same as in p. linker/fuse leaves to the
// host in this way what it does not do in WebAssembly.
func Outline(p *Program, o *Op) *Program {
	q := &Program{Name: p.Name, Resources: p.Resources, Encoding: p.Encoding, Target: p.Target, PostReturn: p.PostReturn, Type: p.Type}
	n := *o
	in := func(r Reg, is operand) Reg {
		if is == none || r == NoReg {
			return NoReg
		}
		q.Regs = append(q.Regs, p.Regs[r])
		return Reg(len(q.Regs) - 1)
	}
	s := &shapes[o.Code]
	n.A, n.B, n.C = in(o.A, s.a), in(o.B, s.b), in(o.C, s.c)
	n.Regs = nil
	for _, r := range o.Regs {
		n.Regs = append(n.Regs, in(r, anyReg))
	}
	q.Params = len(q.Regs)
	out := func(r Reg, is operand) Reg {
		r = in(r, is)
		if r != NoReg {
			q.Results = append(q.Results, r)
		}
		return r
	}
	n.Dst, n.Dst2 = out(o.Dst, s.dst), out(o.Dst2, s.dst2)
	n.Outs = nil
	for _, r := range o.Outs {
		n.Outs = append(n.Outs, out(r, anyReg))
	}
	q.Body = []Op{n}
	if s.memory {
		q.UsesMemory[o.Side], q.UsesMemory[o.Src] = true, true
	}
	q.UsesRealloc[o.Side] = s.realloc
	return q
}
