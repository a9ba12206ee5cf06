package server

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWorkersAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		for range 10 {
			for range 3 {
				w.run(func() {})
			}
			synctest.Wait()
		}
		if n := w.waiting(); n == 0 || n > 3 {
			t.Errorf("%d wait", n)
		}
		time.Sleep(workerPatience / 2)
		w.run(func() {})
		synctest.Wait()
		if w.waiting() == 0 {
			t.Error("none waits")
		}
		time.Sleep(3 * workerPatience)
		synctest.Wait()
		if w.waiting() != 0 || w.ticks() {
			t.Errorf("%d wait after a while", w.waiting())
		}
		w.run(func() {})
		synctest.Wait()
		w.close() // synctest fails if a worker outlives the end
	})
}

// waiting is how many workers wait, ticks whether they are looked after.
func (w *workers) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.idle)
}

// last is the worker that was used last, of those that wait.
func (w *workers) last() worker {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.idle[len(w.idle)-1]
}

func (w *workers) ticks() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ticking
}

// TestWorkersKeepOne: who is used does not end because others are not.
func TestWorkersKeepOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		defer w.close()
		gate := make(chan struct{})
		for range 5 {
			w.run(func() { <-gate })
		}
		close(gate)
		synctest.Wait()
		busy := w.last()
		for range 100 {
			time.Sleep(workerPatience / 5)
			w.run(func() {})
			synctest.Wait()
		}
		if w.waiting() != 1 || w.last() != busy {
			t.Errorf("%d wait, the one that works is among them: %v", w.waiting(), w.last() == busy)
		}
	})
}

func TestWorkersInParallel(t *testing.T) {
	var w workers
	var ran atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				done := make(chan struct{})
				w.run(func() { ran.Add(1); close(done) })
				<-done
			}
		})
	}
	wg.Wait()
	w.close()
	done := make(chan struct{})
	w.run(func() { close(done) }) // after the end too, but nobody waits for more
	<-done
	if ran.Load() != 8000 {
		t.Errorf("%d ran", ran.Load())
	}
}
