package server

import (
	"net/http"
	"time"
)

// access is an http.ResponseWriter that knows what was answered.
type access struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap is for http.ResponseController.
func (a *access) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader notes the first status that is final.
func (a *access) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (a *access) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// logAccess writes the line of a request, whose guest may still go on. The query is
// left out, as people put secrets there.
func (e *exchange) logAccess(a *access, whole bool) {
	status := a.status
	if status == 0 && whole {
		status = http.StatusOK // as net/http has it
	}
	ev := e.event(e.h.cfg.Log.Info()).Str("protocol", e.r.Proto).Int("status", status).Int64("bytes", a.bytes).Dur("duration", time.Since(e.start))
	if !whole {
		ev = ev.Bool("broken_off", true)
	}
	ev.Msg("request")
}
