package server

import (
	"net/http"
	"sync/atomic"
	"time"
)

// health answers whether the process lives and takes requests.
type health struct{ ready atomic.Bool }

func (h *health) server(l Listen) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+l.Liveness, func(w http.ResponseWriter, _ *http.Request) { answerHealth(w, true) })
	mux.HandleFunc("GET "+l.Readiness, func(w http.ResponseWriter, _ *http.Request) { answerHealth(w, h.ready.Load()) })
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
	}
}

func answerHealth(w http.ResponseWriter, ok bool) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	text := "ok\n"
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = "draining\n"
	}
	_, _ = w.Write([]byte(text)) // the prober has its status, or has left
}
