package host

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/host/value"
)

// task is one call from Go into a composition, with all the calls that it leads
// to: their registers, scopes and depth. Everything that a call needs to know
// while it runs is here or in the Instance, nothing in the goroutine. It is the
// context.Context that wazero hands from the outermost call to every function of
// the host, which is how those find it.
type task struct {
	inst     *Instance
	function string          // the export, for messages
	ctx      context.Context // the caller's
	done     <-chan struct{}
	// values are those that instantiation needs, nil otherwise.
	values context.Context
	// span is the context of the innermost call that is traced, nil without one.
	span context.Context
	// outer is the task of another store that this one, of a shared store, works for,
	// and grace the end of the time that it has left when that one must end.
	outer *task
	grace time.Time

	depth    int
	frames   []*frame // those up to top are in use
	top      int
	regs     arena[uint64]
	vals     arena[value.Value]
	stacks   engine.Stacks
	scopes   []*scope // open ones; those up to the capacity are used again
	hostCall Call
}

var _ context.Context = (*task)(nil)

func newTask(i *Instance) *task {
	t := &task{inst: i}
	t.hostCall.t = t
	return t
}

func (t *task) begin(ctx context.Context, function string) {
	t.ctx, t.done, t.function = ctx, ctx.Done(), function
	t.tell()
}

func (t *task) end() {
	t.ctx, t.done, t.values, t.span, t.outer, t.depth = nil, nil, nil, nil, nil, 0
	if t.vals.top != 0 { // the call did not end by itself
		for _, fr := range t.frames[:t.top] {
			fr.salvage()
		}
		clear(t.vals.buf)
	}
	for _, fr := range t.frames[:t.top] {
		fr.giveBack()
	}
	t.top = 0
	t.stacks.Reset()
	t.regs.top, t.vals.top = 0, 0
	t.scopes = t.scopes[:0]
	if h := t.inst.hostCtx.Swap(nil); h != nil {
		h.cancel()
	}
}

// spareRegs and spareFrames are how large a task may be that waits for another
// instance.
const (
	spareRegs   = 1024
	spareFrames = 32
)

// spare makes a task that has ended ready for another instance, nil if it takes too
// much to wait. Nothing of this one's stays in it.
func (t *task) spare() *task {
	if t == nil || len(t.regs.buf) > spareRegs || len(t.vals.buf) > spareRegs || len(t.frames) > spareFrames {
		return nil
	}
	t.inst, t.function = nil, ""
	clear(t.regs.buf)
	for _, s := range t.scopes[:cap(t.scopes)] {
		if s == nil {
			break
		}
		if cap(s.lenders) > spareFrames {
			s.lenders = nil
		}
		clear(s.lenders[:cap(s.lenders)])
	}
	for _, fr := range t.frames {
		fr.forget()
	}
	return t
}

// Deadline, Done and Err are the caller's; Value is only for wazero.

func (t *task) Deadline() (time.Time, bool) { return t.ctx.Deadline() }
func (t *task) Done() <-chan struct{}       { return t.done }
func (t *task) Err() error                  { return t.ctx.Err() }
func (t *task) Value(key any) any {
	if t.values == nil {
		return nil
	}
	return t.values.Value(key)
}

// interrupted returns why the call must end now, nil if it need not.
func (t *task) interrupted() error {
	if t.outer != nil {
		return t.overdue()
	}
	if t.inst.closing.Load() {
		return t.inst.closedError()
	}
	select {
	case <-t.done:
		return t.ctx.Err()
	default:
		return nil
	}
}

// checkInterrupt is called by guests when their countdown ends. Being Go, it is
// also where the scheduler and the garbage collector stop this goroutine if they
// want to: nothing more is needed for that.
func checkInterrupt(ctx context.Context, _ []uint64) {
	t := ctx.(*task)
	if err := t.interrupted(); err != nil {
		panic(&InterruptError{Function: t.function, Cause: err})
	}
	if err := t.stacks.Account(t.inst.comp.engine); err != nil {
		panic(err)
	}
}

// growTable is asked by guests before their tables grow: core.Check.
func growTable(ctx context.Context, from engine.Caller, stack []uint64) {
	ok := ctx.(*task).inst.store.GrowTable(from, int32(stack[0]))
	stack[0] = 0
	if ok {
		stack[0] = 1
	}
}

