package http

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"
)

// client sends requests for guests. It follows no redirects, keeps no cookies, and
// goes through no proxy.
type client struct{ transport *http.Transport }

func newClient(cfg Config) *client {
	return &client{&http.Transport{
		DialContext:            dial,
		TLSClientConfig:        cfg.TLS,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // guests see what was sent
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: cfg.MaxResponseHeader,
	}}
}

// dial connects to a granted host. Whoever answers for a name must not thereby open
// the way to the host itself, or to its link: such addresses are only for requests
// that name them, or "localhost".
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{}
	name, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	_, literal := netip.ParseAddr(name)
	if literal != nil && name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		d.Control = refuseNear
	}
	return d.DialContext(ctx, network, addr)
}

func refuseNear(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := a.Addr().Unmap()
	if ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() {
		return fail(DestinationIPProhibited, nil)
	}
	return nil
}

// timeouts are those of one request.
type timeouts struct{ connect, firstByte, betweenBytes time.Duration }

// timed is a request that ends when one of its timeouts has passed.
type timed struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	limits timeouts

	mu    sync.Mutex
	timer *time.Timer // guarded by mu: the one that runs
	ended bool        // guarded by mu
}

// newTimed makes a request with the values of a context, but not with its end: a
// response may be read by another call.
func newTimed(values context.Context, limits timeouts) *timed {
	t := &timed{limits: limits}
	t.ctx, t.cancel = context.WithCancelCause(context.WithoutCancel(values))
	t.ctx = httptrace.WithClientTrace(t.ctx, &httptrace.ClientTrace{
		GetConn:              func(string) { t.expect(limits.connect, ConnectionTimeout) },
		GotConn:              func(httptrace.GotConnInfo) { t.expect(limits.firstByte, ConnectionReadTimeout) },
		GotFirstResponseByte: t.relax,
	})
	return t
}

// expect ends the request with code unless relax, or expect, is called within d.
func (t *timed) expect(d time.Duration, code Code) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	if !t.ended {
		t.timer = time.AfterFunc(d, func() { t.cancel(fail(code, nil)) })
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
	b.expect(b.limits.betweenBytes, ConnectionReadTimeout)
	defer b.relax()
	return b.body.Read(p)
}
