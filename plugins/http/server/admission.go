package server

import (
	"context"
	"errors"
	"sync/atomic"
)

// admission lets a number of requests run, and some more wait for their turn.
type admission struct {
	running chan struct{}
	queue   int64
	waiting atomic.Int64
}

func newAdmission(requests, queue int) *admission {
	return &admission{running: make(chan struct{}, requests), queue: int64(queue)}
}

// errFull tells that no more requests can wait.
var errFull = errors.New("too many requests wait")

// enter returns when the request may run, until leave is called. Errors are errFull
// and ctx's.
func (a *admission) enter(ctx context.Context) error {
	select {
	case a.running <- struct{}{}:
		return nil
	default:
	}
	if a.waiting.Add(1) > a.queue {
		a.waiting.Add(-1)
		return errFull
	}
	defer a.waiting.Add(-1)
	select {
	case a.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *admission) leave() { <-a.running }
