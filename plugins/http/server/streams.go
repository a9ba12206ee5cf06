package server

import (
	"net/http"
	"sync/atomic"
)

// streams bounds how many requests of HTTP/2 are open at once, on all connections
// together, those that are being turned away included. A connection can have hundreds, and
// who lets none of their answers through holds all of them, 503 too: each keeps some 20 KB,
// so that a thousand connections would have what no process has.
type streams struct {
	open atomic.Int64
	most int64
}

// streamsPerRequest is how many may be open for each request that runs or waits.
const streamsPerRequest = 2

func newStreams(l Limits) *streams {
	l = l.withDefaults()
	return &streams{most: int64(streamsPerRequest * (l.Requests + l.Queue))}
}

// begin counts a request until end is called. One too many is reset, which needs nothing of
// its client: refused is told first.
func (s *streams) begin(refused func()) (end func()) {
	if s.open.Add(1) > s.most {
		s.open.Add(-1)
		refused()
		panic(http.ErrAbortHandler)
	}
	return func() { s.open.Add(-1) }
}

// settle waits until an answer has been taken, if many are open: net/http sends what is
// left of it after the handler has returned, when nobody counts it any more.
func (s *streams) settle(w http.ResponseWriter) {
	if 2*s.open.Load() >= s.most {
		_ = http.NewResponseController(w).Flush() // who does not take it is reset at its time
	}
}
