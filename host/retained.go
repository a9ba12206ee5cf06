package host

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
)

// Retainer is implemented by objects of the host that keep what guests give them, or
// make more of it.
type Retainer interface {
	// Retained is how many bytes the object keeps, more rather than less.
	Retained() int
}

// retained bounds what the objects of an instance keep. Nobody counts it exactly:
// what could have been kept is added up, and when that is much the objects are asked.
type retained struct {
	// maybe is what they keep at the most, next when they are asked again.
	maybe, next uint64
}

// retain notes that the objects keep up to n bytes more, on the way of a call's frame.
func (fr *frame) retain(n uint64) {
	r := &fr.t.inst.retained
	if r.maybe += n; r.maybe <= r.next {
		return
	}
	limit := fr.t.inst.comp.cfg.MaxObjectBytes
	sum := uint64(0)
	for _, obj := range fr.t.inst.objects.array {
		if o, ok := obj.(Retainer); ok {
			sum += uint64(max(0, o.Retained()))
		}
	}
	if sum > limit {
		t := fr.c.trap(canon.TrapHost, canon.Caller)
		t.Cause = &objectsError{sum, limit}
		panic(t)
	}
	// A quarter of the limit makes the asking cheap beside what was copied since.
	r.maybe, r.next = sum, sum+limit/4
}

// objectsError tells that the host's objects keep too much for an instance.
type objectsError struct{ bytes, limit uint64 }

func (e *objectsError) Error() string {
	return fmt.Sprintf("resources of the host keep %d bytes for this instance, %d are allowed: drop some", e.bytes, e.limit)
}
