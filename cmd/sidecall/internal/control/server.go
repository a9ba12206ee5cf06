package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// Server answers at a socket.
type Server struct {
	process Process
	path    string
	http    *http.Server
	calls   chan struct{}
	cancel  context.CancelFunc

	mu      sync.Mutex
	closed  bool           // guarded by mu: no call begins any more
	running sync.WaitGroup // of calls
}

// Serve listens in a directory, which it makes, until Close.
func Serve(dir string, p Process) (*Server, error) {
	if err := ensure(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, strconv.Itoa(os.Getpid())+suffix)
	// What is there was left by a process that had this number before.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{process: p, path: path, calls: make(chan struct{}, MaxCalls), cancel: cancel}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.process.Status()) })
	mux.HandleFunc("GET /v1/functions", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.process.Functions()) })
	mux.HandleFunc("GET /v1/graph", s.graph)
	mux.HandleFunc("POST /v1/call", s.call)
	mux.HandleFunc("POST /v1/drain", s.drain)
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: ioTime,
		ReadTimeout:       ioTime,
		WriteTimeout:      ioTime,
		IdleTimeout:       ioTime,
		MaxHeaderBytes:    8 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          stdlog.New(io.Discard, "", 0), // of clients that speak badly
	}
	go func() {
		// It ends with Close. Without it nothing is missing but a view from outside.
		_ = s.http.Serve(netutil.LimitListener(owners{l}, MaxConnections))
	}()
	return s, nil
}

// ioTime is how long a client may take to send, or to receive.
const ioTime = 10 * time.Second

// Close ends the calls under way, waits for them, and removes the socket.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	err := s.http.Close()
	s.running.Wait()
	if gone := os.Remove(s.path); gone != nil && !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// owners accepts connections of the socket's owner only.
type owners struct{ net.Listener }

func (o owners) Accept() (net.Conn, error) {
	for {
		c, err := o.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if mayConnect(c) {
			return c, nil
		}
		_ = c.Close() // it has nothing to hear
	}
}

func answer(w http.ResponseWriter, x any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(x) // who has left needs no answer
}

func (s *Server) graph(w http.ResponseWriter, r *http.Request) {
	text, ok := s.process.Graph(r.URL.Query().Get("format"))
	if !ok {
		http.Error(w, "there is no such format", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text)
}

func (s *Server) drain(w http.ResponseWriter, _ *http.Request) {
	if err := s.process.Drain(); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	answer(w, struct{}{})
}

func (s *Server) call(w http.ResponseWriter, r *http.Request) {
	var req CallRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxRequest)).Decode(&req); err != nil {
		http.Error(w, "the request cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case s.calls <- struct{}{}:
		defer func() { <-s.calls }()
	default:
		http.Error(w, strconv.Itoa(MaxCalls)+" calls are under way, which are as many as may be", http.StatusServiceUnavailable)
		return
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "the process is ending", http.StatusServiceUnavailable)
		return
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	timeout := req.Limit()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout + ioTime))
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	answer(w, s.process.Call(ctx, req))
}