// descend counts a nested call.
func (t *task) descend(c *call) {
	if t.depth++; t.depth > t.inst.comp.cfg.MaxCallDepth {
		panic(c.trap(canon.TrapCallDepth, canon.Callee))
	}
}

// failed makes an error that ended core WebAssembly what the caller is to see: a
// *Trap, or what else was raised. inst and function tell where it happened unless
// the error knows better.
func (t *task) failed(err error, inst int, function string) error {
	stack := engine.Stack(err)
	var (
		trap      *Trap
		interrupt *InterruptError
		exit      *ExitError
		bug       *PanicError
		misfit    *ArgumentError
		crash     runtime.Error
	)
	switch {
	case errors.As(err, &trap):
		trap.Stack = addStack(trap.Stack, stack)
		return trap
	case errors.As(err, &interrupt):
		interrupt.Stack = addStack(interrupt.Stack, stack)
		return interrupt
	case errors.As(err, &exit):
		return exit
	case errors.As(err, &bug):
		return bug
	case errors.As(err, &misfit):
		return misfit
	case errors.As(err, &crash):
		return &PanicError{Value: err} // wazero has put the stack into it
	}
	code, ok := t.inst.comp.engine.Fault(err)
	trap = &Trap{Code: code, Function: function, Stack: stack}
	if at := t.innermost(inst); at != inst {
		// Calls between components can go through WebAssembly alone, where nobody
		// notes which function is called: the core function's name must do.
		inst, trap.Function = at, ""
		if len(stack) > 0 {
			trap.Function = stack[0]
		}
	}
	var full *engine.MemoryError
	var deep *engine.StackError
	switch {
	case errors.As(err, &full):
		trap.Cause = full
	case errors.As(err, &deep):
		if deep.Budget() {
			trap.Cause = deep
		}
	case !ok:
		// The one fault that wazero has no error value for is a data segment out of
		// bounds; its words tell it.
		trap.Cause = err
	}
	trap.locate(t.inst.comp, inst)
	return trap
}

// innermost returns the component instance whose code is running, inst being the
// one that Go called last. While a guest allocates, or cleans up, its may_leave is
// false. Otherwise it is one of those that are entered, but not known to any call
// made by Go, nor the parent of another such. As components are instantiated after
// those that they call, it is the first of them, and none behind inst: those were
// entered before Go called inst, its destructor for example.
func (t *task) innermost(inst int) int {
	i := t.inst
	if len(i.core) == 0 {
		return inst
	}
	for n := range i.flags[:inst+1] {
		if i.flags[n].mayLeave.Get() == 0 {
			return n
		}
	}
	parents := i.comp.plan.Instances
	outer := make([]bool, len(i.flags))
	mark := func(n int) {
		for ; n >= 0; n = parents[n].Parent {
			outer[n] = true
		}
	}
	mark(inst)
	for _, fr := range t.frames[:t.top] {
		mark(fr.c.instance[canon.Caller])
		mark(fr.c.instance[canon.Callee])
	}
	entered := func(n int) bool { return i.flags[n].mayEnter.Get() == 0 && !outer[n] }
	for n := len(i.flags) - 1; n > 0; n-- {
		if entered(n) {
			mark(parents[n].Parent)
		}
	}
	for n := range inst {
		if entered(n) {
			return n
		}
	}
	return inst
}

// recovered makes an error of what the executor panicked with.
func (t *task) recovered(r any) error {
	err, ok := r.(error)
	if ok {
		switch err.(type) {
		case *Trap, *InterruptError, *ExitError, *PanicError, *ArgumentError:
			return err
		}
	}
	return &PanicError{Value: r, Stack: debug.Stack()}
}

// broken is the panic of a plan that contradicts itself.
func broken(format string, args ...any) *PanicError {
	return &PanicError{Value: fmt.Errorf("plan: "+format, args...), Stack: debug.Stack()}
}

// arena is a stack of registers.
type arena[T any] struct {
	buf []T
	top int
}

// push returns n more elements. Elements pushed before stay where they are.
func (a *arena[T]) push(n int) []T {
	if a.top+n > len(a.buf) {
		// Frames in use keep the old array.
		a.buf = make([]T, max(2*len(a.buf), a.top+n, 64))
	}
	s := a.buf[a.top : a.top+n : a.top+n]
	a.top += n
	return s
}

// pop gives back the last n elements pushed.
func (a *arena[T]) pop(n int) { a.top -= n }
