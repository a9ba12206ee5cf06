package http

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/plugins/internal/near"
)

// client sends requests for guests. It follows no redirects, keeps no cookies, and
// goes through no proxy.
type client struct {
	transport *http.Transport
	h2c       *http.Transport // by HTTP/2 without TLS
	resolver  *net.Resolver

	mu     sync.Mutex
	closed bool                   // guarded by mu
	conns  map[*observed]struct{} // guarded by mu: those that are open
}

// headerSlack is how many times larger than allowed a response's header may be for
// net/http, which does not tell that it was too large: whoever reads it can.
const headerSlack = 2

func newClient(cfg Config) *client {
	c := &client{resolver: cfg.Resolver, conns: map[*observed]struct{}{}}
	c.transport = &http.Transport{
		DialContext:            c.dial,
		TLSClientConfig:        cfg.TLS,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // guests see what was sent
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: headerSlack * cfg.MaxResponseHeader,
	}
	c.h2c = c.transport.Clone()
	c.h2c.Protocols = &http.Protocols{}
	c.h2c.Protocols.SetUnencryptedHTTP2(true)
	return c
}

// dial connects to a granted host, by none of the addresses that a name must not
// lead to. What is refused is the address that is connected to: there is no time
// between check and use in which the name's answer could change.
func (c *client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Resolver: c.resolver}
	if _, err := netip.ParseAddr(name); err != nil {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err == nil && near.Refused(name, a.Addr()) {
				return fail(DestinationIPProhibited, nil)
			}
			return err
		}
	}
	held, err := c.descriptor(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		held.Give()
		return nil, err
	}
	o := &observed{Conn: conn, held: held, closed: c.forget}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = conn.Close() // nobody waits for it
		return nil, net.ErrClosed
	}
	c.conns[o] = struct{}{}
	return o, nil
}

// descriptorsKey is that of the *host.Descriptors which connections take theirs from, in
// the context of the request that they are made for.
type descriptorsKey struct{}

// descriptor takes one for a connection. Connections that wait for a next request give way.
func (c *client) descriptor(ctx context.Context) (*host.Descriptor, error) {
	from, _ := ctx.Value(descriptorsKey{}).(*host.Descriptors)
	if from.Left() == 0 {
		c.transport.CloseIdleConnections()
	}
	return from.Take()
}

func (c *client) forget(o *observed) {
	o.held.Give()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, o)
}

// close closes all connections. The transport alone would keep those of HTTP/2 whose
// last request is just ending.
func (c *client) close() {
	c.transport.CloseIdleConnections()
	c.h2c.CloseIdleConnections()
	c.mu.Lock()
	c.closed = true
	conns := slices.Collect(maps.Keys(c.conns))
	c.mu.Unlock()
	for _, o := range conns {
		_ = o.Close() // whoever uses it learns of it
	}
}

// timeouts are those of one request.
type timeouts struct{ connect, firstByte, betweenBytes time.Duration }

// timed is a request that ends when one of its timeouts has passed.
type timed struct {
	tracker
	ctx    context.Context
	cancel context.CancelCauseFunc
	limits timeouts

	mu    sync.Mutex
	timer *time.Timer // guarded by mu: the one that runs
	ended bool        // guarded by mu
}

// newTimed makes a request with the values of a context, but not with its end: a
// response may be read by another call. maxHeader is how many bytes the response's
// header may have.
func newTimed(values context.Context, limits timeouts, maxHeader int64) *timed {
	t := &timed{limits: limits, tracker: tracker{headerLimit: headerSlack * maxHeader}}
	t.ctx, t.cancel = context.WithCancelCause(context.WithoutCancel(values))
	// The time for the first byte is that of the body, so it goes on while the header
	// comes: a server may never end it.
	t.ctx = httptrace.WithClientTrace(t.ctx, t.hooks(
		func() { t.expect(limits.connect) },
		func() { t.expect(limits.firstByte) },
	))
	return t
}

// expect ends the request unless relax, or expect, is called within d.
func (t *timed) expect(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	if !t.ended {
		t.timer = time.AfterFunc(d, func() { t.cancel(fail(t.now().late(), nil)) })
	}
}

func (t *timed) relax() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
}

// end ends the request, if it has not ended.
func (t *timed) end() {
	t.relax()
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
	t.cancel(fail(ConnectionTerminated, nil))
}

// timedBody reads a response's body, every part of it in time.
type timedBody struct {
	*timed
	body interface{ Read([]byte) (int, error) }
}

func (b timedBody) Read(p []byte) (int, error) {
	b.expect(b.limits.betweenBytes)
	defer b.relax()
	return b.body.Read(p)
}
