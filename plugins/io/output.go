package io

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Output is what an output-stream writes to. It is ready when Permit would return
// a number above 0, or an error.
type Output interface {
	Event
	// Permit returns how many bytes Write takes now: 0 while there is no room, and
	// while a flush goes on. It returns io.EOF when the other side has closed.
	Permit() (int, error)
	// Write takes p, of which there are no more bytes than Permit said. It does not
	// wait. p may be kept.
	Write(p []byte) error
	// Flush begins to send everything that was written on its way. It does not wait;
	// Permit returns 0 until it is done.
	Flush() error
	// Close is called once, when nobody will write any more. What was written but
	// not flushed may be lost.
	Close() error
}

// BlockingWriteLimit is the most that blocking-write-and-flush and
// blocking-write-zeroes-and-flush take at a time, as their specification says.
const BlockingWriteLimit = 4096

// OutputStream is behind the resource output-stream.
type OutputStream struct {
	out    Output
	closed bool
	// permit is what the last check-write granted to the next write.
	permit uint64
}

// OwnOutput makes a handle of the resource output-stream, which writes to out and
// closes it when it is dropped.
func OwnOutput(c *host.Call, out Output) value.Value {
	return c.Own(wit.Resource("wasi:io/streams", "output-stream"), &OutputStream{out: out})
}

// Drop closes the output.
func (s *OutputStream) Drop() {
	s.closed = true
	_ = s.out.Close() // nobody is left to be told
}

// Ready reports whether check-write would return something else than 0.
func (s *OutputStream) Ready() bool { return s.closed || s.out.Ready() }

// Watch watches the output.
func (s *OutputStream) Watch(wake func()) (stop func()) {
	if s.closed {
		return func() {}
	}
	return s.out.Watch(wake)
}

// Stuck implements Stuck, if the output does.
func (s *OutputStream) Stuck() error {
	if out, ok := s.out.(Stuck); ok && !s.closed {
		return out.Stuck()
	}
	return nil
}

// fail closes the stream because of err.
func (s *OutputStream) fail(err error) error {
	s.closed, s.permit = true, 0
	if errors.Is(err, io.EOF) {
		return closedError{}
	}
	return &failedError{err}
}

// room returns how much can be written now.
func (s *OutputStream) room() (uint64, error) {
	if s.closed {
		return 0, closedError{}
	}
	n, err := s.out.Permit()
	if err != nil {
		return 0, s.fail(err)
	}
	return uint64(n), nil
}

// checkWrite asks for a permit, which the next write may use.
func (s *OutputStream) checkWrite() (n uint64, err error) {
	n, err = s.room()
	s.permit = n
	return n, err
}

// write uses the permit up.
func (s *OutputStream) write(p []byte) error {
	if s.closed {
		return closedError{}
	}
	if n := uint64(len(p)); n > s.permit {
		return &PermitError{Permitted: s.permit, Written: n}
	}
	return s.put(p)
}

// put writes p, for which there is room.
func (s *OutputStream) put(p []byte) error {
	s.permit = 0
	if len(p) == 0 {
		return nil
	}
	if err := s.out.Write(p); err != nil {
		return s.fail(err)
	}
	return nil
}

// PermitError is the trap of writing more than check-write has permitted, or than
// a blocking write takes.
type PermitError struct{ Permitted, Written uint64 }

func (e *PermitError) Error() string {
	return fmt.Sprintf("write of %d bytes, of which %d are permitted: call check-write before each write and write no more than it returned", e.Written, e.Permitted)
}

func (s *OutputStream) flush() error {
	if s.closed {
		return closedError{}
	}
	s.permit = 0
	if err := s.out.Flush(); err != nil {
		return s.fail(err)
	}
	return nil
}

// wait waits until there is room, and returns how much.
func (s *OutputStream) wait(ctx context.Context) (uint64, error) {
	for {
		n, err := s.room()
		if err != nil || n > 0 {
			return n, err
		}
		var stuck *DeadlockError
		switch err := Wait(ctx, s); {
		case errors.As(err, &stuck):
			if out, ok := s.out.(failer); ok {
				out.Fail(err)
			}
			return 0, s.fail(err)
		case err != nil:
			return 0, err
		}
	}
}

// failer is an Output whose other end is told that not all was written.
type failer interface{ Fail(err error) }

func (s *OutputStream) blockingFlush(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return err
	}
	_, err := s.wait(ctx)
	return err
}

// blockingWriteAndFlush writes all of p, in as many steps as it takes.
func (s *OutputStream) blockingWriteAndFlush(ctx context.Context, p []byte) error {
	if len(p) > BlockingWriteLimit {
		return &PermitError{Permitted: BlockingWriteLimit, Written: uint64(len(p))}
	}
	for len(p) > 0 {
		room, err := s.wait(ctx)
		if err != nil {
			return err
		}
		n := min(uint64(len(p)), room)
		if err := s.put(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return s.blockingFlush(ctx)
}

// splice moves bytes that are there from src to s, at most n.
func (s *OutputStream) splice(src *InputStream, n uint64) (uint64, error) {
	room, err := s.room()
	if err != nil {
		return 0, err
	}
	b, err := src.read(min(n, room))
	if err != nil {
		return 0, err
	}
	return uint64(len(b)), s.put(b)
}

// blockingSplice waits until s can be written and src can be read.
func (s *OutputStream) blockingSplice(ctx context.Context, src *InputStream, n uint64) (uint64, error) {
	for {
		if _, err := s.wait(ctx); err != nil {
			return 0, err
		}
		if moved, err := s.splice(src, n); err != nil || moved > 0 || n == 0 {
			return moved, err
		}
		if err := Wait(ctx, src); err != nil {
			return 0, err
		}
	}
}
