package backlog

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	// chunk is how many bytes are written at a time. What is being written still waits.
	chunk = 64 << 10
	// firstTelling is how long after the first line was dropped it is told, and interval
	// the time between two tellings.
	firstTelling = time.Second
	interval     = 10 * time.Second
)

// Backlog writes the lines of its sources to one writer, in the order in which they
// came.
type Backlog struct {
	out io.Writer
	// tell is told what a source has lost since it was told last; it may log.
	tell func(source string, lost Lost)

	mu      sync.Mutex
	more    *sync.Cond // of mu: there is something to do
	sources []*Source  // guarded by mu
	// lines wait, one behind the other, and owners say whose they are. guarded by mu
	lines  []byte
	owners []owner
	// spare is memory for lines. guarded by mu
	spare []byte
	// due is set when it is time to tell, timer while it is not. guarded by mu
	due     bool
	timer   *time.Timer
	told    time.Time // guarded by mu
	closed  bool      // guarded by mu: no more lines are taken
	written chan struct{}
}

// owner is whose the next n bytes are.
type owner struct {
	source *Source
	n      int
}

// New makes a Backlog that writes to out. tell, if it is not nil, is called a second after
// a source has lost lines, and then each ten seconds if it has lost more, and at the end.
func New(out io.Writer, tell func(source string, lost Lost)) *Backlog {
	b := &Backlog{out: out, tell: tell, written: make(chan struct{})}
	b.more = sync.NewCond(&b.mu)
	go b.write()
	return b
}

// Source makes a source of lines. Its name is for tell.
func (b *Backlog) Source(name string, l Limits) *Source {
	s := &Source{of: b, name: name, limits: l, tokens: float64(l.Burst), at: time.Now()}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sources = append(b.sources, s)
	return s
}

// ErrLost is the error of a Close that could not wait until all was written.
var ErrLost = errors.New("who reads the log is too slow: its last lines are lost")

// Close takes no more lines and waits until those that wait are written, as long as ctx
// lasts.
func (b *Backlog) Close(ctx context.Context) error {
	b.mu.Lock()
	b.tellNow() // before the end, as what is told is a line
	b.closed = true
	b.more.Signal()
	b.mu.Unlock()
	select {
	case <-b.written:
		return nil
	case <-ctx.Done():
		return ErrLost
	}
}

// write writes until the end.
func (b *Backlog) write() {
	defer close(b.written)
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		for len(b.owners) == 0 && !b.due && !b.closed {
			b.more.Wait()
		}
		if b.due && !b.closed {
			b.tellNow()
			continue
		}
		if len(b.owners) == 0 {
			return
		}
		b.writeSome()
	}
}

// writeSome writes what came first. It is called with mu held, which it gives up while it
// waits for the reader. Who has left reads no more, and what cannot be written is lost.
func (b *Backlog) writeSome() {
	bytes, lines := 0, 0
	for lines < len(b.owners) && (lines == 0 || bytes+b.owners[lines].n <= chunk) {
		bytes += b.owners[lines].n
		lines++
	}
	text, owners := b.lines[:bytes:bytes], b.owners[:lines:lines]
	all := lines == len(b.owners)
	b.lines, b.owners = b.lines[bytes:], b.owners[lines:]
	if all {
		b.lines, b.owners, b.spare = b.spare, nil, nil
	}
	b.mu.Unlock()
	_, err := b.out.Write(text)
	b.mu.Lock()
	if all && cap(text) <= chunk { // memory of a flood is not kept
		b.spare = text[:0]
	}
	for _, o := range owners {
		o.source.waiting -= o.n
		if err != nil {
			o.source.drop(&o.source.lost.Full, o.n)
		}
	}
}

// tellSoon has the loss told when it is time. It is called with mu held.
func (b *Backlog) tellSoon() {
	if b.timer != nil || b.due || b.tell == nil || b.closed {
		return
	}
	after := max(firstTelling, interval-time.Since(b.told))
	b.timer = time.AfterFunc(after, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.timer, b.due = nil, true
		b.more.Signal()
	})
}

// tellNow tells. It is called with mu held, which it gives up meanwhile.
func (b *Backlog) tellNow() {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	b.due, b.told = false, time.Now()
	type telling struct {
		name string
		lost Lost
	}
	var all []telling
	for _, s := range b.sources {
		if lost := s.lost.since(s.told); lost.Lines() > 0 {
			s.told = s.lost
			all = append(all, telling{s.name, lost})
		}
	}
	if b.tell == nil {
		return
	}
	b.mu.Unlock()
	for _, t := range all {
		b.tell(t.name, t.lost)
	}
	b.mu.Lock()
}
