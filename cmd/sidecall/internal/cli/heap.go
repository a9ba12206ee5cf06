package cli

import (
	"math"
	"runtime/debug"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/linker"
)

const (
	// heapInterval is how often Go's heap is given its limit anew.
	heapInterval = 100 * time.Millisecond
	// heapPart is the part of all memory that is left free, for the program, the kernel,
	// and what comes between two looks; leastHeapPart and leastHeap are what Go always has.
	heapPart, leastHeapPart = 8, 8
	leastHeap               = 20 << 20
	// alonePart is the part that is left free while there are no guests: machine code and
	// files are not on the heap.
	alonePart = 3
	// heapStep is by what part of all memory the limit must change to be set: that stops
	// all goroutines for a moment.
	heapStep = 32
)

// filePart is the part of all memory that a component's file may take: what is made of it to
// link it takes up to six times as much.
const filePart = 8

// mostFileSize is for linker.Options.
func mostFileSize() int64 {
	return int64(min(budget.Total()/filePart, linker.DefaultMaxFileSize))
}

// limitHeapAlone has Go collect its garbage before it takes what the process may have,
// while there are no guests yet: compilers make much of it. It ends with stop.
func limitHeapAlone() (stop func()) {
	total := budget.Total()
	if total >= math.MaxInt64 {
		return func() {}
	}
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, max(leastHeap, int64(total/alonePart*(alonePart-1)))))
	return func() { debug.SetMemoryLimit(before) }
}

// limitHeap has Go collect its garbage before it and the guests' linear memories together
// take more than the process may have: what the guests do not use is Go's, and no more.
// GOMEMLIMIT, if it is less, counts. It ends with stop.
func limitHeap(c *host.Composition) (stop func()) {
	total := budget.Total()
	if total >= math.MaxInt64 {
		return func() {}
	}
	before := debug.SetMemoryLimit(-1)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(heapInterval)
		defer t.Stop()
		is := int64(math.MaxInt64)
		for {
			want := min(before, heapLimit(int64(total), linear(c)))
			if d := want - is; d > int64(total/heapStep) || -d > int64(total/heapStep) {
				debug.SetMemoryLimit(want)
				is = want
			}
			select {
			case <-t.C:
			case <-done:
				debug.SetMemoryLimit(before)
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// heapLimit is how many bytes Go may have while guests have theirs.
func heapLimit(total, guests int64) int64 {
	return max(leastHeap, total/leastHeapPart, total-total/heapPart-guests)
}

// linear is how many bytes the guests have in linear memories.
func linear(c *host.Composition) (n int64) {
	for _, of := range c.Stats().Components {
		n += int64(of.Memory)
	}
	return n
}
