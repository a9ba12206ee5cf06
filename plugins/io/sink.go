package io

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/sidecall/sidecall/host"
)

// Sink makes an Output of a writer that can only wait, such as standard output. A
// goroutine writes while there is something to write, and ends when there is not.
// What waits to be written is no more than sinkRoom bytes.
type Sink struct {
	w io.Writer
	// prompt is set if w never waits: then there is no goroutine, and nothing pending.
	prompt bool
	signal Signal

	mu       sync.Mutex
	pending  []byte        // guarded by mu: not yet given to w
	inFlight int           // guarded by mu: bytes that w is writing
	idle     chan struct{} // guarded by mu: closed when all is written; nil when idle
	flushing bool          // guarded by mu
	err      error         // guarded by mu
}

const (
	// sinkRoom is how many bytes may wait to be written.
	sinkRoom = 64 << 10
	// sinkPatience is how long a write waits for the writer, though it need not: long
	// enough that what a guest writes to a file or to a reader that reads has arrived
	// when the guest goes on, and in order among several sinks.
	sinkPatience = 10 * time.Millisecond
)

// NewSink returns a Sink that writes to w. A nil w swallows everything.
func NewSink(w io.Writer) *Sink {
	if w == nil {
		w = io.Discard
	}
	_, prompt := w.(host.PromptWriter)
	return &Sink{w: w, prompt: prompt || w == io.Discard}
}

// Ready reports whether Permit returns something else than 0.
func (s *Sink) Ready() bool {
	n, err := s.Permit()
	return n > 0 || err != nil
}

// Watch watches for room.
func (s *Sink) Watch(wake func()) (stop func()) { return s.signal.Watch(wake) }

// Permit returns the room that is left.
func (s *Sink) Permit() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	if s.flushing {
		return 0, nil
	}
	return sinkRoom - len(s.pending) - s.inFlight, nil
}

// Write gives p to the writer.
func (s *Sink) Write(p []byte) error {
	s.mu.Lock()
	if s.err != nil {
		defer s.mu.Unlock()
		return s.err
	}
	if s.prompt {
		defer s.mu.Unlock()
		_, s.err = s.w.Write(p)
		return s.err
	}
	if len(s.pending) == 0 {
		s.pending = p
	} else {
		s.pending = append(s.pending[:len(s.pending):len(s.pending)], p...)
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
		go s.drain()
	}
	idle := s.idle
	s.mu.Unlock()

	t := time.NewTimer(sinkPatience)
	defer t.Stop()
	select {
	case <-idle:
	case <-t.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// drain writes until nothing is left.
func (s *Sink) drain() {
	for {
		s.mu.Lock()
		if len(s.pending) == 0 || s.err != nil {
			s.pending, s.flushing = nil, false
			close(s.idle)
			s.idle = nil
			s.mu.Unlock()
			s.signal.Notify()
			return
		}
		p := s.pending
		s.pending, s.inFlight = nil, len(p)
		s.mu.Unlock()

		_, err := s.w.Write(p)

		s.mu.Lock()
		s.inFlight, s.err = 0, err
		s.mu.Unlock()
		s.signal.Notify()
	}
}

// Flush makes Permit return 0 until all is written.
func (s *Sink) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushing = s.idle != nil
	return s.err
}

// Drain waits until all is written or ctx is done.
func (s *Sink) Drain(ctx context.Context) error {
	s.mu.Lock()
	idle, err := s.idle, s.err
	s.mu.Unlock()
	if idle == nil {
		return err
	}
	select {
	case <-idle:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
