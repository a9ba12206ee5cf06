package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Store holds the core instances that live and die together. It is used by one
// goroutine at a time.
type Store struct {
	engine    *Engine
	config    wazero.ModuleConfig
	values    context.Context
	instances []*Instance
	memories  []*Memory
	// owed are the budgets of instances.
	owed []*Budget
	// imports and budget are of the instantiation under way.
	imports []*Instance
	budget  *Budget
	image   *Image
}

// NewStore makes an empty store.
func (e *Engine) NewStore() *Store {
	s := &Store{engine: e, config: moduleConfig()}
	ctx := experimental.WithImportResolver(context.Background(), s.resolve)
	s.values = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(s.allocate))
	return s
}

// Values returns the context whose values Instantiate needs.
func (s *Store) Values() context.Context { return s.values }

// Instantiate makes an instance of m and runs its start function. The module
// named "0", "1", … in its imports is imports[0], imports[1], …. ctx is what
// functions of the host called by the start function get; its values must be
// those of Values. Errors that Engine.Fault does not know are mistakes in how the
// module was linked.
func (s *Store) Instantiate(ctx context.Context, m *Module, imports []*Instance, b *Budget) (inst *Instance, err error) {
	if err := b.takeFixed(m.Needs.Bytes(s.engine.interprets)); err != nil {
		return nil, fmt.Errorf("instantiate %s: %w", m.Name, &MemoryError{"an instance with its tables and globals", err})
	}
	s.owe(b)
	s.imports, s.budget, s.image = imports, b, m.Image
	first := len(s.memories)
	defer func() {
		s.imports, s.budget, s.image = nil, nil, nil
		// wazero lets the allocator's panic pass.
		if r := recover(); r != nil {
			full, ok := r.(*MemoryError)
			if !ok {
				panic(r)
			}
			inst, err = nil, fmt.Errorf("instantiate %s: %w", m.Name, full)
		}
	}()
	mod, err := s.engine.runtime.InstantiateModule(ctx, m.compiled, s.config)
	if err != nil {
		return nil, fmt.Errorf("instantiate %s: %w", m.Name, err)
	}
	if len(s.memories) > first {
		s.memories[first].api = mod.Memory()
	}
	inst = &Instance{engine: s.engine, mod: mod, store: s, state: m.State, budget: b}
	s.instances = append(s.instances, inst)
	return inst, nil
}

// GrowTable takes what n more elements of a table need from the budget of the instance
// whose code grows it, or gives back what -n elements were to need. It reports whether
// there is room.
func (s *Store) GrowTable(from Caller, n int32) bool {
	// Growing may leave room for as many again, and the old elements until Go collects them.
	const perElement = 2 * ElementBytes
	for _, i := range s.instances {
		if i.mod != from.mod {
			continue
		}
		if n < 0 {
			bytes := perElement * uint64(-int64(n))
			i.budget.fixed -= bytes
			i.budget.Give(bytes)
			return true
		}
		err := i.budget.takeFixed(perElement * uint64(n))
		if err != nil {
			i.budget.tell(err)
		}
		return err == nil
	}
	return false
}

// owe has a budget's fixed part given back when the store is closed.
func (s *Store) owe(b *Budget) {
	if !slices.Contains(s.owed, b) {
		s.owed = append(s.owed, b)
	}
}

func (s *Store) resolve(name string) api.Module {
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= len(s.imports) || s.imports[i] == nil {
		return s.engine.nothing
	}
	return s.imports[i].mod
}

// allocate is called by wazero when it instantiates a module with a memory.
func (s *Store) allocate(_, most uint64) experimental.LinearMemory {
	m, err := s.engine.pool.get(min(most, s.budget.Max), s.image, s.budget)
	if err != nil {
		panic(&MemoryError{"a linear memory", err})
	}
	s.memories = append(s.memories, m)
	return m
}

// Close closes the instances, last first, and gives back their memories: not
// before, because wazero frees a memory when any instance that imports it is
// closed.
func (s *Store) Close(ctx context.Context) error {
	var errs []error
	for i := len(s.instances) - 1; i >= 0; i-- {
		if err := s.instances[i].mod.Close(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	for _, m := range s.memories {
		s.engine.pool.put(m)
	}
	for _, b := range s.owed {
		b.giveFixed()
	}
	s.instances, s.memories, s.owed = nil, nil, nil
	return errors.Join(errs...)
}
