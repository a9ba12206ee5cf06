package host

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/host/value"
)

// Instance is one running instance of a composition: all its components, their
// memories and handles. It runs one call at a time; a call that comes while
// another runs fails with ErrBusy rather than wait, because a function of the host
// that called back would wait for itself. Use one Instance per goroutine.
type Instance struct {
	comp *Composition
	// number is the plan's of the store: 0, or that of a shared one.
	number int
	vessel
	stdio   streams
	objects objects
	retained
	states states
	// descriptors are nil until the first is wanted.
	descriptors *budget.Quota
	// refusedHere and told are of InstanceOptions.Refused.
	refusedHere func(Refusal)
	told        *refusals
	// holds is what the instance has of each shared store, nil if the plan has none, and
	// in a shared store.
	holds []holding
	// keep and took are InstanceOptions.KeepMemory and Took, but in a shared store.
	keep bool
	took func(bytes uint64)
	// hosted is set once the host was called.
	hosted bool
	// reusable is set if the vessel may be reset when the instance is closed.
	reusable bool

	// broken is why the instance cannot be called any more: what ended a call
	// before its end. Written by the running call.
	broken error
	idle   *task // a task to use again

	// state is idle, running or closed; whoever changes it from idle owns the rest.
	state   atomic.Int32
	closing atomic.Bool
	had     atomic.Uint64 // see Memory
	ended   chan struct{} // a running call tells Close that it has ended
	hostCtx atomic.Pointer[hostContext]
}

// vessel is the part of an Instance that can be reset and be another Instance's.
type vessel struct {
	store    *engine.Store
	core     []*engine.Instance // by InstantiateModule step
	funcs    []*engine.Func     // by Composition.refs.funcs, found when first called
	memories []*engine.Memory   // by Composition.refs.memories, found when first used
	flags    []flags            // by component instance
	tables   []table            // by component instance
	budgets  []engine.Budget    // by component
	task     *task              // of a vessel that waits: one to use again, or nil
}

const (
	stateIdle = iota
	stateRunning
	stateClosed
)

// ErrBusy is the error of a call into an instance that is running another.
var ErrBusy = errors.New("the instance is running another call")

// flags are a component instance's may_leave and may_enter, which generated
// WebAssembly shares.
type flags struct{ mayLeave, mayEnter engine.Global }

// begin takes the instance for one call; end gives it back.
func (i *Instance) begin(ctx context.Context, function string) *task {
	t := i.idle
	if t == nil {
		t = newTask(i)
	}
	i.idle = nil
	t.begin(ctx, function)
	return t
}

func (i *Instance) end(t *task) {
	if i.comp.tracesRefusals || i.told != nil {
		t.tellMemory()
	}
	t.end()
	i.idle = t
}

// acquire changes the state from idle to running.
func (i *Instance) acquire() error {
	if !i.state.CompareAndSwap(stateIdle, stateRunning) {
		if i.closing.Load() {
			return i.closedError()
		}
		return ErrBusy
	}
	if i.closing.Load() {
		i.yield()
		return i.closedError()
	}
	return nil
}

func (i *Instance) closedError() error {
	return fmt.Errorf("instance of composition %s: %w", i.comp.plan.Name, ErrClosed)
}

// yield changes the state from running to idle.
func (i *Instance) yield() {
	i.state.Store(stateIdle)
	if i.closing.Load() {
		select {
		case i.ended <- struct{}{}:
		default:
		}
	}
}

// errEntered is why a component instance mostly cannot be entered.
var errEntered = errors.New("it is already on the call stack")

// cannotEnter is the trap of calling into component instance inst when that may
// not be entered.
func (i *Instance) cannotEnter(function string, inst int, why error) *Trap {
	t := &Trap{Code: canon.TrapCannotEnter, Function: function, Cause: why}
	t.locate(i.comp, inst)
	return t
}

// brokenError says why an instance cannot be entered; it does not wrap the error
// that broke it, which was another call's.
type brokenError struct{ why error }

func (e *brokenError) Error() string {
	var exit *ExitError
	if errors.As(e.why, &exit) {
		return "the composition exited before"
	}
	return "the composition trapped before: " + e.why.Error()
}

// Close ends the running call, if there is one, closes the core instances, last
// first, and releases everything. Guests' destructors do not run; objects of the
// host are dropped. If ctx ends before a running function of the host does, Close
// returns ctx's error, and the rest happens when that function returns.
func (i *Instance) Close(ctx context.Context) error {
	if i.closing.Swap(true) {
		return nil
	}
	if h := i.hostCtx.Load(); h != nil {
		h.cancel()
	}
	for !i.state.CompareAndSwap(stateIdle, stateClosed) {
		select {
		case <-i.ended:
		case <-ctx.Done():
			go func() {
				for !i.state.CompareAndSwap(stateIdle, stateClosed) {
					<-i.ended
				}
				if err := i.release(); err != nil {
					i.comp.cfg.Log.Warn().Err(err).Msg("close of an instance")
				}
			}()
			return fmt.Errorf("close of an instance of composition %s: %w", i.comp.plan.Name, ctx.Err())
		}
	}
	return i.release()
}

// release frees what the instance holds. Nothing runs in it any more.
func (i *Instance) release() error {
	i.giveUp()
	for b := range i.budgets {
		i.had.Add(i.budgets[b].Used())
	}
	i.had.Add(i.retained.taken)
	i.tellTaken(nil)
	err := errors.Join(i.objects.close(), i.states.close(), i.stdio.close())
	i.comp.quotas.Memory.Give(i.retained.taken)
	i.retained = retained{}
	v := i.vessel
	v.task = i.idle.spare()
	i.vessel, i.idle = vessel{}, nil
	if err != nil || i.broken != nil || !i.reusable || !i.comp.recycle(v) {
		err = errors.Join(err, v.store.Close(context.Background()))
	}
	if i.number == 0 {
		i.comp.released()
	}
	return err
}

// Memory is what the instance's components have of the composition's memory, in bytes. It is
// for whoever has just made the instance; once that is closed, it is what it had then, with
// what objects of the host kept for it.
func (i *Instance) Memory() (n uint64) {
	if i.closing.Load() {
		return i.had.Load()
	}
	for b := range i.budgets {
		n += i.budgets[b].Used()
	}
	return n
}

// Callable is an exported function, found once.
type Callable struct {
	inst *Instance
	call *call
}

// Func returns an exported function of the composition: function name of the
// exported interface iface, or one exported by itself if iface is empty.
func (i *Instance) Func(iface, name string) (*Callable, error) {
	c, ok := i.comp.exports[exportName{iface, name}]
	if !ok {
		return nil, fmt.Errorf("composition %s does not export a function %s", i.comp.plan.Name, qualified(iface, name))
	}
	return &Callable{i, c}, nil
}

// Call calls an exported function; see Callable.Call.
func (i *Instance) Call(ctx context.Context, iface, name string, args ...value.Value) (value.Value, error) {
	f, err := i.Func(iface, name)
	if err != nil {
		return value.Value{}, err
	}
	return f.Call(ctx, args...)
}
