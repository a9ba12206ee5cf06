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
// A Source may be closed while a read goes on. If the reader knows read deadlines
// (files that can be polled, network connections) the read is ended by that. If
// not, as for a terminal or a file on standard input, its goroutine stays until the
// read returns: Go has no way to interrupt it.
type Source struct {
	r      io.Reader
	signal Signal

	mu      sync.Mutex
	buf     []byte // guarded by mu: read, not yet taken
	err     error  // guarded by mu: what comes after buf
	reading bool   // guarded by mu
	closed  bool   // guarded by mu
}

// readChunk is how many bytes are read when nobody said how many are wanted.
const readChunk = 4096

// NewSource returns a Source that reads from r. A nil r is at its end.
func NewSource(r io.Reader) *Source {
	s := &Source{r: r}
	if r == nil {
		s.err = io.EOF
	}
	return s
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
	s.fill(readChunk)
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
	if s.closed {
		return nil, io.EOF
	}
	if s.err == nil {
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
		b := make([]byte, n)
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
		s.interrupt()
	}
	return nil
}

// interrupt ends a read that goes on, if the reader has a way to.
func (s *Source) interrupt() {
	d, ok := s.r.(interface{ SetReadDeadline(time.Time) error })
	if !ok || d.SetReadDeadline(time.Unix(1, 0)) != nil {
		return
	}
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
	_ = d.SetReadDeadline(time.Time{}) // the reader is not ours: leave it as it was
}

func (s *Source) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reading
}
