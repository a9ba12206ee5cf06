package pool

import (
	"testing"

	"github.com/sidecall/sidecall/host/budget"
)

// TestNeed: the estimate lies where most have been, and one that takes all does not keep
// the others out.
func TestNeed(t *testing.T) {
	const all = 256 << 20
	var n need
	if got, _ := n.get(all); got != firstNeed {
		t.Errorf("nothing is known, and %d bytes are expected", got)
	}
	for i := range 1000 {
		bytes := uint64(2 << 20)
		if i%100 == 0 {
			bytes = 200 << 20
		}
		n.note(bytes)
	}
	if got, _ := n.get(all); got < 2<<20 || got > max(all/mostNeed, 2<<20) {
		t.Errorf("%d bytes are expected", got)
	}
	for range 1000 {
		n.note(1 << 20)
	}
	if got, _ := n.get(all); got < 1<<20 || got > 2<<20 {
		t.Errorf("%d bytes are expected of those that took 1 MiB", got)
	}
}

// TestClaims: whoever is let in can take all that it is expected to need, even if all do so
// together after the last was let in, and the host keeps a part from those who have much.
func TestClaims(t *testing.T) {
	const all, begins, needs = 64 << 20, 5 << 18, 7 << 18
	q := budget.New(budget.Spec{Owner: "the test", What: "memory", Limit: all})
	p := &Pool{}
	p.Within(q)
	p.need.begin(begins)
	p.need.note(needs)
	var claims []*claim
	for {
		c, err := p.claim()
		if err != nil {
			break
		}
		if err := q.Room(begins + all/keptMemory); err != nil {
			t.Fatalf("instance %d cannot begin: %v", len(claims), err)
		}
		_ = q.Take(begins) // there is room
		c.took(begins)
		claims = append(claims, p.settle(c, begins))
	}
	if n := len(claims); n < 20 {
		t.Errorf("%d instances were let in", n)
	}
	for n := range claims {
		if err := q.Room(needs - begins + all/keptMemory); err != nil {
			t.Fatalf("instance %d of %d cannot grow: %v", n, len(claims), err)
		}
		_ = q.Take(needs - begins) // there is room
		claims[n].took(needs - begins)
	}
	if p.claims.expected != 0 {
		t.Errorf("all have grown, and %d bytes are expected", p.claims.expected)
	}
	for _, c := range claims {
		q.Give(needs)
		p.release(c)
	}
	if q.Used() != 0 || p.claims.n != 0 || p.claims.expected != 0 {
		t.Errorf("%d bytes are used, and there are claims %+v", q.Used(), &p.claims)
	}
	// One alone is let in, however much it needs.
	p.need.begin(all / 8 * 7)
	if _, err := p.claim(); err != nil {
		t.Error(err)
	}
}
