package http

import (
	"errors"
	"strconv"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// outgoingBody is behind the resource outgoing-body.
type outgoingBody struct {
	pipe     *pipe
	streamed bool // the output-stream was given out
	stream   *bodyOutput
	finished bool
}

// bodyOutput is the output-stream of a body.
type bodyOutput struct {
	*pipe
	closed bool
}

// Close marks the stream as dropped, without which the body cannot be finished.
func (o *bodyOutput) Close() error {
	o.closed = true
	return nil
}

// Retained is what the body may have waiting.
func (b *outgoingBody) Retained() int { return b.pipe.retained() }

// Drop breaks the body off, unless it was finished.
func (b *outgoingBody) Drop() {
	if !b.finished {
		b.pipe.abort(errUnfinished)
	}
}

// contentLength reads the header content-length: -1 if there is none.
func contentLength(h *fields) (int64, error) {
	length := int64(-1)
	for _, v := range h.get("content-length") {
		n, err := strconv.ParseUint(string(v), 10, 63)
		if err != nil || length >= 0 && length != int64(n) {
			return -1, fail(ProtocolError, errors.New("content-length is not one number"))
		}
		length = int64(n)
	}
	return length, nil
}

func outgoingBodyWrite(c *host.Call, b *outgoingBody, _ []value.Value) (value.Value, error) {
	if b.streamed {
		return wire.ErrUnit()
	}
	b.streamed = true
	b.stream = &bodyOutput{pipe: b.pipe}
	return wire.Ok(wasiio.OwnOutput(c, b.stream))
}

var errStreamOpen = errors.New("the body's stream is still open: drop it before the body is finished")

func outgoingBodyFinish(_ *host.Call, b *outgoingBody, args []value.Value) (value.Value, error) {
	var trailers *fields
	var err error
	if t, ok := wire.Option(args[0]); ok {
		if trailers, err = host.Object[*fields](t); err != nil {
			return value.Value{}, err
		}
	}
	if b.stream != nil && !b.stream.closed {
		return value.Value{}, errStreamOpen
	}
	b.finished = true
	var code *Error
	switch err := b.pipe.finish(trailers); {
	case err == nil:
		return wire.OkUnit()
	case errors.As(err, &code):
		return errResult(code)
	default:
		return errResult(fail(ConnectionTerminated, err))
	}
}
