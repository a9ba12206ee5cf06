package settle

import (
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// look is how often it is looked whether the process has become idle.
	look = 3 * time.Second
	// quiet is the part of one processor below which it is: a hundredth. Probes, and
	// the questions that containerd asks a shim every second, take less.
	quiet = 100
	// worth is the processor time that has to pass before memory is given back again.
	// To collect a small heap takes a few milliseconds.
	worth = 20 * time.Millisecond
)

// WhenIdle has the process give memory back whenever it has worked, and is idle now,
// until stop is called. spare, if not nil, is called before, for what the caller can do
// without; it may be called at any time, by another goroutine.
func WhenIdle(spare func()) (stop func()) { return whenIdle(look, spare) }

func whenIdle(look time.Duration, spare func()) (stop func()) {
	if _, ok := processorTime(); !ok {
		return func() {}
	}
	ticker, done := time.NewTicker(look), make(chan struct{})
	go func() {
		defer ticker.Stop()
		w := watch{idle: look / quiet}
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			used, ok := processorTime()
			if !ok || !w.look(used) {
				continue
			}
			if spare != nil {
				spare()
			}
			releaseHeap()
			releaseProgram()
			if used, ok = processorTime(); ok {
				w.given(used)
			}
		}
	}()
	return func() { close(done) }
}

// releaseHeap collects thrice: what a sync.Pool holds is garbage in the second
// collection, and stacks shrink by half in each.
func releaseHeap() {
	runtime.GC()
	runtime.GC()
	debug.FreeOSMemory()
}

// watch decides by the processor time that the process has used: in all, at the last
// look, and when memory was given back.
type watch struct{ idle, last, gave time.Duration }

// look tells whether memory is to be given back.
func (w *watch) look(used time.Duration) bool {
	idle := used-w.last < w.idle
	w.last = used
	return idle && used-w.gave >= worth
}

// given notes that it has been; what that took is no work.
func (w *watch) given(used time.Duration) { w.last, w.gave = used, used }
