package http

import (
	"net/http"
	"sync"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// futureResponse is behind the resource future-incoming-response: a request that
// is being sent.
type futureResponse struct {
	*timed
	grants *grants
	// maker's grants allowed the request, to that origin.
	maker  *grants
	to     origin
	signal wasiio.Signal
	got    bool

	// headers are the response's, and limit is how many bytes they, or its trailers,
	// may have. They are written before response is.
	headers *fields
	limit   int64

	mu       sync.Mutex
	response *http.Response // guarded by mu
	err      *Error         // guarded by mu
	dropped  bool           // guarded by mu
}

// fetch sends the request and waits for the response's header, of at most limit
// bytes.
func (f *futureResponse) fetch(t http.RoundTripper, req *http.Request, limit int64) {
	resp, code := f.roundTrip(t, req, limit)
	f.relax()
	f.mu.Lock()
	f.response, f.err = resp, code
	dropped := f.dropped
	f.mu.Unlock()
	if dropped && resp != nil {
		_ = resp.Body.Close() // nobody wants it
	}
	if code != nil {
		f.end()
	}
	f.signal.Notify()
}

func (f *futureResponse) roundTrip(t http.RoundTripper, req *http.Request, limit int64) (*http.Response, *Error) {
	resp, err := t.RoundTrip(req)
	if err != nil {
		return nil, clientError(req.Context(), f.now(), err)
	}
	f.begun(resp)
	f.headers, f.limit = fromHeader(resp.Header), limit
	code := f.headers.tooLarge(limit, ResponseHeaderSectionSize, ResponseHeaderSize)
	if !f.headers.valid() || resp.StatusCode == http.StatusSwitchingProtocols { // nobody asked for another protocol
		code = fail(ProtocolError, nil)
	}
	if code != nil {
		_ = resp.Body.Close() // nobody will read it
		return nil, code
	}
	return resp, nil
}

// Drop ends the request, unless the guest has taken the response.
func (f *futureResponse) Drop() {
	if f.got {
		return
	}
	f.grants.active--
	f.mu.Lock()
	f.dropped = true
	resp := f.response
	f.mu.Unlock()
	f.end()
	if resp != nil {
		_ = resp.Body.Close() // nobody wants it
	}
}

// Ready reports whether there is a response, or an error.
func (f *futureResponse) Ready() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.response != nil || f.err != nil
}

// Watch watches for the response.
func (f *futureResponse) Watch(wake func()) (stop func()) { return f.signal.Watch(wake) }

// take makes what the guest sees of the response. It is called once, when there is
// one.
func (f *futureResponse) take() (*incomingResponse, *Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = true
	if f.err != nil {
		f.grants.active--
		return nil, f.err
	}
	resp := f.response
	return &incomingResponse{status: resp.StatusCode, incomingMessage: incomingMessage{headers: f.headers, message: &message{
		Source: wasiio.NewInterruptibleSource(timedBody{f.timed, resp.Body}, f.end),
		trailers: func() (*fields, *Error) {
			t := fromTrailer(resp.Trailer)
			if !t.valid() {
				return nil, fail(ProtocolError, nil)
			}
			return t, t.tooLarge(f.limit, ResponseTrailerSectionSize, ResponseTrailerSize)
		},
		done: func() {
			f.grants.active--
			_ = resp.Body.Close() // nobody will read it
			f.end()
		},
		code: func(err error) *Error { return clientError(f.ctx, f.now(), err) },
	}}}, nil
}

func futureResponseSubscribe(c *host.Call, f *futureResponse, _ []value.Value) (value.Value, error) {
	return wasiio.OwnPollable(c, f), nil
}

// futureResponseGet returns option<result<result<incoming-response, error-code>>>:
// none before there is a response, and the outer error for a second call after it.
func futureResponseGet(c *host.Call, f *futureResponse, _ []value.Value) (value.Value, error) {
	switch {
	case f.got:
		return value.Some(value.Err(nil)), nil
	case !f.Ready():
		return value.None(), nil
	}
	r, code := f.take()
	if code != nil && code.Code == DestinationIPProhibited && f.maker != nil {
		c.Refused(f.maker.ledHome(f.to))
	}
	var inner value.Value
	if code != nil {
		e := code.value()
		inner = value.Err(&e)
	} else {
		ok := own(c, "incoming-response", r)
		inner = value.Ok(&ok)
	}
	return value.Some(value.Ok(&inner)), nil
}
