package host

import (
	"context"
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// Type returns the function's type.
func (f *Callable) Type() *wit.FuncType { return f.call.Type }

// Call calls the function with one argument for each parameter, and returns its
// result, the zero Value if it has none.
//
// Errors: *Trap, *InterruptError and *ExitError, after which the instance cannot
// be called any more (a *Trap with TrapCannotEnter); *PanicError, the same;
// *ArgumentError for arguments that do not fit, which leaves the instance as it
// was; ErrBusy, ErrClosed.
//
// When ctx is done, the call ends within 100 ms, unless a function of the host
// does not heed its context.
func (f *Callable) Call(ctx context.Context, args ...value.Value) (result value.Value, err error) {
	i, c := f.inst, f.call
	if len(args) != c.Params {
		return result, &ArgumentError{c.Name, fmt.Sprintf("takes %d arguments, was given %d", c.Params, len(args))}
	}
	if err := i.acquire(); err != nil {
		return result, fmt.Errorf("call of %s: %w", c.Name, err)
	}
	defer i.yield()
	if i.broken != nil {
		return result, i.cannotEnter(c.Name, c.instance[canon.Callee], &brokenError{i.broken})
	}
	t := i.begin(ctx, c.Name)
	if why := t.interrupted(); why != nil {
		i.end(t)
		return result, &InterruptError{Function: c.Name, Cause: why}
	}
	fr := t.frame(c)
	defer func() {
		if r := recover(); r != nil {
			result, err = value.Value{}, fr.abandon(r)
		}
		i.end(t)
	}()
	copy(fr.vals, args)
	fr.start()
	if len(c.Results) > 0 {
		result = fr.vals[c.Results[0]]
	}
	fr.close()
	return result, nil
}

// start runs the frame's program, in two stores if it crosses a border.
func (fr *frame) start() {
	if fr.c.border > 0 {
		fr.cross()
		return
	}
	fr.run(fr.c.Body)
}

// abandon ends a call that did not come to its end, and returns why.
func (fr *frame) abandon(r any) error {
	err := fr.t.recovered(r)
	if _, caller := err.(*ArgumentError); caller && !fr.entered {
		fr.undo()
		return err
	}
	fr.t.inst.broken = err
	fr.t.limited(err)
	return err
}

// coreFunc is the core function that core WebAssembly imports to run c.
func (c *call) coreFunc(name string) engine.HostFunc {
	f := engine.HostFunc{Name: name, Label: c.Name, Call: c.invoke}
	f.Params = c.Regs[:c.Params]
	for _, r := range c.Results {
		f.Results = append(f.Results, c.Regs[r])
	}
	return f
}

// invoke runs c, called by core WebAssembly: stack has the parameters, then the
// results.
func (c *call) invoke(ctx context.Context, stack []uint64) {
	t := ctx.(*task)
	t.inst.hosted = true
	t.descend(c)
	fr := t.frame(c)
	for i := range c.Params {
		fr.regs[i] = fit(c.Regs[i], stack[i])
	}
	if c.traced != nil {
		t.traced(c, fr.start)
	} else {
		fr.start()
	}
	for i, r := range c.Results {
		stack[i] = fr.regs[r]
	}
	fr.close()
	t.depth--
}

// fit clears the bits that a core value of type t does not have: wazero leaves
// there what happened to be in the register.
func fit(t canon.RegType, bits uint64) uint64 {
	if t == canon.I32 || t == canon.F32 {
		return uint64(uint32(bits))
	}
	return bits
}

// callCore calls a core function of component instance inst for function.
// Errors are panics.
func (t *task) callCore(function string, inst, ref int, stack []uint64) {
	f := t.inst.funcs[ref]
	if f == nil {
		r := &t.inst.comp.refs.funcs[ref]
		if r.trampoline != nil {
			r.trampoline.invoke(t, stack)
			return
		}
		if r.Instance < len(t.inst.core) {
			f = t.inst.core[r.Instance].Func(r.Name)
		}
		if f == nil {
			panic(broken("core instance %d has no function %q", r.Instance, r.Name))
		}
		t.inst.funcs[ref] = f
	}
	if err := f.Call(t, &t.stacks, stack); err != nil {
		panic(t.failed(err, inst, function))
	}
}

// trap makes the trap that something of c is to end with, at the component on one
// side of it.
func (c *call) trap(code canon.TrapCode, side canon.Side) *Trap {
	t := &Trap{Code: code, Function: c.Name}
	inst := c.instance[side]
	if inst < 0 {
		inst = c.instance[1-side]
	}
	t.locate(c.comp, inst)
	return t
}
