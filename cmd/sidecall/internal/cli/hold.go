package cli

import (
	"sync/atomic"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/shim/settle"
)

// holdLittle has the process give back what it does not need while it waits, until stop
// is called: a pod is billed for it for as long as it runs.
func (a *app) holdLittle() (stop func()) {
	var composition atomic.Pointer[host.Composition]
	a.compiled = func(c *host.Composition) { composition.Store(c) }
	return settle.WhenIdle(func() {
		if c := composition.Load(); c != nil {
			if err := c.Trim(); err != nil {
				a.log.Warn().Err(err).Msg("instances that waited did not close well")
			}
		}
	})
}
