package server

import (
	"net/http"
	"time"
)

// paced is an http.ResponseWriter whose client has to take what is written: each write
// has a time of its own, besides that of the whole request.
type paced struct {
	http.ResponseWriter
	control *http.ResponseController
	idle    time.Duration
	// end is when the request ends, zero for never.
	end time.Time
}

// Unwrap is for http.ResponseController.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write writes within the time.
func (p *paced) Write(b []byte) (int, error) {
	defer p.begin()()
	return p.ResponseWriter.Write(b)
}

// FlushError flushes within the time.
func (p *paced) FlushError() error {
	defer p.begin()()
	return p.control.Flush()
}

// begin sets the deadline of one write, and returns how to take it back: a deadline of
// HTTP/2 ends a stream also while nothing is written.
func (p *paced) begin() (done func()) {
	at := time.Now().Add(p.idle)
	if !p.end.IsZero() && p.end.Before(at) {
		return func() {}
	}
	// What has no deadlines, such as a recorder in a test, needs none.
	_ = p.control.SetWriteDeadline(at)
	return func() { _ = p.control.SetWriteDeadline(p.end) }
}
