package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// Composition is a plan with its modules compiled. It is immutable, and may be
// instantiated by many goroutines at once.
type Composition struct {
	plan    *plan.Plan
	cfg     Config
	engine  *engine.Engine
	modules []*engine.Module
	// hostModules are the trampolines, one instance of each for all instances of the
	// composition; check is the module of the interruption check.
	hostModules []*engine.Instance
	check       *engine.Instance

	refs      refs
	calls     [][]*call // by host module and trampoline
	exports   map[exportName]*call
	resources []resource
	hostFuncs []hostFunc
	// hostTypes finds the index of the host's resource types in resources.
	hostTypes map[*wit.Resource]int
	flagNames []string
	shared    []*shared      // store n of the plan is number n-1
	memory    []atomic.Int64 // by component: the bytes of all instances' memories
	// quotas are the composition's part of what the process has.
	quotas   *budget.Process
	room     *budget.Reclaimer
	refusals refusals
	// tracesRefusals is set if the tracer is a RefusalTracer.
	tracesRefusals bool
	// memoryFull tells, by component, that its memories may not grow.
	memoryFull []func(error)

	mu        sync.Mutex
	instances int   // guarded by mu
	closed    bool  // guarded by mu
	reuse     reuse // guarded by mu
}

type exportName struct{ iface, name string }

// hostFunc is a function of the host that the plan refers to; call is nil if no
// plugin has it.
type hostFunc struct {
	name string
	typ  *wit.FuncType
	fn   Func
}

// ErrClosed is the error of using what was closed.
var ErrClosed = errors.New("closed")

// Compile compiles the modules of a plan and finds the host's functions. No guest
// code runs. The plan must be one that Plan.Check accepts, and must not be changed
// any more.
func Compile(ctx context.Context, p *plan.Plan, cfg Config) (*Composition, error) {
	c := newComposition(p, cfg)
	if err := c.bind(); err != nil {
		return nil, err
	}
	c.share()
	if err := c.fits(); err != nil {
		return nil, err
	}
	err := c.chooseEngine()
	if err != nil {
		return nil, err
	}
	if c.engine, err = engine.New(ctx, c.cfg.engine(c.quotas)); err != nil {
		return nil, err
	}
	if err := c.compile(ctx); err != nil {
		return nil, errors.Join(err, c.engine.Close(ctx))
	}
	c.makeRoom()
	return c, nil
}

func newComposition(p *plan.Plan, cfg Config) *Composition {
	c := &Composition{plan: p, cfg: cfg.withDefaults(), exports: map[exportName]*call{}, hostTypes: map[*wit.Resource]int{},
		memory: make([]atomic.Int64, max(1, len(p.Components)))}
	_, c.tracesRefusals = c.cfg.Tracer.(RefusalTracer)
	for n := range c.memory {
		c.memoryFull = append(c.memoryFull, c.memoryRefused(n))
	}
	c.quotas = c.cfg.Budget.Composition(p.Name)
	return c
}

// chooseEngine has everything interpreted if a module must be: functions and memories of
// one engine cannot be used by another's instances.
func (c *Composition) chooseEngine() error {
	for i := range c.plan.Modules {
		m := &c.plan.Modules[i]
		if m.Interpret == "" {
			continue
		}
		switch c.cfg.Engine {
		case engine.Compiler:
			return fmt.Errorf("%s: %s, which the compiler gets wrong: let the engine be chosen (auto), or choose the interpreter", m.Name, m.Interpret)
		case "":
			c.cfg.Log.Debug().Str("module", m.Name).Str("because", m.Interpret).Msg("all guest code is interpreted")
			c.cfg.Engine = engine.Interpreter
		}
		return nil
	}
	return nil
}

func (c *Composition) compile(ctx context.Context) (err error) {
	c.modules = make([]*engine.Module, len(c.plan.Modules))
	for i, m := range c.plan.Modules {
		if c.modules[i], err = c.engine.Compile(ctx, m.Name, m.Bytes, m.CompileMemory); err != nil {
			return err
		}
		c.modules[i].Image = c.image(m.Image)
		if m.State != nil {
			c.modules[i].State = &engine.State{Globals: m.State.Globals}
		}
		c.modules[i].Needs = engine.Needs(m.Needs.Instance)
	}
	c.hostModules = make([]*engine.Instance, len(c.plan.HostModules))
	for i, m := range c.plan.HostModules {
		fns := make([]engine.HostFunc, len(m.Trampolines))
		for j, t := range m.Trampolines {
			fns[j] = c.calls[i][j].coreFunc(t.Name)
		}
		if c.hostModules[i], err = c.engine.Host(ctx, "host", fns); err != nil {
			return err
		}
	}
	c.check, err = c.engine.Host(ctx, "host", []engine.HostFunc{
		{Name: plan.CheckName, Label: "interruption check", Call: checkInterrupt},
		{Name: plan.GrowTableName, Label: "growth of a table", Params: []canon.RegType{canon.I32}, Results: []canon.RegType{canon.I32}, CallFrom: growTable}})
	return err
}

func (c *Composition) image(parts []plan.ImagePart) *engine.Image {
	ps := make([]engine.Part, len(parts))
	for i, p := range parts {
		ps[i] = engine.Part{Offset: uint64(p.Offset), Bytes: p.Bytes}
	}
	return c.engine.NewImage(ps)
}

// Plan returns the plan that was compiled.
func (c *Composition) Plan() *plan.Plan { return c.plan }

// Close releases the compiled code. It fails while instances are open.
func (c *Composition) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	if c.instances > 0 {
		return fmt.Errorf("composition %s cannot be closed: %d of its instances are open", c.plan.Name, c.instances)
	}
	c.closed = true
	c.keepRoom()
	var errs []error
	for _, s := range c.shared {
		errs = append(errs, s.close())
	}
	return errors.Join(errors.Join(errs...), c.reuse.close(), c.engine.Close(context.Background()))
}

// opened counts instances, and puts into v what one that was closed has left, if
// there is one.
func (c *Composition) opened(v *vessel) (used bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false, fmt.Errorf("composition %s: %w", c.plan.Name, ErrClosed)
	}
	c.instances++
	return c.reuse.take(v), nil
}

func (c *Composition) released() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.instances--
}
