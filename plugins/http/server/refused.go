package server

import (
	"errors"
	"sync"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
)

// Reason is why requests are turned away, with 503 and Retry-After.
type Reason string

// The reasons.
const (
	// NoMemory: there was none for an instance until the request's deadline.
	NoMemory Reason = "memory"
	// Queue: as many requests wait as may (Limits.Queue).
	Queue Reason = "queue"
	// Busy: it had to wait until its deadline for others to end.
	Busy Reason = "busy"
	// Streams: as many requests of HTTP/2 are open as may, most of them answered, but their
	// clients do not take the answers.
	Streams Reason = "streams"
	// Ending: the server ends.
	Ending Reason = "ending"
)

// reasons say what is the matter, and what may be done about it.
var reasons = map[Reason]string{
	NoMemory: "requests are turned away: there is no memory for more instances; see http.limits.requests, --max-memory and the memory of the process",
	Queue:    "requests are turned away: as many run and wait as may; see http.limits.requests and http.limits.queue",
	Busy:     "requests are turned away: they waited for others until their deadline; see http.limits.requests and http.limits.deadline",
	Streams:  "requests are reset: as many streams of HTTP/2 are open as may, for clients do not take their answers; see http.limits.requests and http.limits.write",
	Ending:   "requests are turned away: the server ends",
}

// refused counts requests that were turned away, and has the log told of it once in a while.
type refused struct {
	mu  sync.Mutex
	all map[Reason]uint64    // guarded by mu
	at  map[Reason]time.Time // guarded by mu: when the log was told
	// told are those that it was told of. guarded by mu
	told map[Reason]uint64
}

// refusedInterval is the time between two lines of the log that say the same.
const refusedInterval = 10 * time.Second

// count counts one, and returns how many there are that the log has to be told of now.
func (r *refused) count(why Reason) (untold uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all, r.at, r.told = map[Reason]uint64{}, map[Reason]time.Time{}, map[Reason]uint64{}
	}
	r.all[why]++
	if time.Since(r.at[why]) < refusedInterval {
		return 0
	}
	untold = r.all[why] - r.told[why]
	r.at[why], r.told[why] = time.Now(), r.all[why]
	return untold
}

// Refused is how many requests were turned away, by the reason.
func (s *Server) Refused() map[Reason]uint64 {
	r := &s.handler.refused
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[Reason]uint64{}
	for why, n := range r.all {
		out[why] = n
	}
	return out
}

// reasonOf is why a request did not get its turn, because of err.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, errFull):
		return Queue
	case errors.Is(err, pool.ErrMemory), host.NoRoom(err):
		return NoMemory
	case errors.Is(err, pool.ErrClosed), errors.Is(err, ErrDrain):
		return Ending
	}
	return Busy
}
