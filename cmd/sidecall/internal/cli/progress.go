package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
)

// progressAfter is how long work may take before a person is told of it.
const progressAfter = time.Second

// progress shows on a terminal that long work goes on, until the function that it
// returns is called.
func (a *app) progress(what string) (stop func()) {
	if a.settings.Quiet || !report.IsTerminal(a.stderr) {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		start := time.Now()
		wait := time.NewTimer(progressAfter)
		defer wait.Stop()
		for {
			select {
			case <-done:
				if time.Since(start) >= progressAfter {
					fmt.Fprint(a.stderr, "\r\x1b[K")
				}
				return
			case <-wait.C:
				fmt.Fprintf(a.stderr, "\r\x1b[K%s… %ds", what, int(time.Since(start).Seconds()))
				wait.Reset(time.Second)
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}
