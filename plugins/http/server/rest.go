package server

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// rest is what the guests of a connection's requests still do when these are answered. A
// client that does not wait for it would have more and more of them running, however few
// requests it has under way: so its next request waits instead.
type rest struct {
	mu   sync.Mutex
	n    int           // guarded by mu: guests that go on
	less chan struct{} // guarded by mu: closed when one ends, nil if nobody waits
}

// mostRest is how many guests of one connection may go on before its next request waits. A
// connection of HTTP/1 has one request at a time, one of HTTP/2 many, which would wait for
// each other.
const (
	mostRest  = 1
	mostRest2 = 16
)

func mostRestOf(r *http.Request) int {
	if r.ProtoMajor > 1 {
		return mostRest2
	}
	return mostRest
}

type restKey struct{}

// withRest is for http.Server.ConnContext.
func withRest(ctx context.Context) context.Context {
	return context.WithValue(ctx, restKey{}, &rest{})
}

// restOf is the rest of the connection that a request came by, nil for one of another server.
func restOf(ctx context.Context) *rest {
	r, _ := ctx.Value(restKey{}).(*rest)
	return r
}

// wait returns when there are less than most guests that go on.
func (r *rest) wait(ctx context.Context, most int) error {
	if r == nil {
		return nil
	}
	for {
		r.mu.Lock()
		if r.n < most {
			r.mu.Unlock()
			return nil
		}
		if r.less == nil {
			r.less = make(chan struct{})
		}
		less := r.less
		r.mu.Unlock()
		select {
		case <-less:
		case <-ctx.Done():
			return fmt.Errorf("guests of earlier requests of the connection still run: %w", ctx.Err())
		}
	}
}

func (r *rest) add(n int) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n += n
	if n < 0 && r.less != nil {
		close(r.less)
		r.less = nil
	}
}

// afterAnswer is the part of a guest's call that comes after its answer.
type afterAnswer struct {
	h    *Handler
	rest *rest

	mu           sync.Mutex
	begun, ended bool // guarded by mu
}

// begin is called when the answer is complete, and end when the guest has returned.
func (a *afterAnswer) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.begun = true
		a.h.after.Add(1)
		a.rest.add(1)
	}
}

func (a *afterAnswer) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.begun {
		a.h.after.Add(-1)
		a.rest.add(-1)
	}
}
