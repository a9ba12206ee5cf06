package host

import (
	"context"
	"errors"
	"io"
	"runtime/debug"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// Call is one call of a function of the host, valid until that returns.
type Call struct {
	t *task
	// component is the index of the top-level component that calls.
	component int
}

// Context is done when the call must end: at the caller's deadline, when it
// cancels, when the instance is closed.
func (c *Call) Context() context.Context {
	h := c.t.hostContext()
	if c.t.span != nil {
		return spanContext{h, c.t.span}
	}
	return h
}

func (t *task) hostContext() *hostContext {
	i := t.inst
	if h := i.hostCtx.Load(); h != nil {
		return h
	}
	h := &hostContext{}
	if t.outer != nil {
		h.Context, h.cancel = outlive(t.outer.hostContext(), graceOfShared)
	} else {
		h.Context, h.cancel = context.WithCancel(t.ctx)
	}
	i.hostCtx.Store(h)
	if i.closing.Load() {
		h.cancel()
	}
	return h
}

// hostContext is what functions of the host see of the caller's context.
type hostContext struct {
	context.Context
	cancel context.CancelFunc
}

// Component is the component of the composition that calls, with what it is
// granted; it is the outermost one if components are nested.
func (c *Call) Component() *plan.Component {
	return &c.t.inst.comp.plan.Components[c.component]
}

// Composition is the name of the composition that the component is part of.
func (c *Call) Composition() string { return c.t.inst.comp.plan.Name }

// Stdio are the component's standard streams, as given to Instantiate; none of them
// is nil.
func (c *Call) Stdio() *Stdio { return c.t.inst.stdio.get(c.component) }

// State is what a plugin keeps for the component that calls, in this instance of
// the composition: the value made by make when key was first asked for. Keys are
// compared with ==; use a type of your own. A value that is an io.Closer is closed
// with the instance, the youngest first.
func (c *Call) State(key any, make func() any) any {
	return c.t.inst.states.get(c.component, key, make)
}

// Own makes an owning handle to an object of the host; see Instance.Own.
func (c *Call) Own(res *wit.Resource, obj any) value.Value { return c.t.inst.Own(res, obj) }

// complete replaces missing streams.
func (s Stdio) complete() Stdio {
	if s.In == nil {
		s.In = nothing{}
	}
	if s.Out == nil {
		s.Out = io.Discard
	}
	if s.Err == nil {
		s.Err = io.Discard
	}
	return s
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

var errNotImplemented = errors.New("this host does not implement the function")

// callHost calls a function of the host.
func (fr *frame) callHost(op *canon.Op) {
	i := fr.t.inst
	f := &i.comp.hostFuncs[fr.c.hostFunc]
	if f.fn == nil {
		t := fr.c.trap(canon.TrapHost, canon.Caller)
		t.Function, t.Cause = f.name, errNotImplemented
		panic(t)
	}
	if err := fr.t.stacks.Account(i.comp.engine); err != nil {
		t := fr.c.trap(canon.TrapStackOverflow, canon.Caller)
		t.Cause = err
		panic(t)
	}
	if why := fr.t.interrupted(); why != nil {
		panic(&InterruptError{Function: fr.t.function, Cause: why})
	}
	args := fr.t.vals.push(len(op.Regs))
	for n, r := range op.Regs {
		args[n] = fr.vals[r]
	}
	fr.entered = true
	result := fr.invokeHost(f, args)
	fr.forget()
	if len(op.Outs) > 0 {
		fr.vals[op.Outs[0]] = result
	}
	fr.retain(fr.bytes)
	clear(args)
	fr.t.vals.pop(len(args))
}

// invokeHost calls a plugin's function. What goes wrong in it ends the guest's
// call.
func (fr *frame) invokeHost(f *hostFunc, args []value.Value) value.Value {
	c := &fr.t.hostCall
	c.component = max(0, fr.t.inst.comp.plan.Instances[fr.c.instance[canon.Caller]].Component)
	result, err := f.guarded(c, args)
	if err == nil {
		return result
	}
	var exit *ExitError
	var bug *PanicError
	var trap *Trap
	switch why := fr.t.interrupted(); {
	case errors.As(err, &exit):
		panic(exit)
	case errors.As(err, &bug):
		panic(bug)
	case why != nil:
		panic(&InterruptError{Function: fr.t.function, Cause: why})
	case errors.As(err, &trap):
		panic(trap)
	}
	trap = fr.c.trap(canon.TrapHost, canon.Caller)
	trap.Function, trap.Cause = f.name, err
	panic(trap)
}

// guarded calls the function; a panic becomes a *PanicError.
func (f *hostFunc) guarded(c *Call, args []value.Value) (result value.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = newPanicError(f.name, r)
		}
	}()
	return f.fn(c, args)
}

func newPanicError(function string, r any) *PanicError {
	return &PanicError{Function: function, Value: r, Stack: debug.Stack()}
}
