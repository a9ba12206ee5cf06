package io

import (
	"context"
	"sync"
)

// Event is something to wait for.
type Event interface {
	// Ready reports whether it has happened. It does not wait.
	Ready() bool
	// Watch arranges that wake is called, from any goroutine, when Ready may have
	// come to report true. It is not called for what was the case before, so Ready is
	// asked again after Watch; it need not be called more than once, so who goes on
	// waiting watches anew. wake does not block. After stop has returned nothing is
	// left behind that was there for its sake.
	Watch(wake func()) (stop func())
}

// Stuck is an Event that may be one that never happens: because it needs something of the
// guest, which cannot do it while it waits.
type Stuck interface {
	Event
	// Stuck is why the event cannot happen, nil if it can.
	Stuck() error
}

// DeadlockError is the error of waiting for what cannot happen.
type DeadlockError struct{ Why error }

func (e *DeadlockError) Error() string { return "this would wait for ever: " + e.Why.Error() }

// Unwrap returns why.
func (e *DeadlockError) Unwrap() error { return e.Why }

// deadlock is an error if none of events can happen.
func deadlock(events []Event) error {
	var why error
	for _, e := range events {
		s, ok := e.(Stuck)
		if !ok {
			return nil
		}
		if why = s.Stuck(); why == nil {
			return nil
		}
	}
	return &DeadlockError{why}
}

// Wait returns when one of events is ready, with ctx's error when it is done, or with a
// *DeadlockError when none of them can happen. It neither spins nor leaves a goroutine
// behind.
func Wait(ctx context.Context, events ...Event) error {
	for !anyReady(events) {
		if err := deadlock(events); err != nil {
			return err
		}
		if err := waitForChange(ctx, events); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// waitForChange returns when the readiness of one of events may have changed.
func waitForChange(ctx context.Context, events []Event) error {
	woken := make(chan struct{}, 1)
	wake := func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	for _, e := range events {
		defer e.Watch(wake)()
	}
	if anyReady(events) {
		return nil
	}
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func anyReady(events []Event) bool {
	for _, e := range events {
		if e.Ready() {
			return true
		}
	}
	return false
}

// Signal tells those who watch it that something has changed. It is the part of an
// Event that Watch is made of. The zero Signal is ready for use.
type Signal struct {
	mu       sync.Mutex
	watchers map[*func()]struct{} // guarded by mu
}

// Watch calls wake at every Notify, until stop.
func (s *Signal) Watch(wake func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers == nil {
		s.watchers = make(map[*func()]struct{})
	}
	key := &wake
	s.watchers[key] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, key)
	}
}

// Watched reports whether anybody watches.
func (s *Signal) Watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers) > 0
}

// Notify wakes all who watch.
func (s *Signal) Notify() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for wake := range s.watchers {
		(*wake)()
	}
}

// Always is the event that has happened already.
type Always struct{}

// Ready reports true.
func (Always) Ready() bool { return true }

// Watch does nothing: there is nothing to come.
func (Always) Watch(func()) (stop func()) { return func() {} }

// Func is an event that has happened when the function says so, and whose changes
// Signal tells.
type Func struct {
	*Signal
	Is func() bool
}

// Ready reports what Is does.
func (f Func) Ready() bool { return f.Is() }
