package http

import (
	"errors"
	"io"
	"sync"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// message is a body that comes in from the network, of a request or a response.
type message struct {
	*wasiio.Source
	// trailers returns what came after the body, once it was read to its end, or that
	// it is too much.
	trailers func() (*fields, *Error)
	// done is called once, when nobody will read any more.
	done func()
	// code makes an error-code of an error in reading.
	code func(error) *Error

	once sync.Once
}

// close ends the message.
func (m *message) close() {
	m.once.Do(func() {
		_ = m.Source.Close() // it never fails
		m.done()
	})
}

// incomingBody is behind the resource incoming-body.
type incomingBody struct {
	message *message
	stream  *bodyInput
	// finished is set when future-trailers has taken the message over.
	finished bool
}

// Drop ends the message, unless it was finished, or its stream goes on.
func (b *incomingBody) Drop() {
	if !b.finished && (b.stream == nil || b.stream.closed) {
		b.message.close()
	}
	if b.stream != nil {
		b.stream.alone = true
	}
}

// bodyInput is the input-stream of a body.
type bodyInput struct {
	*message
	closed bool
	// alone is set when the body was dropped before the stream.
	alone bool
}

// Read reads what is there. Errors are error-codes.
func (i *bodyInput) Read(n int) ([]byte, error) {
	b, err := i.message.Read(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = i.code(err)
	}
	return b, err
}

// Close marks the stream as dropped.
func (i *bodyInput) Close() error {
	i.closed = true
	if i.alone {
		i.message.close()
	}
	return nil
}

func incomingBodyStream(c *host.Call, b *incomingBody, _ []value.Value) (value.Value, error) {
	if b.stream != nil {
		return wire.ErrUnit()
	}
	b.stream = &bodyInput{message: b.message}
	return wire.Ok(wasiio.OwnInput(c, b.stream))
}

func incomingBodyFinish(c *host.Call, b *incomingBody, _ []value.Value) (value.Value, error) {
	if b.stream != nil && !b.stream.closed {
		return value.Value{}, errStreamOpen
	}
	b.finished = true
	return own(c, "future-trailers", &futureTrailers{message: b.message}), nil
}
