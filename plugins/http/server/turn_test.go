package server

import (
	"sync"
	"testing"
)

// TestTurn: while there are more goroutines than connections account for, reads are small
// and wait, but not for ever.
func TestTurn(t *testing.T) {
	cs := &conns{}
	if n := cs.turn(4096); n != 4096 {
		t.Errorf("a read takes %d bytes when nothing else goes on", n)
	}
	var others sync.WaitGroup
	end := make(chan struct{})
	for range goroutinesAtOnce + 100 {
		others.Go(func() { <-end })
	}
	if n := cs.turn(4096); n != readsSlow {
		t.Errorf("a read takes %d bytes while much goes on", n)
	}
	if n := cs.turn(9); n != 9 {
		t.Errorf("a read of 9 bytes takes %d", n)
	}
	close(end)
	others.Wait()
}
