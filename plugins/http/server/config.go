package server

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host/pool"
)

// Config says what is served and how.
type Config struct {
	// Name is the composition's.
	Name string
	// Pool gives the instances, Interface is the name of their exported handler,
	// "wasi:http/incoming-handler@0.2.x".
	Pool      *pool.Pool
	Interface string
	Limits    Limits
	// Log receives what went wrong, and what the server does.
	Log zerolog.Logger
	// AccessLog says that it also receives a line for each request when it is answered,
	// at level info: composition, method, path, protocol, status, bytes of the body,
	// duration in milliseconds, trace and span, and broken_off for an answer that did not
	// come to its end; its status is 0 if the client left before there was one.
	AccessLog bool
	// Ended, if it is not nil, is told how each call of the guest ended, with the
	// context of its request: nil, or an error of host.Callable.Call or of
	// instantiation.
	Ended func(ctx context.Context, err error)
	// Span, if it is not nil, is the trace and the span of a request, for the log; they
	// may be empty.
	Span func(ctx context.Context) (traceID, spanID string)
}

// Limits bound what requests take. Zero values stand for the defaults.
type Limits struct {
	// Requests are how many run at a time, 0 for 256. A request runs until its guest
	// has returned.
	Requests int
	// Queue are how many more wait for their turn, 0 for as many as Requests, -1 for
	// none. Those beyond are answered 503 at once.
	Queue int
	// Deadline is the time for one request: from its header to the end of its answer.
	// 0 stands for 30 seconds, a negative one for any time.
	Deadline time.Duration
	// Body is the size of a request's body in bytes, 0 for 64 MiB. One that is announced
	// to be longer is answered 413; of one that is not announced, the guest reads no more
	// than this, and then an error.
	Body int64
	// Write is how long a client may take nothing of the answer while there is some to
	// send, 0 for 30 seconds, negative for as long as Deadline. Then the answer is
	// broken off and its guest ends.
	Write time.Duration
	// AfterAnswer is how long a guest may go on after its answer is complete if there
	// is no deadline, 0 for 30 seconds.
	AfterAnswer time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Requests <= 0 {
		l.Requests = 256
	}
	switch {
	case l.Queue == 0:
		l.Queue = l.Requests
	case l.Queue < 0:
		l.Queue = 0
	}
	if l.Deadline == 0 {
		l.Deadline = 30 * time.Second
	}
	if l.Body <= 0 {
		l.Body = 64 << 20
	}
	if l.Write == 0 {
		l.Write = 30 * time.Second
	}
	if l.AfterAnswer <= 0 {
		l.AfterAnswer = 30 * time.Second
	}
	return l
}

// Listen says where and how a Server listens.
type Listen struct {
	// Address is "host:port". With port 0 the system chooses one.
	Address string
	// TLS has a certificate, nil for none: HTTP/2 then works without TLS too, for
	// clients that know beforehand.
	TLS *tls.Config
	// Header is the size of a request's header in bytes, 0 for 64 KiB.
	Header int
	// Connections are how many clients are connected at a time, 0 for 16,384. Others
	// wait to be accepted.
	Connections int
	// HeaderTimeout is how long a client may take to send a header, 0 for 10 seconds,
	// IdleTimeout how long it may stay connected without a request, 0 for 2 minutes.
	HeaderTimeout, IdleTimeout time.Duration

	// Health is the address for Liveness and Readiness, which are paths, empty for
	// "/healthz" and "/readyz". Without an address there are neither.
	Health, Liveness, Readiness string

	// DrainDelay is how long new connections are still accepted after readiness was
	// withdrawn and clients were told to go, by Leave or by the end of Run's context.
	DrainDelay time.Duration
	// DrainTimeout is how long requests under way may take to end after that; 0 stands
	// for 25 seconds, a negative one for no time.
	DrainTimeout time.Duration
}

// DefaultConnections is Listen.Connections if nobody says.
const DefaultConnections = 16 << 10

func (l Listen) withDefaults() Listen {
	for _, d := range []struct {
		to *time.Duration
		is time.Duration
	}{{&l.HeaderTimeout, 10 * time.Second}, {&l.IdleTimeout, 2 * time.Minute}, {&l.DrainTimeout, 25 * time.Second}} {
		if *d.to == 0 {
			*d.to = d.is
		}
	}
	if l.Header <= 0 {
		l.Header = 64 << 10
	}
	if l.Connections <= 0 {
		l.Connections = DefaultConnections
	}
	if l.Liveness == "" {
		l.Liveness = "/healthz"
	}
	if l.Readiness == "" {
		l.Readiness = "/readyz"
	}
	return l
}
