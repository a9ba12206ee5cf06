package host

// Stats are what a composition has now.
type Stats struct {
	// Instances are those that are open, and Spares those that wait to be used again.
	Instances, Spares int
	// Components are in the order of the plan.
	Components []ComponentStats
}

// ComponentStats are what a component has in all open instances together.
type ComponentStats struct {
	Name string
	// Memory is the size of its linear memories in bytes. The system has less in
	// memory, as pages that were not written to take none.
	Memory uint64
	// Shared is set for a component of which all instances call the same one. Then Live
	// tells whether that is there, and Busy whether it runs.
	Shared, Live, Busy bool
}

// Stats returns the counts of now.
func (c *Composition) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{Instances: c.instances, Spares: len(c.reuse.idle)}
	for n := range c.plan.Components {
		used := c.memory[n].Load()
		for _, idle := range c.reuse.idle {
			used -= int64(idle.budgets[n].Linear())
		}
		of := ComponentStats{Name: c.plan.Components[n].Name, Memory: uint64(max(0, used))}
		if store := c.plan.Components[n].Store; store > 0 {
			shared := c.shared[store-1]
			life := shared.now.Load()
			of.Shared, of.Live, of.Busy = true, life != nil && !life.dead.Load(), len(shared.turn) > 0
		}
		s.Components = append(s.Components, of)
	}
	return s
}
