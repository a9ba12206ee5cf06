package io

import (
	"context"
	"errors"
	"io"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Input is what an input-stream reads from. It is ready when Read has something to
// return: bytes, an end or an error.
type Input interface {
	Event
	// Read returns at most n bytes, n > 0, of those that are there without waiting:
	// none and no error if there are none yet. It returns io.EOF at the end. After
	// an error it is not called again. The caller may keep the bytes.
	Read(n int) ([]byte, error)
	// Close is called once, when nobody will read any more.
	Close() error
}

// ReadLimit is the number of bytes that one read of a stream returns at most,
// whatever the guest asks for.
const ReadLimit = 128 << 10

// InputStream is behind the resource input-stream.
type InputStream struct {
	in     Input
	closed bool
}

// OwnInput makes a handle of the resource input-stream, which reads from in and
// closes it when it is dropped.
func OwnInput(c *host.Call, in Input) value.Value {
	return c.Own(wit.Resource("wasi:io/streams", "input-stream"), &InputStream{in: in})
}

// Drop closes the input.
func (s *InputStream) Drop() {
	s.closed = true
	_ = s.in.Close() // nobody is left to be told
}

// Ready reports whether a read would return something, the end included.
func (s *InputStream) Ready() bool { return s.closed || s.in.Ready() }

// Watch watches the input.
func (s *InputStream) Watch(wake func()) (stop func()) {
	if s.closed {
		return func() {}
	}
	return s.in.Watch(wake)
}

// read returns what is there, at most n bytes.
func (s *InputStream) read(n uint64) ([]byte, error) {
	if s.closed {
		return nil, closedError{}
	}
	if n == 0 {
		return nil, nil
	}
	b, err := s.in.Read(int(min(n, ReadLimit)))
	switch {
	case err == nil:
		return b, nil
	case len(b) > 0:
		// The error comes again at the next read, or it was not lasting.
		return b, nil
	}
	s.closed = true
	if errors.Is(err, io.EOF) {
		return nil, closedError{}
	}
	return nil, &failedError{err}
}

// blockingRead waits until something is there.
func (s *InputStream) blockingRead(ctx context.Context, n uint64) ([]byte, error) {
	for {
		b, err := s.read(n)
		if err != nil || len(b) > 0 || n == 0 {
			return b, err
		}
		if err := Wait(ctx, s); err != nil {
			return nil, err
		}
	}
}

func inputRead(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*InputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	b, err := s.read(args[1].U64())
	v := value.Bytes(b)
	return streamResult(c, &v, err)
}

func inputBlockingRead(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*InputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	b, err := s.blockingRead(c.Context(), args[1].U64())
	v := value.Bytes(b)
	return streamResult(c, &v, err)
}

func inputSkip(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*InputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	b, err := s.read(args[1].U64())
	v := value.U64(uint64(len(b)))
	return streamResult(c, &v, err)
}

func inputBlockingSkip(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*InputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	b, err := s.blockingRead(c.Context(), args[1].U64())
	v := value.U64(uint64(len(b)))
	return streamResult(c, &v, err)
}

func inputSubscribe(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*InputStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return OwnPollable(c, s), nil
}
