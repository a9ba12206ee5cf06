package backlog

import (
	"math"
	"time"
)

// Limits bound what one source of lines gives to the log.
type Limits struct {
	// Room is how many bytes of its lines may wait to be written.
	Room int
	// Rate is how many bytes a second it may give, and Burst how many at once after it
	// has been silent. A Rate of 0 is any.
	Rate, Burst int64
}

// Source is one who logs. It is an io.Writer whose every Write is one line, and never
// waits. It is safe for use by many goroutines.
type Source struct {
	of     *Backlog
	name   string
	limits Limits

	// All are guarded by of.mu.
	waiting int // bytes
	tokens  float64
	at      time.Time // when tokens were counted
	lost    Lost
	told    Lost // of which it was told
}

// Lost counts what a source has lost.
type Lost struct {
	// Fast are lines that came faster than its rate, Full those for which there was no
	// room, because who reads the log is too slow, or has left.
	Fast, Full uint64
	// Bytes are those of both, as far as the lines had been made.
	Bytes uint64
}

// Lines are both.
func (l Lost) Lines() uint64 { return l.Fast + l.Full }

func (l Lost) since(before Lost) Lost {
	return Lost{l.Fast - before.Fast, l.Full - before.Full, l.Bytes - before.Bytes}
}

// Lost returns what the source has lost so far.
func (s *Source) Lost() Lost {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.lost
}

// Write takes a line, or drops and counts it. It never fails.
func (s *Source) Write(line []byte) (int, error) {
	b := s.of
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := len(line); {
	case !s.allowed(n):
		s.drop(&s.lost.Fast, n)
	case b.closed || s.waiting+n > s.limits.Room:
		s.drop(&s.lost.Full, n)
	default:
		s.tokens -= float64(n)
		s.waiting += n
		b.lines = append(b.lines, line...)
		b.owners = append(b.owners, owner{s, n})
		b.more.Signal()
	}
	return len(line), nil
}

// Refuses reports whether a line of n bytes would be dropped now, and if so counts it:
// so that nobody makes a line for nothing.
func (s *Source) Refuses(n int) bool {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	switch {
	case !s.allowed(n):
		s.drop(&s.lost.Fast, n)
	case s.of.closed || s.waiting+n > s.limits.Room:
		s.drop(&s.lost.Full, n)
	default:
		return false
	}
	return true
}

// allowed reports whether the rate allows n bytes. It is called with of.mu held.
func (s *Source) allowed(n int) bool {
	if s.limits.Rate == 0 {
		return true
	}
	now := time.Now()
	s.tokens = math.Min(float64(s.limits.Burst), s.tokens+now.Sub(s.at).Seconds()*float64(s.limits.Rate))
	s.at = now
	return s.tokens >= float64(n)
}

// drop counts a line, and sees to it that somebody is told. It is called with of.mu held.
func (s *Source) drop(why *uint64, n int) {
	*why++
	s.lost.Bytes += uint64(n)
	s.of.tellSoon()
}
