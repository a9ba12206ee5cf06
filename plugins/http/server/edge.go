package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
)

type connKey struct{}

// withConn lets a request find its connection.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// edge is the handler nearest to net/http.
func (s *Server) edge(next http.Handler) http.Handler {
	streams := newStreams(s.cfg.Limits)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*conn)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		r.TLS = c.state
		if r.ProtoMajor != 1 {
			defer streams.begin(s.handler.refusedStream)()
			next.ServeHTTP(w, r)
			streams.settle(w)
			return
		}
		c.begin()
		defer c.end()
		a := &answer{ResponseWriter: w, conn: c}
		defer a.refuse()
		next.ServeHTTP(a, r)
		a.begin(http.StatusOK)
	})
}

// answer is the http.ResponseWriter of a request of HTTP/1. It is the last to change the
// header: an answer says when its connection ends, and one to a request whose body is
// none is 400, whatever the guest has made of the half that it has seen.
type answer struct {
	http.ResponseWriter
	conn *conn
	// begun is set when the header was settled, refused when it is not the handler's.
	begun, refused bool
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// refuse answers a request whose body is none, if the handler has not: net/http tells it
// that the client has left, and it breaks off.
func (a *answer) refuse() {
	if a.begun || a.conn.brokenBody() == nil {
		return // a panic goes on
	}
	if p := recover(); p != nil && p != http.ErrAbortHandler {
		panic(p)
	}
	a.begin(http.StatusBadRequest)
}

// begin settles the header of the answer, and sends it if it is not the handler's.
func (a *answer) begin(status int) int {
	if a.begun || status < 200 {
		return status
	}
	a.begun = true
	h := a.Header()
	if why := a.conn.brokenBody(); why != nil {
		a.refused = true
		text := "400 Bad Request: " + why.Error() + "\n"
		clear(h)
		h.Set("Connection", "close")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(text)))
		a.ResponseWriter.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(a.ResponseWriter, text) // who has left needs no reason
		return http.StatusBadRequest
	}
	if a.conn.of.leave.Load() && !a.conn.more() {
		h.Set("Connection", "close")
	}
	return status
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	status = a.begin(status)
	if !a.refused {
		a.ResponseWriter.WriteHeader(status)
	}
}

// Write writes a part of the body.
func (a *answer) Write(p []byte) (int, error) {
	a.begin(http.StatusOK)
	if a.refused {
		return len(p), nil
	}
	return a.ResponseWriter.Write(p)
}

// FlushError sends what was written.
func (a *answer) FlushError() error {
	a.begin(http.StatusOK)
	return http.NewResponseController(a.ResponseWriter).Flush()
}
