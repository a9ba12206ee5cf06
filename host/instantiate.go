package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/linker/plan"
)

// Instantiate makes an instance: it runs the plan's steps, and with them the
// start functions of core modules, or takes one that was closed and put back to
// the state that it had then, which nobody can tell apart (reuse.go). An error
// names the component and the module; what was made until then is released.
//
// The plan's shared stores, the singletons, are made by the first instance, with its
// options, and live until Close of the Composition.
func (c *Composition) Instantiate(ctx context.Context, opt InstanceOptions) (*Instance, error) {
	if err := c.prepare(ctx, opt); err != nil {
		return nil, err
	}
	i := c.newInstance(0, opt)
	used, err := c.opened(&i.vessel)
	if err != nil {
		return nil, err
	}
	if used {
		i.reusable = true
		i.tellTaken(i.took)
		if i.idle, i.task = i.task, nil; i.idle != nil {
			i.idle.inst = i
		}
		return i, nil
	}
	if err := i.make(ctx); err != nil {
		return nil, err
	}
	return i, nil
}

func (c *Composition) newInstance(number int, opt InstanceOptions) *Instance {
	i := &Instance{comp: c, number: number, stdio: opt.streams(c), ended: make(chan struct{}, 1)}
	if number == 0 {
		i.keep, i.took = opt.KeepMemory, opt.Took
	}
	if opt.Refused != nil {
		i.refusedHere, i.told = opt.Refused, &refusals{}
	}
	if number == 0 && len(c.shared) > 0 {
		i.holds = make([]holding, len(c.shared))
	}
	return i
}

// make makes what the instance has, or releases what was made.
func (i *Instance) make(ctx context.Context) error {
	i.vessel = i.comp.newVessel()
	if i.keep {
		i.keepMemory()
	}
	i.tellTaken(i.took)
	i.state.Store(stateRunning)
	if err := i.instantiate(ctx); err != nil {
		i.closing.Store(true)
		i.state.Store(stateClosed)
		return errors.Join(err, i.release())
	}
	i.reusable = i.number == 0 && !i.hosted && i.comp.remember(i.store)
	i.state.Store(stateIdle)
	return nil
}

func (c *Composition) newVessel() vessel {
	p := c.plan
	v := vessel{
		store:    c.engine.NewStore(),
		core:     make([]*engine.Instance, 0, len(p.Steps)),
		funcs:    make([]*engine.Func, len(c.refs.funcs)),
		memories: make([]*engine.Memory, len(c.refs.memories)),
		flags:    make([]flags, len(p.Instances)),
		tables:   make([]table, len(p.Instances)),
		budgets:  make([]engine.Budget, max(1, len(p.Components))),
	}
	for n := range v.budgets {
		v.budgets[n] = c.budgetOf(n)
	}
	for n := range v.tables {
		v.tables[n].max = c.cfg.MaxHandles
	}
	return v
}

// instantiate runs those of the plan's steps that are of this store. Each store has
// the module with the flags.
func (i *Instance) instantiate(ctx context.Context) error {
	t := i.begin(ctx, "instantiation of "+i.comp.plan.Name)
	defer i.end(t)
	t.values = i.store.Values()
	for n := range i.comp.plan.Steps {
		s := &i.comp.plan.Steps[n]
		if n > 0 && i.comp.plan.StoreOf(s.Instance) != i.number {
			i.core = append(i.core, nil) // another store has it, or will
			continue
		}
		if err := i.step(t, s); err != nil {
			return err
		}
		if n == 0 {
			if err := i.findFlags(); err != nil {
				return err
			}
		}
	}
	return nil
}

// step instantiates one module. While its start function runs, the component
// instance that it belongs to counts as entered.
func (i *Instance) step(t *task, s *plan.Step) (err error) {
	var few [8]*engine.Instance
	imports := few[:0]
	for _, src := range s.Imports {
		switch {
		case src.Instance >= 0:
			imports = append(imports, i.core[src.Instance])
		case src.HostModule >= 0:
			imports = append(imports, i.comp.hostModules[src.HostModule])
		default:
			imports = append(imports, i.comp.check)
		}
	}
	m := i.comp.modules[s.Module]
	budget := &i.budgets[i.comp.budgetIndex(s.Instance)]
	defer func() {
		if r := recover(); r != nil {
			err = t.recovered(r)
		}
		if err != nil {
			err = fmt.Errorf("instantiate %s: %w", i.where(s.Instance), err)
		}
	}()
	flagged := len(i.core) > 0 // not while the module with the flags is instantiated
	if flagged {
		i.setEnteredUpTo(none, s.Instance, 0)
	}
	inst, err := i.store.Instantiate(t, m, imports, budget)
	if err != nil {
		return t.failed(err, s.Instance, m.Name)
	}
	if name := i.comp.plan.Modules[s.Module].Start; name != "" {
		// Not wazero's to call: the stack of what it calls by itself cannot be seen.
		if err := inst.Func(name).Call(t, &t.stacks, nil); err != nil {
			return t.failed(err, s.Instance, m.Name)
		}
	}
	if flagged {
		i.setEnteredUpTo(none, s.Instance, 1)
	}
	i.core = append(i.core, inst)
	return nil
}

// where names a component instance in messages.
func (i *Instance) where(inst int) string {
	if inst < 0 || i.comp.plan.Instances[inst].Component < 0 {
		return "composition " + i.comp.plan.Name
	}
	return "component " + i.comp.plan.Instances[inst].Path
}

func (i *Instance) findFlags() error {
	for n := range i.flags {
		var ok1, ok2 bool
		i.flags[n].mayLeave, ok1 = i.core[0].Global(i.comp.flagNames[2*n])
		i.flags[n].mayEnter, ok2 = i.core[0].Global(i.comp.flagNames[2*n+1])
		if !ok1 || !ok2 {
			return fmt.Errorf("composition %s: the plan's first module does not export the flags of instance %d", i.comp.plan.Name, n)
		}
	}
	return nil
}
