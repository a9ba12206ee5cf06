package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sidecall/sidecall/host"
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
	mostNeed = host.MuchMemory
	// keptMemory is the part of all memory that the host keeps from those who have more than
	// the part mostNeed (host.InstanceOptions.KeepMemory): whoever will have so much is not let
	// in where it would be refused the rest.
	keptMemory = host.KeptMemory
)

// need estimates how many bytes the next instance will need: its linear memories, and what
// objects of the host keep for it.
type need struct {
	mu   sync.Mutex
	seen bool    // guarded by mu
	is   float64 // guarded by mu
	// first is what an instance begins with. guarded by mu
	first uint64
}

// get returns the estimate, of all memory, and whether an instance begins with much already.
func (n *need) get(all uint64) (bytes uint64, much bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	most := all / mostNeed
	if much = n.first > most; much {
		most += n.first
	}
	if !n.seen {
		return n.first + min(firstNeed, all/mostNeed), much
	}
	return max(n.first, min(uint64(n.is), most)), much
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

// claim is what an instance has of the memory.
type claim struct {
	// held is taken of it until the instance is closed.
	held uint64
	// expected is what the instance will still take itself. It is counted here only: were it
	// taken already, the instance itself could not have it. guarded by claims
	expected uint64
	of       *claims
}

// claims are those of all instances of a pool.
type claims struct {
	sync.Mutex
	n        int    // guarded by Mutex: how many there are
	expected uint64 // guarded by Mutex: the sum of theirs
}

// took notes that the instance has taken n bytes of what was expected.
func (c *claim) took(n uint64) {
	c.of.Lock()
	defer c.of.Unlock()
	c.expect(c.expected - min(c.expected, n))
}

// expect is called with the lock held.
func (c *claim) expect(n uint64) {
	c.of.expected -= c.expected - n
	c.expected = n
}

// reserve waits until there is memory for one more instance, beside what the others are
// expected to take yet. The claim is nil if memory is not counted.
func (p *Pool) reserve(ctx context.Context) (*claim, error) {
	if p.memory == nil {
		return nil, nil
	}
	var t *time.Ticker
	for {
		c, err := p.claim()
		if err == nil {
			return c, nil
		}
		if t == nil {
			t = time.NewTicker(memoryPoll)
			defer t.Stop()
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w: %w", ErrMemory, err, ctx.Err())
		}
	}
}

// claim takes what one more instance needs if there is as much now. The error is a
// *budget.Error.
func (p *Pool) claim() (*claim, error) {
	all := p.memory.Limit()
	bytes, much := p.need.get(all)
	c := &claim{held: instanceOverhead, expected: bytes, of: &p.claims}
	c.of.Lock()
	defer c.of.Unlock()
	wanted := c.held + c.expected + c.of.expected
	if p.opt.KeepMemory && much && c.of.n > 0 {
		wanted += all / keptMemory
	}
	if err := p.memory.Room(wanted); err != nil {
		return nil, err
	}
	if err := p.memory.Take(c.held); err != nil {
		return nil, err
	}
	c.of.n++
	c.of.expected += c.expected
	return c, nil
}

// settle leaves of a claim what an instance that is made, and has so much, may still grow
// by: one that is used again has had its memory before. Instances of a pool are not in
// use most of the time, and claim nothing.
func (p *Pool) settle(c *claim, has uint64) *claim {
	if c == nil {
		return nil
	}
	p.need.begin(has)
	if p.policy.Kind != PerRequest {
		p.release(c)
		return nil
	}
	bytes, _ := p.need.get(p.memory.Limit())
	c.of.Lock()
	defer c.of.Unlock()
	c.expect(min(c.expected, bytes-min(bytes, has)))
	return c
}

// release ends a claim.
func (p *Pool) release(c *claim) {
	if c == nil {
		return
	}
	c.of.Lock()
	defer c.of.Unlock()
	c.expect(0)
	c.of.n--
	p.memory.Give(c.held)
}
