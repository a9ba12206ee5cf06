package server

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWorkersAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w workers
		before := runtime.NumGoroutine()
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
		if w.waiting() != 0 || w.ticks() || runtime.NumGoroutine() > before {
			t.Errorf("%d wait after a while, of %d goroutines before %d are left", w.waiting(), before, runtime.NumGoroutine())
		}
		w.run(func() {})
		synctest.Wait()
		w.close()
		synctest.Wait()
		if runtime.NumGoroutine() > before {
			t.Error("a worker outlives the end")
		}
	})
}

// waiting is how many workers wait, ticks whether they are looked after.
func (w *workers) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.idle)
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
		busy := w.idle[w.waiting()-1]
		for range 100 {
			time.Sleep(workerPatience / 5)
			w.run(func() {})
			synctest.Wait()
		}
		if w.waiting() != 1 || w.idle[0] != busy {
			t.Errorf("%d wait, the one that works is among them: %v", w.waiting(), w.idle[0] == busy)
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
