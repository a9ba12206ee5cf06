package server

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// requestBody is a request's body, of which it is known whether it was read to its
// end.
type requestBody struct {
	io.ReadCloser
	// conn is what net/http gave to answer with, whatever was wrapped around it.
	conn  http.ResponseWriter
	ended atomic.Bool
	// answer is nearest to it, nil with another server's handler.
	answer *answer
}

func newRequestBody(w http.ResponseWriter, r *http.Request) *requestBody {
	var nearest *answer
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return &requestBody{ReadCloser: r.Body, conn: w, answer: nearest}
		}
		if a, ok := w.(*answer); ok {
			nearest = a
		}
		w = u.Unwrap()
	}
}

// Read notes the end.
func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

const (
	// drainLimit is how much of a body that the guest did not want is read, and
	// drainTime how long that may take, to use the connection again.
	drainLimit = 256 << 10
	drainTime  = 100 * time.Millisecond
)

// finish makes sure, when the answer is complete, that no rest of the body is taken
// for the next request of the connection: net/http does not if the answer was
// written while the body was being read (EnableFullDuplex). What is there of a short
// rest is read, else the connection ends.
func (b *requestBody) finish() {
	if b.ended.Load() {
		return
	}
	control := http.NewResponseController(b.conn)
	// An answer that was not begun is none: to flush it would say 200.
	begun := b.answer == nil || b.answer.begun
	if begun && control.Flush() == nil && control.SetReadDeadline(time.Now().Add(drainTime)) == nil {
		_, _ = io.CopyN(io.Discard, b, drainLimit) // the end is what counts
	}
	if b.ended.Load() {
		return
	}
	// The documented way to say that a connection must end is to exceed a limit.
	_, _ = http.MaxBytesReader(b.conn, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 2))
	_ = control.SetReadDeadline(time.Unix(1, 0)) // nothing more is waited for
}
