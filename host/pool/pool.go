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

// Pool hands out instances of one composition. It is safe for use by many
// goroutines.
type Pool struct {
	comp   *host.Composition
	policy Policy
	opt    host.InstanceOptions
	// slots bounds the instances of a policy that does; nil if there is no bound.
	slots chan struct{}
	// memory is what instances take theirs from, nil for any.
	memory *budget.Quota
	need   need
	claims claims

	mu     sync.Mutex
	idle   []*member // guarded by mu: those that wait, the last used at the end
	count  Stats     // guarded by mu
	closed bool      // guarded by mu
	// gone is told when an instance was closed after Close began.
	gone *sync.Cond
}

// member is an instance with its history.
type member struct {
	inst   *host.Instance
	leases int
	claim  *claim // of the pool's memory
	expiry *time.Timer
}

// stop keeps the instance from expiring.
func (m *member) stop() {
	if m.expiry != nil {
		m.expiry.Stop()
	}
}

// Stats are counts of a pool's instances.
type Stats struct {
	// Made and Failed count instantiations since the beginning.
	Made, Failed uint64
	// Discarded counts instances that could not be used again after a call: because of
	// it, or because a singleton of which they have resources is no more.
	Discarded uint64
	// Busy are those leased now, Idle those that wait.
	Busy, Idle int
}

// ErrClosed is the error of a lease from a pool that was closed.
var ErrClosed = errors.New("the pool is closed")

// New makes a pool. No instance is made before one is wanted.
func New(c *host.Composition, p Policy, opt host.InstanceOptions) *Pool {
	pool := &Pool{comp: c, policy: p.withDefaults(), opt: opt}
	pool.gone = sync.NewCond(&pool.mu)
	if pool.policy.Size > 0 {
		pool.slots = make(chan struct{}, pool.policy.Size)
	}
	return pool
}

// Policy returns the pool's policy, defaults filled in.
func (p *Pool) Policy() Policy { return p.policy }

// Stats returns the counts of now.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.count
	s.Idle = len(p.idle)
	return s
}

// Lease is the right to call one instance, until it is returned.
type Lease struct {
	pool *Pool
	*member
}

// Instance returns the instance.
func (l *Lease) Instance() *host.Instance { return l.inst }

// Take leases an instance. If the policy bounds their number it waits for one, as
// long as ctx lasts. Errors: ctx's, ErrClosed, those of host.Composition.Instantiate.
func (p *Pool) Take(ctx context.Context) (*Lease, error) {
	if p.slots != nil {
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for an instance: %w", ctx.Err())
		}
	}
	m, err := p.take(ctx)
	if err != nil {
		p.free()
		return nil, err
	}
	return &Lease{p, m}, nil
}

// free gives a place back.
func (p *Pool) free() {
	if p.slots != nil {
		<-p.slots
	}
}

// take finds or makes an instance.
func (p *Pool) take(ctx context.Context) (*member, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	p.count.Busy++
	var stale []*member
	var m *member
	for n := len(p.idle) - 1; m == nil && n >= 0; n-- {
		m = p.idle[n]
		p.idle[n] = nil
		p.idle = p.idle[:n]
		if m.inst.Stale() {
			p.count.Discarded++
			stale, m = append(stale, m), nil
		}
	}
	p.mu.Unlock()
	for _, s := range stale {
		s.stop()
		_ = p.close(context.Background(), s) // who takes an instance has nothing to do with it
	}
	if m != nil {
		m.stop()
		m.leases++
		return m, nil
	}
	inst, claimed, err := p.instantiate(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.count.Busy--
		p.count.Failed++
		p.gone.Broadcast()
		return nil, err
	}
	p.count.Made++
	return &member{inst: inst, leases: 1, claim: claimed}, nil
}

// instantiate makes an instance when there is memory for it.
func (p *Pool) instantiate(ctx context.Context) (*host.Instance, *claim, error) {
	for {
		reserved, err := p.reserve(ctx)
		if err != nil {
			return nil, nil, err
		}
		opt := p.opt
		if reserved != nil {
			opt.Took = reserved.took
		}
		inst, err := p.comp.Instantiate(ctx, opt)
		if err == nil {
			return inst, p.settle(reserved, inst.Memory()), nil
		}
		p.release(reserved)
		if p.memory == nil || !host.NoRoom(err) {
			return nil, nil, err
		}
		// It needs more than was expected.
		select {
		case <-time.After(memoryPoll):
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("%w: %w", ErrMemory, err)
		}
	}
}

// close closes an instance that has served, and remembers what it needed.
func (p *Pool) close(ctx context.Context, m *member) error {
	err := m.inst.Close(ctx)
	if had := m.inst.Memory(); had > 0 { // else somebody else closes it
		p.need.note(had)
	}
	p.release(m.claim)
	return err
}

// Return ends the lease. err is how the call ended: an instance whose call failed
// is not used again. The error is that of closing the instance, if that was due.
// A lease is returned once.
func (l *Lease) Return(err error) error {
	p, m := l.pool, l.member
	p.mu.Lock()
	if err == nil && !p.closed && !p.spent(m) {
		p.keep(m)
		p.count.Busy--
		p.mu.Unlock()
		p.free()
		return nil
	}
	if err != nil {
		p.count.Discarded++
	}
	p.mu.Unlock()
	// The place is free when the instance's memory is.
	closeErr := p.close(context.Background(), m)
	p.mu.Lock()
	p.count.Busy--
	p.gone.Broadcast()
	p.mu.Unlock()
	p.free()
	return closeErr
}

// spent reports whether an instance has served as long as it may.
func (p *Pool) spent(m *member) bool {
	return p.policy.MaxInvocations > 0 && m.leases >= p.policy.MaxInvocations
}

// keep lets an instance wait for its next lease. It is called with mu held.
func (p *Pool) keep(m *member) {
	p.idle = append(p.idle, m)
	if p.policy.IdleTimeout <= 0 {
		return
	}
	if m.expiry == nil {
		m.expiry = time.AfterFunc(p.policy.IdleTimeout, func() { p.expire(m) })
	} else {
		m.expiry.Reset(p.policy.IdleTimeout)
	}
}

// expire closes an instance, if it still waits.
func (p *Pool) expire(m *member) {
	p.mu.Lock()
	found := false
	for i := range p.idle {
		if p.idle[i] == m {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			found = true
			break
		}
	}
	p.mu.Unlock()
	if found {
		_ = p.close(context.Background(), m) // nobody is left to be told
	}
}

// Warm makes an instance ahead of need, so that what keeps the composition from
// being instantiated is known early, and keeps it if the policy uses it again.
func (p *Pool) Warm(ctx context.Context) error {
	l, err := p.Take(ctx)
	if err != nil {
		return err
	}
	l.leases-- // nobody was served
	return l.Return(nil)
}

// Close closes the instances that wait, and waits for the others to be returned,
// as long as ctx lasts. The error is ctx's, or that of closing an instance.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var errs []error
	for _, m := range idle {
		m.stop()
		errs = append(errs, p.close(ctx, m))
	}
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.gone.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.count.Busy > 0 && ctx.Err() == nil {
		p.gone.Wait()
	}
	if n := p.count.Busy; n > 0 {
		errs = append(errs, fmt.Errorf("%d instances are in use: %w", n, ctx.Err()))
	}
	return errors.Join(errs...)
}
