package server

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/net/netutil"
)

// Server is a Handler that listens.
type Server struct {
	cfg     Config
	opt     Listen
	handler *Handler

	http     *http.Server
	listener net.Listener
	tcp      *net.TCPListener // below it
	conns    *conns
	cancel   context.CancelCauseFunc // of every request

	left   sync.Once
	leftAt atomic.Int64 // when Leave was called, Unix time in nanoseconds

	health health
	prober *http.Server
	probed net.Listener
}

// New binds the addresses. Requests wait until Run is called. wrap, if it is not
// nil, is put around the handler.
func New(cfg Config, opt Listen, wrap func(http.Handler) http.Handler) (*Server, error) {
	s := &Server{cfg: cfg, opt: opt.withDefaults(), handler: NewHandler(cfg)}
	ctx, cancel := context.WithCancelCause(context.Background())
	s.cancel = cancel
	var h http.Handler = s.handler
	if wrap != nil {
		h = wrap(h)
	}
	s.http = &http.Server{
		Handler:           s.edge(h),
		ReadHeaderTimeout: s.opt.HeaderTimeout,
		IdleTimeout:       s.opt.IdleTimeout,
		MaxHeaderBytes:    s.opt.Header,
		Protocols:         &http.Protocols{},
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return withConn(withRest(ctx), c) },
		ErrorLog:          stdlog.New(logWriter{s}, "", 0),
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true) // TLS is conn's
	if err := s.listen(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// mostProbes is how many may ask for the server's health at a time.
const mostProbes = 256

func (s *Server) listen() (err error) {
	l, err := listen(s.opt.Address)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	log := s.cfg.Log.With().Str("composition", s.cfg.Name).Logger()
	s.tcp = l.(*net.TCPListener)
	s.handler.peers = newPeers(&acceptor{Listener: l, log: log})
	s.listener = s.handler.peers
	s.conns = newConns(netutil.LimitListener(s.listener, s.opt.Connections), s.handler.peers, s.opt, log)
	if s.opt.Health == "" {
		return nil
	}
	if s.probed, err = net.Listen("tcp", s.opt.Health); err != nil {
		return fmt.Errorf("listening for health checks: %w", err)
	}
	s.prober = s.health.server(s.opt)
	s.prober.ErrorLog = s.http.ErrorLog
	return nil
}

func (s *Server) close() {
	s.cancel(nil)
	s.handler.workers.close()
	for _, l := range []net.Listener{s.listener, s.probed} {
		if l != nil {
			_ = l.Close() // nothing was accepted
		}
	}
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// AfterAnswer is how many guests go on though their request is answered.
func (s *Server) AfterAnswer() int64 { return s.handler.after.Load() }

// HealthAddr is where it tells of its health, nil if nowhere.
func (s *Server) HealthAddr() net.Addr {
	if s.probed == nil {
		return nil
	}
	return s.probed.Addr()
}

// ErrDrain is the error of requests that did not end before the drain's timeout.
var ErrDrain = errors.New("requests were still under way and were ended")

// Run serves until ctx is done, and then drains: it withdraws readiness, takes
// requests for as long as DrainDelay since then, or since Leave was called, while it tells
// clients to go, and waits for those under way for as long as DrainTimeout. Errors: that of a
// listener that failed, ErrDrain. The pool is closed by whoever made it, after Run.
func (s *Server) Run(ctx context.Context) error {
	defer s.close()
	failed := make(chan error, 2)
	go func() { failed <- s.http.Serve(s.conns) }()
	if s.prober != nil {
		go func() { failed <- s.prober.Serve(netutil.LimitListener(s.probed, mostProbes)) }()
		defer s.prober.Close()
	}
	s.health.ready.Store(true)
	select {
	case err := <-failed:
		s.health.ready.Store(false)
		_ = s.http.Close() // it has failed already
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	return s.drain(failed)
}

// logWriter takes what net/http has to say: mostly of clients that speak badly.
type logWriter struct{ s *Server }

func (w logWriter) Write(p []byte) (int, error) {
	w.s.cfg.Log.Debug().Str("composition", w.s.cfg.Name).Msg(strings.TrimSpace(string(p)))
	return len(p), nil
}
