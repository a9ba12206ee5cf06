package canon

import "github.com/sidecall/sidecall/wit"

// ResourceNew makes the Program of canon resource.new: representation to handle.
func ResourceNew(name string, res *wit.Resource) *Program {
	return resourceProgram(name, res, OpResourceNew, true)
}

// ResourceRep makes the Program of canon resource.rep: handle to representation.
// Unlike the others it may be called while may_leave is false.
func ResourceRep(name string, res *wit.Resource) *Program {
	return resourceProgram(name, res, OpResourceRep, false)
}

// ResourceDrop makes the Program of canon resource.drop.
func ResourceDrop(name string, res *wit.Resource) *Program {
	return resourceProgram(name, res, OpResourceDrop, true)
}

func resourceProgram(name string, res *wit.Resource, code Code, checkMayLeave bool) *Program {
	b := newBuilder(name, nil, Options{}, Options{})
	args := b.params(flatI32)
	if checkMayLeave {
		b.flag(OpCheckMayLeave, Caller, 0)
	}
	o := op(code, Caller)
	o.A, o.Imm = args[0], b.resource(res)
	var results []Reg
	if shapes[code].dst != none {
		o.Dst = b.reg(I32)
		results = []Reg{o.Dst}
	}
	b.emit(o)
	b.p.Body, b.p.Results = b.ops, results
	return b.p
}
