package cli

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/shim/settle"
)

// linkingGC is Go's GOGC while a composition is linked and compiled in a pod.
const linkingGC = 50

// holdLittle keeps what the process holds small, until stop is called: a pod is billed
// for it for as long as it runs. What linking leaves lies among its garbage; collecting
// that often takes some milliseconds, and spares a megabyte of pages that hold little.
func (a *app) holdLittle() (stop func()) {
	percent := debug.SetGCPercent(linkingGC)
	var composition atomic.Pointer[host.Composition]
	a.compiled = func(c *host.Composition) {
		composition.Store(c)
		debug.SetGCPercent(percent)
	}
	return settle.WhenIdle(func() {
		if c := composition.Load(); c != nil {
			if err := c.Trim(); err != nil {
				a.log.Warn().Err(err).Msg("instances that waited did not close well")
			}
		}
	})
}
