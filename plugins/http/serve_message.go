package http

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// newIncomingRequest makes a request of the server one of the guest.
func newIncomingRequest(r *http.Request, control *http.ResponseController) *incomingRequest {
	in := &incomingRequest{
		method: r.Method, scheme: "http", path: r.URL.RequestURI(), authority: r.Host,
		incomingMessage: incomingMessage{headers: fromHeader(r.Header)},
	}
	// The server meets the expectation; who hands the request on would expect it again.
	in.headers.remove("expect")
	if r.TLS != nil {
		in.scheme = "https"
	}
	if r.Method == http.MethodConnect {
		in.path = ""
	}
	source := wasiio.NewSource(nil)
	if r.Body != nil && r.Body != http.NoBody {
		// An error means that reads cannot be interrupted; then nothing else can be done.
		source = wasiio.NewInterruptibleSource(r.Body, func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })
	}
	in.message = &message{
		Source:   source,
		trailers: func() (*fields, *Error) { return fromTrailer(r.Trailer), nil },
		done:     func() {},
		code:     serverError,
	}
	return in
}

// inform sends an informational response.
func inform(w http.ResponseWriter, status int, h *fields) error {
	before := maps.Clone(w.Header())
	for name, values := range h.header() {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	clear(w.Header())
	maps.Copy(w.Header(), before)
	return nil
}

// frame settles how the end of a response's body is known, by what the guest did and not
// by when: its own content-length; else the length of a body that it had finished before it
// set the response, or that it did not take; else, by HTTP/1.1, chunks, and by HTTP/1.0 the
// end of the connection. It fails if the
// guest contradicts itself; nothing was sent then.
func frame(h http.Header, req *http.Request, r *outgoingResponse) error {
	length, err := contentLength(r.headers)
	if err != nil {
		return err
	}
	bodiless := req.Method == http.MethodHead || r.status == http.StatusNoContent || r.status == http.StatusNotModified
	switch {
	case r.body == nil && length > 0 && !bodiless:
		return failSize(ResponseBodySize, 0)
	case length < 0 && r.body == nil && !bodiless:
		length = 0
	case length < 0 && r.body != nil && r.whole >= 0:
		length = r.whole
	}
	if length >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(length, 10)}
		return nil
	}
	if req.ProtoMajor > 1 {
		h["Content-Length"] = nil // or the server would count a body that comes soon enough
	} else if !bodiless {
		h["Transfer-Encoding"] = []string{"chunked"} // by HTTP/1.0 the server makes it the connection's end
	}
	return nil
}

// respond sends the guest's response, its body as it is written. The error is a
// *refusedResponse if nothing was sent.
func respond(w http.ResponseWriter, req *http.Request, control *http.ResponseController, r *outgoingResponse) error {
	h := w.Header()
	err := frame(h, req, r)
	if err == nil {
		err = r.broken
	}
	if err != nil {
		if clear(h); r.body != nil {
			r.body.leave(fail(ConnectionTerminated, err))
		}
		return &refusedResponse{err}
	}
	for _, e := range r.headers.entries {
		if !strings.EqualFold(e.name, "content-length") {
			h.Add(e.name, string(e.value))
		}
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // or the server would guess one
	}
	w.WriteHeader(r.status)
	if r.body == nil {
		return nil
	}
	body := &reader{pipe: r.body, atEnd: func(trailers *fields) {
		if trailers == nil || control.Flush() != nil { // unflushed, a short body is sent without trailers
			return
		}
		for _, e := range trailers.entries {
			h.Add(http.TrailerPrefix+e.name, string(e.value))
		}
	}}
	if err = send(w, control, body); err != nil {
		r.body.leave(fail(ConnectionTerminated, err))
	}
	return err
}

// refusedResponse is the error of a response that cannot be sent.
type refusedResponse struct{ error }

func (e *refusedResponse) Unwrap() error { return e.error }

// sendChunk is how much of a body is sent at a time.
const sendChunk = 32 << 10

// chunks are buffers for send.
var chunks = sync.Pool{New: func() any {
	b := make([]byte, sendChunk)
	return &b
}}

// patience is how long a guest may make the client wait before what there is of the
// response is sent. Most guests write all that they have within it, and one packet
// takes less than two.
const patience = 200 * time.Microsecond

// send sends a body, and flushes whenever the guest makes it wait.
func send(w io.Writer, control *http.ResponseController, body *reader) error {
	chunk := chunks.Get().(*[]byte)
	defer chunks.Put(chunk)
	buf := *chunk
	for {
		if body.empty() && !body.soon(patience) {
			if err := control.Flush(); err != nil {
				return err
			}
		}
		n, err := body.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			_ = control.Flush() // so that the client has at least the status
			return err
		}
	}
}
