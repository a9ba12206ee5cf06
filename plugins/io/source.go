package io

import (
	"io"
	"sync"
	"time"
)

// Source makes an Input of a reader that can only wait, such as standard input.
// A goroutine reads when somebody asks for bytes, or waits for them, and there are
// none; it ends with that one read. So nothing is read ahead of being asked for,
// and what is kept is no more than one read.
//
// A Source may be closed while a read goes on, which it then interrupts. Where that
// is not possible, as for a terminal or a file on standard input, its goroutine
// stays until the read returns.
type Source struct {
	r io.Reader
	// interrupt makes a read that goes on return soon, and reports whether it can. It
	// returns what to do when the read has returned.
	interrupt func() (after func(), can bool)
	// chunk is how many bytes are read when nobody said how many are wanted.
	chunk  int
	signal Signal

	mu      sync.Mutex
	buf     []byte // guarded by mu: read, not yet taken
	err     error  // guarded by mu: what comes after buf
	reading bool   // guarded by mu
	closed  bool   // guarded by mu
}

const (
	// readSome is the chunk of readers that are not only this Source's, such as
	// standard input: what one reads and does not use, others do not see.
	readSome = 4096
	// readMost is how many bytes are read at a time, however many are wanted.
	readMost = 32 << 10
)

// NewSource returns a Source that reads from r. If r knows read deadlines (files
// that can be polled, network connections) reads are interrupted by them. A nil r
// is at its end.
func NewSource(r io.Reader) *Source {
	s := &Source{r: r, chunk: readSome, interrupt: func() (func(), bool) { return expire(r) }}
	if r == nil {
		s.err = io.EOF
	}
	return s
}

// NewInterruptibleSource returns a Source that reads from r, and interrupts reads by
// calling interrupt.
func NewInterruptibleSource(r io.Reader, interrupt func()) *Source {
	return &Source{r: r, chunk: readMost, interrupt: func() (func(), bool) {
		interrupt()
		return func() {}, true
	}}
}

// expire sets a read deadline in the past. The reader is not ours, so it is taken
// back after that.
func expire(r io.Reader) (after func(), can bool) {
	d, ok := r.(interface{ SetReadDeadline(time.Time) error })
	if !ok || d.SetReadDeadline(time.Unix(1, 0)) != nil {
		return nil, false
	}
	return func() { _ = d.SetReadDeadline(time.Time{}) }, true
}

// Ready reports whether there are bytes, or no more will come.
func (s *Source) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready()
}

func (s *Source) ready() bool { return len(s.buf) > 0 || s.err != nil || s.closed }

// Watch begins to read, if nothing is there.
func (s *Source) Watch(wake func()) (stop func()) {
	stop = s.signal.Watch(wake)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fill(s.chunk)
	return stop
}

// Read returns what is there. If there is nothing it begins to read.
func (s *Source) Read(n int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.buf) > 0 {
		n = min(n, len(s.buf))
		b := s.buf[:n:n]
		s.buf = s.buf[n:]
		return b, nil
	}
	if s.err == nil {
		if s.closed {
			return nil, io.ErrClosedPipe
		}
		s.fill(n)
	}
	return nil, s.err
}

// fill begins to read n bytes if that is needed. It is called with mu held.
func (s *Source) fill(n int) {
	if s.reading || s.ready() {
		return
	}
	s.reading = true
	go func() {
		b := make([]byte, min(n, readMost))
		n, err := s.r.Read(b)
		s.mu.Lock()
		s.buf, s.err, s.reading = b[:n], err, false
		s.mu.Unlock()
		s.signal.Notify()
	}()
}

// Close ends reading.
func (s *Source) Close() error {
	s.mu.Lock()
	s.closed = true
	reading := s.reading
	s.mu.Unlock()
	s.signal.Notify()
	if reading {
		if after, can := s.interrupt(); can {
			s.settle()
			after()
		}
	}
	return nil
}

// settle waits until no read goes on.
func (s *Source) settle() {
	done := make(chan struct{}, 1)
	stop := s.signal.Watch(func() {
		select {
		case done <- struct{}{}:
		default:
		}
	})
	defer stop()
	for s.busy() {
		<-done
	}
}

func (s *Source) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reading
}
