package pool_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/pool"
)

// TestWithin takes more instances than there is memory for: one waits until another has
// given its memory back, and no longer than its context lasts.
func TestWithin(t *testing.T) {
	q := budget.New(budget.Spec{Owner: "the test", What: "memory", Limit: 4 << 20})
	p := newPool(t, pool.Policy{})
	p.Within(q)
	var leases []*pool.Lease
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for {
		l, err := p.Take(ctx)
		if err != nil {
			var full *budget.Error
			if !errors.Is(err, pool.ErrMemory) || !errors.As(err, &full) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			break
		}
		leases = append(leases, l)
	}
	// An instance without memories is still expected to take something.
	if n := len(leases); n < 8 || n > 21 {
		t.Errorf("%d instances were made", n)
	}
	waited := make(chan *pool.Lease)
	go func() { l, _ := p.Take(context.Background()); waited <- l }()
	giveBack(t, leases[0], nil)
	leases[0] = <-waited
	for _, l := range leases {
		giveBack(t, l, nil)
	}
	if q.Used() != 0 {
		t.Errorf("%d bytes are not given back", q.Used())
	}
}

// TestWithinPool: instances that wait for their next use hold nothing for it.
func TestWithinPool(t *testing.T) {
	q := budget.New(budget.Spec{Owner: "the test", What: "memory", Limit: 1 << 20})
	p := newPool(t, pool.Policy{Kind: pool.Reuse, Size: 10})
	p.Within(q)
	var leases []*pool.Lease
	for range 10 {
		leases = append(leases, take(t, p))
	}
	for _, l := range leases {
		giveBack(t, l, nil)
	}
	if q.Used() != 0 {
		t.Errorf("%d bytes are held", q.Used())
	}
}
