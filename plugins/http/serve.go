package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Exchange is one request that a guest answers.
type Exchange struct {
	// Instance is the composition's, and Handle its exported function handle of
	// wasi:http/incoming-handler.
	Instance *host.Instance
	Handle   *host.Callable
	// Ended is called, if it is not nil, when the guest has returned, with the error
	// of its call. That may be after Serve, as guests may go on when their response is
	// complete. The instance must stay open until then.
	Ended func(error)

	// Refuse, if it is not nil, is asked which status is the answer to a guest whose call
	// failed before it set one, with the error of the call; 0 stands for the usual one.
	Refuse func(error) (status int)

	// Go, if it is not nil, runs the guest instead of a new goroutine: f may take as
	// long as the guest.
	Go func(f func())

	mu       sync.Mutex
	body     *pipe // guarded by mu: what the guest answers with
	returned bool  // guarded by mu
}

// ErrNoAnswer means that the guest returned without an answer.
var ErrNoAnswer = errors.New("the guest set no response")

// ServeError says why a request was not answered as the guest wanted, or could.
type ServeError struct {
	// Status was sent to the client, 0 if the response had begun, or the client had
	// left before there was one. Then the handler of net/http should end in a panic with
	// http.ErrAbortHandler, from which the client learns that the response is not
	// complete.
	Status int
	// Sent is the status of the response that was broken off, 0 if none had begun.
	Sent int
	Err  error
}

func (e *ServeError) Error() string {
	if e.Status == 0 {
		return "response broken off: " + e.Err.Error()
	}
	return fmt.Sprintf("answered with status %d: %v", e.Status, e.Err)
}

// Unwrap returns why.
func (e *ServeError) Unwrap() error { return e.Err }

// Serve lets the guest answer a request. The guest's call ends when the request's
// context is cancelled while the response is not complete, and at the context's
// deadline.
//
// Errors are *ServeError. If the guest fails before it answers, the client gets 500,
// or 504 if the deadline has passed; if it answers with an error-code, the status
// that is nearest to it. A client that has left gets nothing.
func (x *Exchange) Serve(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := detached(r.Context())
	stop := context.AfterFunc(r.Context(), func() {
		// The deadline is ctx's own: to cancel ctx then would call it something else.
		if !errors.Is(r.Context().Err(), context.DeadlineExceeded) {
			cancel()
		}
	})
	defer stop()

	control := http.NewResponseController(w)
	// The server would otherwise read what is left of a request's body before it sends
	// the response. Where that cannot be turned off, it is not done.
	_ = control.EnableFullDuplex()
	request := newIncomingRequest(r, control)
	// net/http must not find the body being read when this function has returned.
	defer request.message.close()
	out := &responseOutparam{
		answers: make(chan answer, 1),
		inform:  func(status int, h *fields) error { return inform(w, status, h) },
	}
	returned := make(chan error, 1)
	run := x.Go
	if run == nil {
		run = func(f func()) { go f() }
	}
	run(func() {
		defer cancel()
		err := x.call(ctx, request, out)
		x.end()
		returned <- err
		if x.Ended != nil {
			x.Ended(err)
		}
	})
	var a answer
	var callErr error
	select {
	case a = <-out.answers:
	case callErr = <-returned:
		select {
		case a = <-out.answers: // it answered just before it returned
		default:
		}
	}
	if a.response == nil {
		return x.refuse(ctx, w, r, a.err, callErr)
	}
	if a.response.body != nil {
		x.begin(a.response.body)
	}
	if err := respond(w, r, control, a.response); err != nil {
		var refused *refusedResponse
		if errors.As(err, &refused) {
			return x.refuse(ctx, w, r, nil, refused.error)
		}
		cancel()
		return &ServeError{Sent: a.response.status, Err: err}
	}
	return nil
}

// detached is a context with the deadline and the values of another, but not its
// end.
func detached(from context.Context) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(from)
	if d, ok := from.Deadline(); ok {
		return context.WithDeadline(ctx, d)
	}
	return context.WithCancel(ctx)
}

// call calls the guest.
func (x *Exchange) call(ctx context.Context, r *incomingRequest, out *responseOutparam) error {
	_, err := x.Handle.Call(ctx,
		x.Instance.Own(wit.Resource("wasi:http/types", "incoming-request"), r),
		x.Instance.Own(wit.Resource("wasi:http/types", "response-outparam"), out),
	)
	return err
}

// begin tells that body is being sent, and end that nobody writes any more: a body
// that is not finished by then will never be.
func (x *Exchange) begin(body *pipe) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.body = body
	if x.returned {
		body.abort(errUnfinished)
	}
}

func (x *Exchange) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.returned = true
	if x.body != nil {
		x.body.abort(errUnfinished)
	}
}

// refuse answers for a guest that did not: code is what it set instead of a
// response, nil if it set nothing and its call ended with callErr.
func (x *Exchange) refuse(ctx context.Context, w http.ResponseWriter, r *http.Request, code *Error, callErr error) error {
	status, err := http.StatusInternalServerError, callErr
	switch {
	case code != nil:
		status, err = statusOf(code.Code), code
	case errors.Is(callErr, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		status = http.StatusGatewayTimeout
	case callErr == nil:
		err = ErrNoAnswer
	}
	other := 0
	if code == nil && x.Refuse != nil {
		other = x.Refuse(err)
	}
	switch {
	case other != 0:
		status = other
	case errors.Is(callErr, context.Canceled) && errors.Is(r.Context().Err(), context.Canceled):
		// Nobody is there to be told, and who counts errors must not take it for one.
		return &ServeError{Err: err}
	}
	http.Error(w, http.StatusText(status), status)
	return &ServeError{Status: status, Err: err}
}

// statusOf is the status that says best what an error-code says.
func statusOf(c Code) int {
	switch c {
	case RequestDenied:
		return http.StatusForbidden
	case RequestLengthRequired:
		return http.StatusLengthRequired
	case RequestBodySize:
		return http.StatusRequestEntityTooLarge
	case RequestMethodInvalid:
		return http.StatusMethodNotAllowed
	case RequestURIInvalid, ProtocolError:
		return http.StatusBadRequest
	case RequestURITooLong:
		return http.StatusRequestURITooLong
	case RequestHeaderSectionSize, RequestHeaderSize, RequestTrailerSectionSize, RequestTrailerSize:
		return http.StatusRequestHeaderFieldsTooLarge
	case LoopDetected:
		return http.StatusLoopDetected
	case DNSTimeout, ConnectionTimeout, ConnectionReadTimeout, ConnectionWriteTimeout, ResponseTimeout:
		return http.StatusGatewayTimeout
	case ConfigurationError, InternalError:
		return http.StatusInternalServerError
	}
	return http.StatusBadGateway
}
