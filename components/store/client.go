package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// How long a registry may leave us without a word: before its answer's header, and
// between two parts of what follows.
const (
	answerTimeout = time.Minute
	stallTimeout  = time.Minute
)

// newClient makes the client for one registry. Redirects and the address of a token
// server are the registry's words, and must not make us ask what only this machine can
// reach, or send what is secret in the clear.
func newClient(r registry.Reference) *http.Client {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		base = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	return clientOf(base.Clone(), r.Host(), loopback(r.Registry), answerTimeout, stallTimeout)
}

func clientOf(base *http.Transport, host string, local bool, answer, stall time.Duration) *http.Client {
	base.ResponseHeaderTimeout = answer
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, ControlContext: refuseNear}
	base.DialContext = dialer.DialContext
	t := retry.NewTransport(&transport{base: base, host: host, local: local, stall: stall})
	t.Policy = func() retry.Policy {
		p := *retryPolicy
		return &p
	}
	return &http.Client{Transport: t}
}

// retryPolicy is the library's, but for requests without an answer: they waited already.
var retryPolicy = &retry.GenericPolicy{
	Retryable: func(resp *http.Response, err error) (bool, error) {
		if err != nil {
			return false, err
		}
		return retry.DefaultPredicate(resp, err)
	},
	Backoff: retry.DefaultBackoff, MinWait: 200 * time.Millisecond, MaxWait: 3 * time.Second, MaxRetry: 5,
}

// transport sends requests to a registry, and to where it sends us.
type transport struct {
	base  http.RoundTripper
	host  string // the registry's, with its port
	local bool   // it is on this machine
	stall time.Duration
}

// elsewhere marks the context of a request that does not go to the registry itself: true
// if the registry is on this machine.
type elsewhere struct{}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	if req.URL.Host != t.host {
		if req.URL.Scheme != "https" && !t.local {
			cancel(nil)
			return nil, fmt.Errorf("the registry sends us to %s without TLS", req.URL.Host)
		}
		if proxy, err := http.ProxyFromEnvironment(req); err == nil && proxy == nil {
			ctx = context.WithValue(ctx, elsewhere{}, t.local)
		}
	}
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Body = &body{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, stall: t.stall}
	return resp, nil
}

// refuseNear refuses addresses that a registry has no business to send us to: what
// listens on this machine for itself, and the metadata services of clouds.
func refuseNear(ctx context.Context, _, address string, _ syscall.RawConn) error {
	local, away := ctx.Value(elsewhere{}).(bool)
	a, err := netip.ParseAddrPort(address)
	if !away || err != nil {
		return nil
	}
	ip := a.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLoopback() && !local {
		return fmt.Errorf("the registry sends us to %s, which is for this machine alone", address)
	}
	return nil
}

// errStalled says that a registry stopped in the middle.
var errStalled = errors.New("the registry has sent nothing for a while")

// body is an answer's body, which ends if nothing comes for long.
type body struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	stall  time.Duration
}

func (b *body) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.stall, func() { b.cancel(errStalled) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
