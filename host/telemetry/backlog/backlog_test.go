package backlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// reader is a writer whose reader reads when it is let.
type reader struct {
	let chan struct{} // closed: always

	mu   sync.Mutex
	text bytes.Buffer
}

func (r *reader) Write(p []byte) (int, error) {
	<-r.let
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *reader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func end(t *testing.T, b *Backlog) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
}

// TestWithinBounds gives to a slow reader what there is room for: all of it arrives, in
// order.
func TestWithinBounds(t *testing.T) {
	r := &reader{let: make(chan struct{})}
	b := New(r, nil)
	a, c := b.Source("a", Limits{Room: 1 << 20}), b.Source("c", Limits{Room: 1 << 20})
	var want strings.Builder
	for i := range 10_000 {
		line := fmt.Sprintf("line %d\n", i)
		want.WriteString(line)
		_, _ = io.WriteString([]*Source{a, c}[i%2], line)
		if i == 5000 {
			close(r.let)
		}
	}
	end(t, b)
	if r.String() != want.String() {
		t.Error("what was written is not what was read")
	}
	if lost := a.Lost().Lines() + c.Lost().Lines(); lost != 0 {
		t.Errorf("%d lines are lost", lost)
	}
}

// TestStoppedReader floods a log that nobody reads. Neither does it wait, nor keep more
// than there is room for, and one source takes nothing of another's room.
func TestStoppedReader(t *testing.T) {
	r := &reader{let: make(chan struct{})}
	var told []string
	b := New(r, func(source string, lost Lost) {
		told = append(told, fmt.Sprint(source, " ", lost.Fast, " ", lost.Full))
	})
	guest, own := b.Source("guest", Limits{Room: 100_000}), b.Source("own", Limits{Room: 1000})
	line := bytes.Repeat([]byte("x"), 1000)
	for range 100_000 {
		if n, err := guest.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	_, _ = io.WriteString(own, "mine\n")
	b.mu.Lock()
	kept := cap(b.lines)
	b.mu.Unlock()
	if kept > 400_000 {
		t.Errorf("%d bytes are kept", kept)
	}
	if lost := guest.Lost(); lost != (Lost{Full: 99_900, Bytes: 99_900_000}) || own.Lost().Lines() != 0 {
		t.Errorf("lost are %+v and %+v", lost, own.Lost())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := b.Close(ctx); !errors.Is(err, ErrLost) {
		t.Errorf("closed with %v", err)
	}
	close(r.let)
	<-b.written
	if !strings.HasSuffix(r.String(), "xmine\n") {
		t.Error("a line is lost that there was room for")
	}
	if fmt.Sprint(told) != "[guest 0 99900]" {
		t.Errorf("told is %q", told)
	}
}

// TestReaderComesBack: who was too slow is told, and loses nothing more.
func TestReaderComesBack(t *testing.T) {
	r := &reader{let: make(chan struct{})}
	var own *Source
	b := New(r, func(source string, lost Lost) { _, _ = fmt.Fprintf(own, "lost %s %d\n", source, lost.Lines()) })
	own = b.Source("own", Limits{Room: 1000})
	guest := b.Source("guest", Limits{Room: 2})
	for range 3 {
		_, _ = io.WriteString(guest, "x\n")
	}
	close(r.let)
	deadline := time.Now().Add(20 * time.Second)
	for r.String() != "x\nlost guest 2\n" {
		if time.Now().After(deadline) {
			t.Fatalf("read is %q", r.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	_, _ = io.WriteString(guest, "y\n")
	end(t, b)
	if got := r.String(); got != "x\nlost guest 2\ny\n" {
		t.Errorf("read is %q", got)
	}
}

// TestRate gives more a second than a source may.
func TestRate(t *testing.T) {
	var out bytes.Buffer
	b := New(&out, nil)
	s := b.Source("guest", Limits{Room: 1 << 20, Rate: 1, Burst: 100})
	for range 30 {
		_, _ = s.Write([]byte("0123456789"))
	}
	if !s.Refuses(50) {
		t.Error("a line is wanted that is too much")
	}
	if lost := s.Lost(); lost != (Lost{Fast: 21, Bytes: 250}) {
		t.Errorf("lost are %+v", lost)
	}
	end(t, b)
	if out.Len() != 100 {
		t.Errorf("written are %d bytes", out.Len())
	}
}

// TestLeftReader: who has left costs no memory, and what it does not get is counted.
func TestLeftReader(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	b := New(w, nil)
	s := b.Source("own", Limits{Room: 100})
	_, _ = s.Write([]byte("x"))
	end(t, b)
	if lost := s.Lost(); lost.Full != 1 {
		t.Errorf("lost are %+v", lost)
	}
	if _, _ = s.Write([]byte("y")); s.Lost().Full != 2 {
		t.Error("a line after the end is not counted")
	}
}

func BenchmarkWrite(b *testing.B) {
	log := New(io.Discard, nil)
	s := log.Source("guest", Limits{Room: 1 << 20, Rate: 1 << 40, Burst: 1 << 40})
	line := bytes.Repeat([]byte("x"), 150)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.Write(line)
	}
	_ = log.Close(context.Background())
}
