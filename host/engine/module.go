package engine

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/sidecall/sidecall/components/canon"
)

// Module is a compiled core module.
type Module struct {
	// Name is for messages.
	Name     string
	compiled wazero.CompiledModule
	// Image is the first content of the memory that the module defines. Set it, and
	// State, before the module is instantiated.
	Image *Image
	// State is what Store.Reset needs to know; without, it cannot be done.
	State *State
	// Needs are what an instance takes besides its memory.
	Needs Needs
}

// State names the exported mutable globals that code can change in an instance,
// all of types that are numbers. The only other thing that it can change is the
// memory.
type State struct{ Globals []string }

// Compile validates and compiles a core module. name is for messages, memory an
// estimate, from above, of what the compiler takes, in bytes: while it works, it has that of
// what the process may have, and where there is not so much left it does not begin, with an
// error that is a *MemoryError. Where code comes from a cache, it has nothing. When ctx ends, so
// does Compile, with its error; wazero cannot be stopped, so what it began goes on until
// it is done, and Close does not wait for it.
func (e *Engine) Compile(ctx context.Context, name string, wasm []byte, memory uint64) (*Module, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("compile %s: %w", name, err)
	}
	var c wazero.CompiledModule
	done := make(chan error, 1)
	e.compilations.Add(1)
	e.unfinished.Add(1)
	go func() {
		var err error
		c, err = e.compile(ctx, name, wasm, memory)
		// First, as whoever is told may close the engine at once, and that is to be done then.
		e.unfinished.Add(-1)
		e.compilations.Done()
		done <- err
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("compile %s: %w", name, ctx.Err())
	case err := <-done:
		if err != nil {
			return nil, fmt.Errorf("compile %s: %w", name, err)
		}
	}
	per := uint64(compiledBytes)
	if e.interprets {
		per = interpretedBytes
	}
	if err := e.code.take(per * uint64(len(wasm))); err != nil {
		return nil, fmt.Errorf("compile %s: %w", name, err)
	}
	return &Module{Name: name, compiled: c}, nil
}

func (e *Engine) compile(ctx context.Context, name string, wasm []byte, memory uint64) (wazero.CompiledModule, error) {
	e.compiling.Lock()
	defer e.compiling.Unlock()
	memory = CompilerMemory(memory)
	if e.interprets {
		memory = 0 // what is made is counted, and little more is needed to make it
	}
	compile := func(made bool) (c wazero.CompiledModule, err error) {
		if !made {
			if err := e.quotas.Memory.Take(memory); err != nil {
				return nil, &MemoryError{What: "the compiler", Err: err}
			}
			defer e.quotas.Memory.Give(memory)
		}
		// What wazero panics at is a bug of its own, and no reason to end the process.
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("wazero cannot compile it: %v", p)
			}
		}()
		return e.runtime.CompileModule(ctx, wasm)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.disk != nil {
		return e.disk.compile(name, wasm, compile)
	}
	return compile(false)
}

// HostFunc is a core function written in Go. Call finds the parameters in stack
// and leaves the results there, as 64-bit words; an error is raised by panicking
// with it, which ends the guest's call. ctx is the one that the guest was called
// with.
type HostFunc struct {
	// Name is what it is exported as, Label what it is called in stacks.
	Name, Label     string
	Params, Results []canon.RegType
	Call            func(ctx context.Context, stack []uint64)
	// CallFrom, if it is not nil, is called instead of Call, and told who calls.
	CallFrom func(ctx context.Context, from Caller, stack []uint64)
}

// Caller is the core instance whose code calls a function of the host.
type Caller struct{ mod api.Module }

// Host makes an instance whose exports are functions written in Go. As their
// state comes with the context of each call, one such instance serves all
// instances of a composition.
func (e *Engine) Host(ctx context.Context, name string, fns []HostFunc) (*Instance, error) {
	b := e.runtime.NewHostModuleBuilder(name)
	for _, f := range fns {
		fb, params, results := b.NewFunctionBuilder(), valueTypes(f.Params), valueTypes(f.Results)
		if f.CallFrom != nil {
			fb = fb.WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
				f.CallFrom(ctx, Caller{mod}, stack)
			}), params, results)
		} else {
			fb = fb.WithGoFunction(api.GoFunc(f.Call), params, results)
		}
		b = fb.WithName(f.Label).Export(f.Name)
	}
	// Builder.Instantiate would register a global name, and return a wrapper that
	// wazero's import resolver cannot take.
	c, err := b.Compile(ctx)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", name, err)
	}
	if err := e.code.take(0); err != nil {
		return nil, fmt.Errorf("compile %s: %w", name, err)
	}
	m, err := e.runtime.InstantiateModule(ctx, c, moduleConfig())
	if err != nil {
		return nil, fmt.Errorf("instantiate %s: %w", name, err)
	}
	return &Instance{engine: e, mod: m}, nil
}

func valueTypes(ts []canon.RegType) []api.ValueType {
	vs := make([]api.ValueType, len(ts))
	for i, t := range ts {
		switch t {
		case canon.I32:
			vs[i] = api.ValueTypeI32
		case canon.I64:
			vs[i] = api.ValueTypeI64
		case canon.F32:
			vs[i] = api.ValueTypeF32
		case canon.F64:
			vs[i] = api.ValueTypeF64
		default:
			panic("engine: not a core value type")
		}
	}
	return vs
}
