package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sidecall/sidecall/host/budget"
)

// ErrMemory is the error of a lease for whose instance there was not enough memory for as
// long as its context lasted.
var ErrMemory = errors.New("there is not enough memory for another instance")

const (
	// instanceOverhead is what an instance takes besides its linear memories, in bytes:
	// stacks, buffers, what the server needs for its request.
	instanceOverhead = 192 << 10
	// firstNeed is what the first instance is expected to need.
	firstNeed = 1 << 20
	// memoryPoll is how often is looked whether there is memory.
	memoryPoll = 5 * time.Millisecond
	// rise and fall are how fast an estimate follows what instances have needed: 1/rise
	// of the difference upwards and 1/fall downwards, so that it comes to lie where one in
	// fall/rise+1 needs more.
	rise, fall = 4, 64
	// mostNeed is the part of all memory that an instance is expected to need at most,
	// beyond what it begins with: if some take all that there is, others need not do so.
	mostNeed = 64
)

// need estimates how many bytes the next instance will need in its linear memories.
type need struct {
	mu   sync.Mutex
	seen bool    // guarded by mu
	is   float64 // guarded by mu
	// first is what an instance begins with. guarded by mu
	first uint64
}

func (n *need) get(all uint64) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.seen {
		return min(firstNeed, all/mostNeed)
	}
	return max(n.first, min(uint64(n.is), all/mostNeed))
}

// begin tells what an instance begins with.
func (n *need) begin(bytes uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.first = max(n.first, bytes)
}

// note tells what an instance has needed.
func (n *need) note(bytes uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch d := float64(bytes) - n.is; {
	case !n.seen:
		n.seen, n.is = true, float64(bytes)
	case d > 0:
		n.is += d / rise
	default:
		n.is += d / fall
	}
}

// Within has new instances wait until there is memory for them: as much as others of the
// composition have needed. It is called before the first Take. What only waits to be used
// again gives way by itself (budget.Reclaimer).
func (p *Pool) Within(memory *budget.Quota) {
	p.memory = memory
	p.opt.KeepMemory = memory != nil && p.policy.Kind == PerRequest
}

// reserve waits for the memory of one instance and returns how much it took.
func (p *Pool) reserve(ctx context.Context) (uint64, error) {
	if p.memory == nil {
		return 0, nil
	}
	want := p.need.get(p.memory.Limit()) + instanceOverhead
	if p.memory.Take(want) == nil {
		return want, nil
	}
	t := time.NewTicker(memoryPoll)
	defer t.Stop()
	for {
		err := p.memory.Take(want)
		if err == nil {
			return want, nil
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("%w: %w: %w", ErrMemory, err, ctx.Err())
		}
	}
}

// settle gives back what was reserved for an instance that is made, and has taken its own
// by now, and returns what is held until it is closed. What it may still grow by is not held:
// it would count twice once it has grown.
func (p *Pool) settle(reserved, has uint64) (held uint64) {
	if p.memory == nil {
		return 0
	}
	p.need.begin(has)
	if p.policy.Kind == PerRequest {
		held = instanceOverhead
	}
	p.memory.Give(reserved - held)
	return held
}
