package canon

import "github.com/sidecall/sidecall/wit"

// Adapter makes the Program for a call from one component to another: canon lower
// of canon lift of a function of type ft. Its parameters and results are those of
// FlattenFuncType(ft, Lower).
//
// Errors: *UnsupportedError for what is async, *SizeError for types beyond the
// limits, *OptionError if an option is missing that the type needs.
func Adapter(name string, ft *wit.FuncType, caller, callee Options) (*Program, error) {
	c, err := newCall(name, ft, caller, callee)
	if err != nil {
		return nil, err
	}
	lower := c.flat.funcType(ft, Lower)
	args := c.params(lower.Params)
	c.flag(OpCheckMayLeave, Caller, 0)
	c.enter()
	flatArgs := c.lowerParams(c.liftParams(args))
	flatResults := c.callCore(flatArgs)
	results := c.transferResult(c.liftResult(flatResults), args)
	c.leave(flatResults)
	return c.done(results)
}

// HostImport makes the Program for a call from a component to a function of the
// host: canon lower. Its parameters and results are those of
// FlattenFuncType(ft, Lower).
func HostImport(name string, ft *wit.FuncType, caller Options) (*Program, error) {
	c, err := newCall(name, ft, caller, Options{})
	if err != nil {
		return nil, err
	}
	lower := c.flat.funcType(ft, Lower)
	args := c.params(lower.Params)
	c.flag(OpCheckMayLeave, Caller, 0)
	c.beginCall()
	values := make([]Reg, len(ft.Params))
	for i, src := range c.liftParams(args) {
		values[i] = c.translate(ft.Params[i].Type, src, loc{kind: atValue, side: Callee}).reg
	}
	o := op(OpCallHost, Callee)
	o.Regs = values
	result := loc{kind: atValue, side: Callee}
	if ft.Result != nil {
		result.reg = c.reg(Value)
		o.Outs = []Reg{result.reg}
	}
	c.emit(o)
	results := c.transferResult(result, args)
	c.endCall()
	return c.done(results)
}

// HostExport makes the Program for a call from the host to a component: canon
// lift. Its parameters are values, one for each of ft's, and its result, if ft
// has one, is a value.
func HostExport(name string, ft *wit.FuncType, callee Options) (*Program, error) {
	c, err := newCall(name, ft, Options{}, callee)
	if err != nil {
		return nil, err
	}
	values := make([]RegType, len(ft.Params))
	for i := range values {
		values[i] = Value
	}
	args := make([]loc, len(ft.Params))
	for i, r := range c.params(values) {
		args[i] = loc{kind: atValue, side: Caller, reg: r}
	}
	c.enter()
	flatArgs := c.lowerParams(args)
	flatResults := c.callCore(flatArgs)
	var results []Reg
	if src := c.liftResult(flatResults); ft.Result != nil {
		results = []Reg{c.translate(ft.Result, src, loc{kind: atValue, side: Caller}).reg}
	}
	c.leave(flatResults)
	return c.done(results)
}

// Refused makes the Program of a canon lower whose calls always trap with code.
func Refused(name string, ft *wit.FuncType, code TrapCode) (*Program, error) {
	c, err := newCall(name, ft, Options{}, Options{})
	if err != nil {
		return nil, err
	}
	lower := c.flat.funcType(ft, Lower)
	c.params(lower.Params)
	c.flag(OpCheckMayLeave, Caller, 0)
	o := op(OpTrap, Callee)
	o.Trap = code
	c.emit(o)
	return c.finish(c.regs(lower.Results))
}

// call makes the Program of one call of a function.
type call struct {
	*builder
	ft      *wit.FuncType
	opts    [2]Options
	borrows bool
	// paramsFlat and resultFlat tell whether the parameters and the result are
	// passed as flat values, not in memory.
	paramsFlat, resultFlat bool
}

func newCall(name string, ft *wit.FuncType, caller, callee Options) (*call, error) {
	if err := checkType(name, ft); err != nil {
		return nil, err
	}
	b := newBuilder(name, ft, caller, callee)
	c := &call{builder: b, ft: ft, opts: [2]Options{caller, callee}}
	for _, p := range ft.Params {
		c.borrows = c.borrows || p.Type.Metrics().HasBorrow
	}
	c.paramsFlat = len(b.flat.params(ft)) <= MaxFlatParams
	c.resultFlat = len(b.flat.results(ft)) <= MaxFlatResults
	return c, nil
}

// liftParams says where the caller's flat arguments are, for each parameter
// (lift_flat_values).
func (c *call) liftParams(args []Reg) []loc {
	locs := make([]loc, len(c.ft.Params))
	if !c.paramsFlat {
		c.checkRange(Caller, args[0], c.paramsLayout())
		for i, p := range c.parts(c.ft.Params) {
			locs[i] = memoryLoc(Caller, args[0], p.off)
		}
		return locs
	}
	for i, p := range c.ft.Params {
		n := len(c.flat.flatten(p.Type))
		locs[i] = loc{kind: atFlat, side: Caller, regs: args[:n:n]}
		args = args[n:]
	}
	return locs
}

