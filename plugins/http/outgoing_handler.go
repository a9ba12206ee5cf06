package http

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// handle sends a request. What is wrong with the request itself, or not granted, it
// tells at once; everything else the future tells.
func (p *Plugin) handle(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	limits := timeouts{p.cfg.ConnectTimeout, p.cfg.FirstByteTimeout, p.cfg.BetweenBytesTimeout}
	if o, ok := wire.Option(args[1]); ok {
		options, err := host.Object[*requestOptions](o)
		if err != nil {
			return value.Value{}, err
		}
		limits.override(options)
	}
	f, err := p.send(c, r, limits)
	if err != nil {
		if r.body != nil {
			r.body.leave(io.EOF)
		}
		var code *Error
		if !errors.As(err, &code) {
			code = fail(InternalError, err)
		}
		return errResult(code)
	}
	return wire.Ok(own(c, "future-incoming-response", f))
}

func (t *timeouts) override(o *requestOptions) {
	for _, x := range []struct {
		to   *time.Duration
		from *uint64
	}{{&t.connect, o.connect}, {&t.firstByte, o.firstByte}, {&t.betweenBytes, o.betweenBytes}} {
		if x.from != nil {
			*x.to = wire.Duration(*x.from)
		}
	}
}

// send begins to send a request. Its maker's grants allow that, not the sender's: what
// passes a sidecar is the request of who made it, and a sidecar that only passes
// requests on needs no grant, and lends none.
func (p *Plugin) send(c *host.Call, r *outgoingRequest, limits timeouts) (*futureResponse, error) {
	g := grantsOf(c)
	to, err := r.destination()
	if err != nil {
		return nil, err
	}
	allowed, h2c := r.maker.allow(to)
	h2c = h2c || to.scheme == "http" && r.grpc()
	switch {
	case r.maker.err != nil:
		return nil, fail(ConfigurationError, r.maker.err)
	case !allowed:
		c.Refused(r.maker.refusal(to))
		return nil, fail(RequestDenied, nil)
	case g.active >= p.cfg.MaxRequests:
		return nil, fail(ConnectionLimitReached, nil)
	}
	if r.body != nil {
		if err := r.body.failed(); err != nil {
			return nil, with(InternalError, value.Some(value.String(err.Error())))
		}
		r.body.handOver()
	}
	t := newTimed(context.WithValue(c.Context(), descriptorsKey{}, c.SharedDescriptors()), limits, p.cfg.MaxResponseHeader)
	req, err := r.request(to, &t.tracker)
	if err != nil {
		t.end()
		return nil, err
	}
	f := &futureResponse{timed: t, grants: g, maker: r.maker, to: to}
	g.active++
	if r.body != nil {
		// The client waits for the body that it reads, even if the request is cancelled.
		context.AfterFunc(t.ctx, func() { r.body.leave(fail(ConnectionTerminated, nil)) })
	}
	var sender http.RoundTripper = p.client.transport
	if t.h2c = h2c; h2c {
		sender = p.client.h2c
	}
	if p.cfg.Around != nil {
		sender = p.cfg.Around(c.Component().Name, sender)
	}
	go f.fetch(sender, req.WithContext(t.ctx), p.cfg.MaxResponseHeader)
	return f, nil
}

// grpc reports whether the request is one of gRPC, which is spoken by HTTP/2 only. gRPC-Web
// is another protocol.
func (r *outgoingRequest) grpc() bool {
	for _, v := range r.headers.get("content-type") {
		kind, _, _ := strings.Cut(strings.ToLower(string(v)), ";")
		kind = strings.Trim(kind, " \t")
		if kind == "application/grpc" || strings.HasPrefix(kind, "application/grpc+") {
			return true
		}
	}
	return false
}

// destination is where the request goes; without a scheme, by https.
func (r *outgoingRequest) destination() (origin, error) {
	scheme := r.scheme
	if scheme == "" {
		scheme = "https"
	}
	switch {
	case scheme != "http" && scheme != "https":
		return origin{}, fail(ProtocolError, errors.New("the scheme is neither http nor https"))
	case r.authority == nil:
		return origin{}, fail(RequestURIInvalid, errors.New("there is no authority"))
	case r.method == http.MethodConnect:
		return origin{}, fail(RequestMethodInvalid, nil)
	}
	to, err := destination(scheme, *r.authority)
	if err != nil {
		return origin{}, fail(RequestURIInvalid, err)
	}
	return to, nil
}

// request makes what net/http's client sends. t is told of what the client does not
// tell.
func (r *outgoingRequest) request(to origin, t *tracker) (*http.Request, error) {
	path := "/"
	if r.path != nil && *r.path != "" {
		path = *r.path
	}
	if path[0] == '?' {
		path = "/" + path
	}
	u, err := url.ParseRequestURI(path)
	if path == "*" {
		u, err = &url.URL{Path: "*"}, nil
	}
	if err != nil {
		return nil, fail(RequestURIInvalid, err)
	}
	u.Scheme, u.Host = to.scheme, to.authority()
	req := &http.Request{
		Method: r.method, URL: u, Host: *r.authority, Header: r.headers.header(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = []string{""} // or the client would add its own
	}
	length, err := contentLength(r.headers)
	if err != nil {
		return nil, err
	}
	req.Header.Del("Content-Length")
	if !acceptsTrailers(req.Header) {
		req.Header.Del("Te") // it is of this connection, which is the host's
	}
	r.setBody(req, length, t)
	return req, nil
}

// setBody gives the request the body that the guest has written, or is writing.
func (r *outgoingRequest) setBody(req *http.Request, length int64, t *tracker) {
	trailers := req.Header.Values("Trailer")
	req.Header.Del("Trailer")
	if r.body == nil {
		req.Body = http.NoBody
		return
	}
	if b, ok := r.body.complete(); ok && r.body.trailers == nil {
		if len(b) == 0 {
			req.Body = http.NoBody
			return
		}
		req.ContentLength = int64(len(b))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
		req.Body, _ = req.GetBody() // it cannot fail
		return
	}
	req.ContentLength = length
	body := &reader{pipe: r.body}
	if length < 0 {
		// HTTP/2 needs the names of trailers first, from the header that is meant for that.
		req.Trailer = http.Header{}
		for _, names := range trailers {
			for name := range strings.SplitSeq(names, ",") {
				if name = strings.TrimSpace(name); httpguts.ValidTrailerHeader(name) {
					req.Trailer[http.CanonicalHeaderKey(name)] = nil
				}
			}
		}
		body.atEnd = func(trailers *fields) {
			if trailers == nil {
				return
			}
			t.update(func(p *progress) { p.trailers = true })
			for _, e := range trailers.entries {
				req.Trailer.Add(e.name, string(e.value))
			}
		}
	}
	req.Body = body
}
