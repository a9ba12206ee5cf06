package plugintest

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// NoGoroutines fails the test if, at its end, there are more goroutines of this
// module's plugins than now. Call it first, so that it looks last.
func NoGoroutines(t testing.TB) {
	t.Helper()
	before := goroutines()
	t.Cleanup(func() {
		var n int
		for range 1000 {
			if n = goroutines(); n <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines of plugins were left behind:\n%s", n-before, buf[:runtime.Stack(buf, true)])
	})
}

// goroutines counts those that run code of plugins, this test's own aside.
func goroutines() int {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	n := 0
	for i, g := range bytes.Split(buf, []byte("\n\n")) {
		if i > 0 && bytes.Contains(g, []byte("/plugins/")) && !bytes.Contains(g, []byte("testing.tRunner")) && !bytes.Contains(g, []byte("testing.(*T).Run")) {
			n++
		}
	}
	return n
}