// paramsLayout is the layout of the tuple of all parameters.
func (c *call) paramsLayout() layout {
	return c.lay.record(&wit.Type{Kind: wit.Tuple, Fields: c.ft.Params})
}

// lowerParams lowers the arguments into the callee (lower_flat_values).
func (c *call) lowerParams(args []loc) (flatArgs []Reg) {
	c.allocating(Callee, c.paramsAllocate(), func() {
		if c.paramsFlat {
			for i, p := range c.ft.Params {
				flatArgs = append(flatArgs, c.translate(p.Type, args[i], loc{kind: atFlat, side: Callee}).regs...)
			}
			return
		}
		l := c.paramsLayout()
		o := op(OpRealloc, Callee)
		o.Dst, o.Imm, o.Imm2 = c.reg(I32), l.size, uint32(l.align)
		c.emit(o)
		for i, p := range c.parts(c.ft.Params) {
			c.translate(p.t, args[i], memoryLoc(Callee, o.Dst, p.off))
		}
		flatArgs = []Reg{o.Dst}
	})
	return flatArgs
}

func (c *call) paramsAllocate() bool {
	for _, p := range c.ft.Params {
		if allocates(p.Type) {
			return true
		}
	}
	return !c.paramsFlat
}

// callCore calls the callee's core function.
func (c *call) callCore(flatArgs []Reg) (flatResults []Reg) {
	lift := c.flat.funcType(c.ft, Lift)
	c.p.Target = &lift
	o := op(OpCallCore, Callee)
	o.Regs, o.Outs = flatArgs, c.regs(lift.Results)
	c.emit(o)
	return o.Outs
}

// liftResult says where the callee's result is (lift_flat_values), and checks
// that the callee has dropped its borrows (Task.return_).
func (c *call) liftResult(flatResults []Reg) loc {
	if c.borrows {
		c.flag(OpCheckBorrows, Callee, 0)
	}
	if c.resultFlat {
		return loc{kind: atFlat, side: Callee, regs: flatResults}
	}
	c.checkRange(Callee, flatResults[0], c.lay.of(c.ft.Result))
	return memoryLoc(Callee, flatResults[0], 0)
}

// transferResult lowers the result into the caller (lower_flat_values), in memory
// at the last of the caller's flat arguments if it has more flat values than one.
func (c *call) transferResult(src loc, args []Reg) (results []Reg) {
	if c.ft.Result == nil {
		return nil
	}
	c.allocating(Caller, allocates(c.ft.Result), func() {
		if c.resultFlat {
			results = c.translate(c.ft.Result, src, loc{kind: atFlat, side: Caller}).regs
			return
		}
		outParam := args[len(args)-1]
		c.checkRange(Caller, outParam, c.lay.of(c.ft.Result))
		c.translate(c.ft.Result, src, memoryLoc(Caller, outParam, 0))
	})
	return results
}

// allocating emits what f does with may_leave false on a side if it may call that
// side's realloc. The specification sets the flag around each call of realloc;
// nothing between two of them can observe it.
func (c *call) allocating(side Side, may bool, f func()) {
	if may {
		c.flag(OpSetMayLeave, side, 0)
	}
	f()
	if may {
		c.flag(OpSetMayLeave, side, 1)
	}
}

// enter begins the callee's part of the call.
func (c *call) enter() {
	c.flag(OpEnter, Callee, 0)
	c.beginCall()
}

// leave ends the callee's part of the call: post-return, leave_to.
func (c *call) leave(flatResults []Reg) {
	if c.opts[Callee].PostReturn {
		c.p.PostReturn = &CoreFunc{Params: c.p.Target.Results}
		c.flag(OpSetMayLeave, Callee, 0)
		o := op(OpCallPostReturn, Callee)
		o.Regs = flatResults
		c.emit(o)
		c.flag(OpSetMayLeave, Callee, 1)
	}
	c.flag(OpLeave, Callee, 0)
	c.endCall()
}

func (c *call) beginCall() {
	if c.borrows {
		c.flag(OpBeginCall, Callee, 0)
	}
}

func (c *call) endCall() {
	if c.borrows {
		c.flag(OpEndCall, Callee, 0)
	}
}

// done returns the Program, if the options suffice for it.
func (c *call) done(results []Reg) (*Program, error) {
	p, err := c.finish(results)
	if err != nil {
		return nil, err
	}
	for side, o := range c.opts {
		switch {
		case p.UsesRealloc[side] && !o.Realloc:
			return nil, &OptionError{p.Name, Side(side), "realloc"}
		case p.UsesMemory[side] && !o.Memory:
			return nil, &OptionError{p.Name, Side(side), "memory"}
		}
	}
	return p, nil
}
