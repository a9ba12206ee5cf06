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
		if n := len(w.idle); n == 0 || n > 3 {
			t.Errorf("%d wait", n)
		}
		time.Sleep(workerPatience / 2)
		w.run(func() {})
		synctest.Wait()
		if len(w.idle) == 0 {
			t.Error("none waits")
		}
		time.Sleep(3 * workerPatience)
		synctest.Wait()
		if len(w.idle) != 0 || w.ticking || runtime.NumGoroutine() > before {
			t.Errorf("%d wait after a while, of %d goroutines before %d are left", len(w.idle), before, runtime.NumGoroutine())
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
		busy := w.idle[len(w.idle)-1]
		for range 100 {
			time.Sleep(workerPatience / 5)
			w.run(func() {})
			synctest.Wait()
		}
		if len(w.idle) != 1 || w.idle[0] != busy {
			t.Errorf("%d wait, the one that works is among them: %v", len(w.idle), w.idle[0] == busy)
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
