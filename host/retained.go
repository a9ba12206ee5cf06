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
	// maybe is what they keep at the most, next when they are asked again, and taken
	// what of it is taken of the composition's memory.
	maybe, next, taken uint64
}

const (
	// objectBytes is what an object takes that says nothing (is no Retainer) or
	// nothing of itself, with its handle.
	objectBytes = 256
	// retainStep is how much may be kept before the objects are asked, and what is less
	// is not taken of the composition's memory.
	retainStep = 64 << 10
	// retainPerObject makes the asking, which is by object, cheap beside what was kept
	// since.
	retainPerObject = 64
)

// retain notes that the objects keep up to n bytes more, on the way of a call's frame.
func (fr *frame) retain(n uint64) {
	i := fr.t.inst
	r := &i.retained
	if r.maybe += n; r.maybe <= r.next {
		return
	}
	limit := i.comp.cfg.MaxObjectBytes
	sum := i.objects.retained()
	var err error
	if sum > limit {
		err = &objectsError{sum, limit}
	} else if taken := sum &^ (retainStep - 1); taken > r.taken {
		if err = i.comp.quotas.Memory.Take(taken - r.taken); err == nil && i.took != nil {
			i.took(taken - r.taken)
		}
	} else {
		i.comp.quotas.Memory.Give(r.taken - taken)
	}
	if err != nil {
		t := fr.c.trap(canon.TrapHost, canon.Caller)
		t.Cause = err
		panic(t)
	}
	r.taken = sum &^ (retainStep - 1)
	r.maybe, r.next = sum, sum+min(limit/4, max(retainStep, retainPerObject*uint64(len(i.objects.array))))
}

// retained is what the objects keep.
func (o *objects) retained() (sum uint64) {
	for _, obj := range o.array {
		if obj == nil {
			continue
		}
		sum += objectBytes
		if r, ok := obj.(Retainer); ok {
			sum += uint64(max(0, r.Retained()))
		}
	}
	return sum
}

// objectsError tells that the host's objects keep too much for an instance.
type objectsError struct{ bytes, limit uint64 }

func (e *objectsError) Error() string {
	return fmt.Sprintf("resources of the host keep %d bytes for this instance, %d are allowed: drop some", e.bytes, e.limit)
}
