package plugintest

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// NoGoroutines fails the test if, at its end, there are goroutines of this module's
// plugins that were not there now. Call it first, so that it looks last.
func NoGoroutines(t testing.TB) {
	t.Helper()
	// By their numbers, not by how many they are: one that was there may run code of
	// the library that started it at one moment, and a plugin's at the next.
	before := map[string]bool{}
	for id := range goroutines() {
		before[id] = true
	}
	t.Cleanup(func() {
		var left [][]byte
		for range 1000 {
			left = left[:0]
			for id, stack := range goroutines() {
				if !before[id] && ofPlugins(stack) {
					left = append(left, stack)
				}
			}
			if len(left) == 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%d goroutines of plugins were left behind:\n%s", len(left), bytes.Join(left, []byte("\n\n")))
	})
}

// goroutines returns the stacks of all others by their numbers.
func goroutines() map[string][]byte {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	all := map[string][]byte{}
	for i, stack := range bytes.Split(buf, []byte("\n\n")) {
		if i > 0 { // the first is this one
			id, _, _ := bytes.Cut(stack, []byte(" ["))
			all[string(id)] = stack
		}
	}
	return all
}

// ofPlugins reports whether a goroutine runs code of plugins and is no test's.
func ofPlugins(stack []byte) bool {
	return bytes.Contains(stack, []byte("/plugins/")) && !bytes.Contains(stack, []byte("testing.tRunner")) && !bytes.Contains(stack, []byte("testing.(*T).Run"))
}
