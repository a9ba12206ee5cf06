package cli

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/shim/settle"
)

// servingGC is Go's GOGC in a pod, its default, once a composition is linked. A larger
// one takes 8 MB more of heap at work, a smaller one much more of the processor.
const servingGC = 100

// holdLittle has the process give back what it does not need while it waits, until stop
// is called: a pod is billed for it for as long as it runs.
func (a *app) holdLittle() (stop func()) {
	var composition atomic.Pointer[host.Composition]
	a.compiled = func(c *host.Composition) {
		composition.Store(c)
		debug.SetGCPercent(servingGC)
	}
	return settle.WhenIdle(func() {
		if c := composition.Load(); c != nil {
			if err := c.Trim(); err != nil {
				a.log.Warn().Err(err).Msg("instances that waited did not close well")
			}
		}
	})
}
