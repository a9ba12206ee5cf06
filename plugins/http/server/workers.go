package server

import (
	"sync"
	"time"
)

// workers run guests on goroutines that are used again, the last used first. A new
// goroutine has a small stack, and a guest's calls need a larger one: to make it grow
// for each request takes a fifth of a short request's time. The zero workers are ready.
type workers struct {
	mu     sync.Mutex
	idle   []worker // guarded by mu: those that wait, the last used at the end
	closed bool     // guarded by mu: none wait any more
	// ticking is set while idle is looked after. guarded by mu
	ticking bool
	// unused are how many, from the first, have been idle since the last tick. guarded by
	// mu
	unused int
}

// worker takes work, and ends with the channel.
type worker chan func()

const (
	maxIdleWorkers = 256
	// workerPatience is how long a worker waits at least; it waits no longer than twice.
	workerPatience = 250 * time.Millisecond
)

// run runs f on some goroutine.
func (w *workers) run(f func()) {
	w.mu.Lock()
	n := len(w.idle) - 1
	if n < 0 {
		w.mu.Unlock()
		go w.work(f)
		return
	}
	who := w.idle[n]
	w.idle = w.idle[:n]
	w.unused = min(w.unused, n)
	w.mu.Unlock()
	who <- f
}

func (w *workers) work(f func()) {
	own := make(worker, 1)
	for ok := true; ok; f, ok = <-own {
		f()
		f = nil
		if !w.wait(own) {
			return
		}
	}
}

// wait makes a worker one of those that wait, unless there are enough.
func (w *workers) wait(own worker) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.idle) >= maxIdleWorkers {
		return false
	}
	w.idle = append(w.idle, own)
	if !w.ticking {
		w.ticking = true
		time.AfterFunc(workerPatience, w.tick)
	}
	return true
}

// tick ends those that have waited since the last tick.
func (w *workers) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := copy(w.idle, w.end(w.unused))
	w.idle = w.idle[:n]
	w.unused = n
	if w.ticking = n > 0; w.ticking {
		time.AfterFunc(workerPatience, w.tick)
	}
}

// end ends the first n and returns the others. It is called with mu held.
func (w *workers) end(n int) []worker {
	for _, who := range w.idle[:n] {
		close(who)
	}
	return w.idle[n:]
}

// close ends the workers, those that work when they have done so.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.end(len(w.idle))
	w.idle, w.unused = nil, 0
}
