package server

import (
	"runtime"
	"time"
)

const (
	// goroutinesOfConn are those that net/http has for a connection of HTTP/2, and
	// goroutinesAtOnce those that may be there besides before connections are read slower.
	goroutinesOfConn = 3
	goroutinesAtOnce = 4096
	// readsSlow is how much is read at once then: some ten headers of requests.
	readsSlow = 256
	// slowest is how long a read waits at most: others may be the reason.
	slowest = 100 * time.Millisecond
)

// turn has a read of HTTP/2 wait while requests that have come are not begun: net/http
// starts a goroutine for each, of some 10 KB, whether or not there is a processor for it, so
// that many connections with hundreds of requests each would take what no process has.
// It returns how much of n bytes to read.
func (cs *conns) turn(n int) int {
	cs.mu.Lock()
	most := goroutinesOfConn*len(cs.all) + goroutinesAtOnce
	cs.mu.Unlock()
	if runtime.NumGoroutine() < most/2 {
		return n
	}
	for start := time.Now(); runtime.NumGoroutine() > most && time.Since(start) < slowest; {
		time.Sleep(time.Millisecond)
	}
	return min(n, readsSlow)
}
