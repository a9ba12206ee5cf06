package pool

import "testing"

// TestNeed: the estimate lies where most have been, and one that takes all does not keep
// the others out.
func TestNeed(t *testing.T) {
	const all = 256 << 20
	var n need
	if got := n.get(all); got != firstNeed {
		t.Errorf("nothing is known, and %d bytes are expected", got)
	}
	for i := range 1000 {
		bytes := uint64(2 << 20)
		if i%100 == 0 {
			bytes = 200 << 20
		}
		n.note(bytes)
	}
	if got := n.get(all); got < 2<<20 || got > max(all/mostNeed, 2<<20) {
		t.Errorf("%d bytes are expected", got)
	}
	for range 1000 {
		n.note(1 << 20)
	}
	if got := n.get(all); got < 1<<20 || got > 2<<20 {
		t.Errorf("%d bytes are expected of those that took 1 MiB", got)
	}
}
