package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// graceAfterSignal is how long a run may take to end after a signal. Guest code
// ends at once; a call of the host that waits for the world outside may not.
const graceAfterSignal = time.Second

// untilSignal returns a context that Ctrl-C and SIGTERM end. A second signal, or a
// run that does not end, ends the process.
func (a *app) untilSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			cancel(&signalError{s})
			select {
			case <-signals:
			case <-time.After(graceAfterSignal):
			case <-done:
				return
			}
			os.Exit(a.finish(&signalError{s}))
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
