package host

import (
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/engine"
	"github.com/sidecall/sidecall/linker/plan"
)

// pageSize is that of a linear memory.
const pageSize = 1 << 16

// budgetOf is the budget of component n in one instance.
func (c *Composition) budgetOf(n int) engine.Budget {
	return engine.Budget{Owner: c.ownerOf(n), Max: c.cfg.MaxMemory, Change: "--max-memory", Parent: c.quotas.Memory, Memory: &c.memory[n],
		Refused: c.memoryFull[n]}
}

const (
	// KeptMemory is the part of all memory, one in so many, that InstanceOptions.KeepMemory
	// leaves to instances which have less than the part MuchMemory of it.
	KeptMemory = 4
	MuchMemory = 64
)

// keepMemory is for InstanceOptions.KeepMemory.
func (i *Instance) keepMemory() {
	all := i.comp.quotas.Memory.Limit()
	if all == budget.Unlimited {
		return
	}
	for n := range i.budgets {
		i.budgets[n].Keep, i.budgets[n].Much = all/KeptMemory, all/MuchMemory
	}
}

// tellTaken has what components take told; nil ends that.
func (i *Instance) tellTaken(took func(uint64)) {
	for n := range i.budgets {
		i.budgets[n].Took = took
	}
}

func (c *Composition) ownerOf(n int) string {
	if n >= len(c.plan.Components) {
		return "composition " + c.plan.Name
	}
	return "component " + c.plan.Components[n].Name
}

// fits returns an error if not one instance of the composition can ever be made: it
// names the component that asks for most.
func (c *Composition) fits() error {
	type sum struct{ memories, bytes, others, space, mappings uint64 }
	sums := make([]sum, max(1, len(c.plan.Components)))
	var all sum
	most := 0
	for _, s := range c.plan.Steps {
		n := c.budgetIndex(s.Instance)
		of := &sums[n]
		need := &c.plan.Modules[s.Module].Needs
		instance := engine.Needs(need.Instance)
		of.others += instance.Bytes(false)
		if need.Memory != nil {
			of.memories++
			of.bytes += need.Memory.Min * pageSize
			space := min(need.Memory.Max*pageSize, c.cfg.MaxMemory)
			of.space += space
			all.space += space
			all.mappings++
		}
		if of.memories > sums[most].memories {
			most = n
		}
	}
	for n, of := range sums {
		if of.bytes += of.others - min(of.others, engine.Free); of.bytes > c.cfg.MaxMemory {
			b := c.budgetOf(n)
			return fmt.Errorf("composition %s can never be instantiated: its %d memories, and its instances with their tables and globals, take %d bytes at first: %w", c.plan.Name, of.memories, of.bytes,
				&budget.Error{Spec: budget.Spec{Owner: b.Owner, What: "memory in one instance", Limit: b.Max, Change: b.Change}, Asked: of.bytes, Alone: true})
		}
	}
	for _, err := range []error{c.quotas.Mappings.Fits(all.mappings), c.quotas.AddressSpace.Fits(all.space)} {
		if err != nil {
			return fmt.Errorf("composition %s can never be instantiated: %s has %d linear memories: %w", c.plan.Name, c.ownerOf(most), sums[most].memories, err)
		}
	}
	return nil
}

// Fits returns an error if a plan can never be compiled or instantiated here, for want of
// memory: what Compile would say of it, without compiling. What a cache has of it is not
// looked for.
func Fits(p *plan.Plan, cfg Config) error {
	c := newComposition(p, cfg)
	if err := errors.Join(c.fits(), c.chooseEngine()); err != nil || c.cfg.Engine == engine.Interpreter {
		return err
	}
	for i := range p.Modules {
		m := &p.Modules[i]
		if err := c.quotas.Memory.Fits(engine.CompilerMemory(m.CompileMemory)); err != nil {
			return fmt.Errorf("compile %s: %w", m.Name, &engine.MemoryError{What: "the compiler", Err: err})
		}
	}
	return nil
}

// budgetIndex is the component whose budget a component instance has.
func (c *Composition) budgetIndex(inst int) int {
	if inst >= 0 {
		return max(0, c.plan.Instances[inst].Component)
	}
	return 0
}

// NoRoom reports whether an error says that there is no room now, but can be when others
// have given back what they have: another process, or the same one later, may do better.
func NoRoom(err error) bool {
	var full *budget.Error
	var system *engine.SystemError
	return errors.As(err, &full) && full.Temporary() || errors.As(err, &system)
}

// makeRoom has what waits for later instances given back when anybody in the process
// finds no room; keepRoom ends that.
func (c *Composition) makeRoom() {
	c.room = &budget.Reclaimer{Reclaim: func(uint64) {
		// Whoever asks may be one of this composition's own instances, with the lock.
		if !c.mu.TryLock() {
			return
		}
		defer c.mu.Unlock()
		if !c.closed {
			_ = c.reuse.close() // what waits has nothing to do with who asks
			c.engine.Trim()
		}
	}}
	for _, q := range c.kinds() {
		q.Add(c.room)
	}
}

func (c *Composition) keepRoom() {
	for _, q := range c.kinds() {
		q.Remove(c.room)
	}
}

func (c *Composition) kinds() []*budget.Quota {
	p := c.cfg.Budget
	return []*budget.Quota{p.Memory, p.AddressSpace, p.Mappings}
}
