package server

import (
	"context"
	"net"
	"time"
)

const (
	// lastCall is how long a connection that waits for a request is kept when the server
	// ends: a client that knows nothing of that may just be sending one.
	lastCall = 500 * time.Millisecond
	// acceptRest is how long clients are accepted whose connections were made before the
	// kernel was told to make no more.
	acceptRest = 100 * time.Millisecond
	// sweepInterval is how often is looked for connections that can end.
	sweepInterval = 10 * time.Millisecond
)

// listen listens by TCP alone, which Go has not done by itself since 1.24: the kernel lets
// nobody filter what comes for a listener by Multipath TCP (see refuseNew).
func listen(address string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c.Listen(context.Background(), "tcp", address)
}

// Leave begins what Run does when its context ends, without an end: readiness is
// withdrawn, and clients are told to go elsewhere, while all requests are answered that
// come. It may be called at any time.
func (s *Server) Leave() {
	s.health.ready.Store(false)
	s.left.Do(func() {
		s.leftAt.Store(time.Now().UnixNano())
		s.cfg.Log.Info().Str("composition", s.cfg.Name).Msg("clients are sent away")
	})
	s.conns.sendAway()
}

// drain ends serving. failed gets the error of a listener that was closed.
//
// No request is lost that has come, or may be on its way: each answer tells its client
// that the connection ends, until there are no connections any more, and new ones are made
// until others are ready to take them (Listen.DrainDelay).
func (s *Server) drain(failed <-chan error) error {
	s.Leave()
	time.Sleep(s.opt.DrainDelay - time.Since(time.Unix(0, s.leftAt.Load())))
	s.stopListening(failed)
	if s.finish(max(0, s.opt.DrainTimeout)) == nil {
		return nil
	}
	// Guests end, and answer 503 or break off. Give what they say the time to arrive.
	s.cancel(ErrDrain)
	if s.finish(writeGrace) != nil {
		s.conns.force()
		_ = s.http.Close() // what is left has had its time
	}
	return ErrDrain
}

// stopListening accepts who has connected already, and nobody after that.
func (s *Server) stopListening(failed <-chan error) {
	if err := refuseNew(s.tcp); err != nil {
		s.conns.log.Debug().Err(err).Msg("a connection that is made as the listener closes may be lost")
	}
	_ = s.tcp.SetDeadline(time.Now().Add(acceptRest)) // acceptor closes it then
	select {
	case <-failed:
	case <-time.After(2 * acceptRest): // there may be as many clients as may be
		_ = s.listener.Close()
	}
}

// finish waits until all is answered and all clients know that they must go.
func (s *Server) finish(timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	told := time.Unix(0, s.leftAt.Load())
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for s.conns.sweep(time.Now().Add(-lastCall)) || time.Since(told) < lastCall && s.conns.any() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	// Those of HTTP/2 are left. Shutdown would drop requests of HTTP/1 that it has read.
	return s.http.Shutdown(ctx)
}
