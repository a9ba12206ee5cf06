package engine

import (
	"context"
	"slices"

	"github.com/tetratelabs/wazero/api"
)

// Instance is a core instance.
type Instance struct {
	engine *Engine
	mod    api.Module
	store  *Store // nil for functions of the host
	state  *State
	budget *Budget // nil for functions of the host
	// globals are those of state, found when first asked for.
	globals []api.MutableGlobal
}

// Func returns the exported function of that name, nil if there is none. It costs
// microseconds once it is called, so keep it.
func (i *Instance) Func(name string) *Func {
	if i == nil {
		return nil
	}
	fn := i.mod.ExportedFunction(name)
	if fn == nil {
		return nil
	}
	return &Func{engine: i.engine, mod: i.mod, name: name, budget: i.budget, idle: []api.Function{fn}}
}

// Func is a core function. It may be called again while it runs, but by one
// goroutine at a time.
type Func struct {
	engine *Engine
	mod    api.Module
	name   string
	budget *Budget // nil for functions of the host
	// idle are call engines, each with a stack of its own. wazero's are silently
	// corrupted when they are re-entered, so each activation takes one.
	idle []api.Function
}

// Call calls the function. stack holds the parameters, then the results, and must
// be long enough for either. nested are the functions that wait for this one.
func (f *Func) Call(ctx context.Context, nested *Stacks, stack []uint64) error {
	var fn api.Function
	if n := len(f.idle); n > 0 {
		fn = f.idle[n-1]
		f.idle = f.idle[:n-1]
	} else {
		fn = f.mod.ExportedFunction(f.name)
	}
	if err := nested.push(f.engine, fn, f.budget); err != nil {
		return err
	}
	err := fn.CallWithStack(ctx, stack)
	if keep := nested.pop(); keep && err == nil {
		// Others have stacks that may have grown to many megabytes: let them go.
		f.idle = append(f.idle, fn)
	}
	return err
}

// Trim lets go of what the function's calls have left that is large: Reset of the
// Store is the time for it.
func (f *Func) Trim() {
	const large = 256 << 10
	if len(f.idle) > 4 {
		clear(f.idle[4:])
		f.idle = f.idle[:4]
	}
	f.idle = slices.DeleteFunc(f.idle, func(fn api.Function) bool { return f.engine.stackSize(fn) > large })
}

// Global is a mutable global of type i32.
type Global struct{ g api.MutableGlobal }

// Global returns the exported mutable global of that name, ok false without.
func (i *Instance) Global(name string) (g Global, ok bool) {
	if i == nil {
		return g, false
	}
	g.g, ok = i.mod.ExportedGlobal(name).(api.MutableGlobal)
	return g, ok
}

// Get returns the global's value.
func (g Global) Get() uint32 { return uint32(g.g.Get()) }

// Set changes it.
func (g Global) Set(v uint32) { g.g.Set(uint64(v)) }

// Memory returns the memory exported under that name, nil if there is none.
func (i *Instance) Memory(name string) *Memory {
	if i == nil {
		return nil
	}
	m := i.mod.ExportedMemory(name)
	if m == nil {
		return nil
	}
	for _, o := range i.store.memories {
		if o.api == m {
			return o
		}
	}
	return nil
}
