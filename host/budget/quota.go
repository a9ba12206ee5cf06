package budget

import (
	"math"
	"sync"
	"sync/atomic"
)

// Unlimited is the limit of a quota that only counts.
const Unlimited = math.MaxInt64

// Unit is what a quota counts in; it decides how messages write numbers.
type Unit int

// Bytes are written as in "64MiB", things by themselves.
const (
	Bytes Unit = iota
	Things
)

// Spec describes a quota.
type Spec struct {
	// Owner is whose it is: "component app", "this process".
	Owner string
	// What is limited, in the plural: "linear memories and tables", "file descriptors".
	What  string
	Unit  Unit
	Limit uint64
	// Change says what to write for another limit: "--max-memory". Empty if nothing does.
	Change string
	// Parent is the quota that this one is a part of, nil without.
	Parent *Quota
}

// Quota is a limit and what is used of it. A nil Quota limits and counts nothing. It
// may be used by many goroutines at once.
type Quota struct {
	spec Spec
	used atomic.Int64
	// room are asked to give something back before Take fails. guarded by mu
	mu   sync.Mutex
	room map[*Reclaimer]struct{}
}

// Reclaimer gives back what is only kept for later, such as pools: at least n of the
// quota's unit if it can. It is called by whoever takes, who may hold locks of its
// own: it must not wait for a lock, and must not take.
type Reclaimer struct{ Reclaim func(n uint64) }

// New makes a quota of which nothing is used.
func New(s Spec) *Quota {
	s.Limit = min(s.Limit, Unlimited)
	return &Quota{spec: s}
}

// Take takes n of the quota and of all that it is a part of, or of none. The error is
// an *Error.
func (q *Quota) Take(n uint64) error {
	if q == nil || n == 0 {
		return nil
	}
	full := q.take(n)
	for at := q; full != nil && at != nil; at = at.spec.Parent {
		if n <= full.spec.Limit && at.reclaim(n) {
			full = q.take(n)
		}
	}
	if full == nil {
		return nil
	}
	return &Error{Spec: full.spec, Used: full.Used(), Asked: n}
}

// take returns the quota that has no room, nil if all have.
func (q *Quota) take(n uint64) (full *Quota) {
	if n > Unlimited {
		return q
	}
	for at := q; at != nil; at = at.spec.Parent {
		if at.takeOne(int64(n)) {
			continue
		}
		for back := q; back != at; back = back.spec.Parent {
			back.used.Add(-int64(n))
		}
		return at
	}
	return nil
}

func (q *Quota) takeOne(n int64) bool {
	limit := int64(q.spec.Limit)
	for {
		used := q.used.Load()
		if n > limit-used {
			return false
		}
		if q.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Force takes n even beyond the limit, for what is there already and cannot be refused.
func (q *Quota) Force(n uint64) {
	for ; q != nil; q = q.spec.Parent {
		q.used.Add(int64(n))
	}
}

// Give gives back n of what was taken.
func (q *Quota) Give(n uint64) {
	for ; q != nil && n > 0; q = q.spec.Parent {
		q.used.Add(-int64(n))
	}
}

// Used is how much is taken now.
func (q *Quota) Used() uint64 {
	if q == nil {
		return 0
	}
	return uint64(max(0, q.used.Load()))
}

// Limit is how much can be taken of this quota, whatever its parents have.
func (q *Quota) Limit() uint64 {
	if q == nil {
		return Unlimited
	}
	return q.spec.Limit
}

// Left is how much Take would give now, what is kept for later (Reclaimer) not
// included: the least of the chain.
func (q *Quota) Left() uint64 {
	left := int64(Unlimited)
	for ; q != nil; q = q.spec.Parent {
		left = min(left, int64(q.spec.Limit)-q.used.Load())
	}
	return uint64(max(0, left))
}

// Room returns an *Error if Take would not give n now, what is kept for later (Reclaimer)
// included, and takes nothing.
func (q *Quota) Room(n uint64) error {
	if q == nil {
		return nil
	}
	for at := q; at != nil && n > q.Left(); at = at.spec.Parent {
		if n <= at.spec.Limit {
			at.reclaim(n - q.Left())
		}
	}
	for at := q; at != nil; at = at.spec.Parent {
		if used := at.Used(); n > at.spec.Limit-min(at.spec.Limit, used) {
			return &Error{Spec: at.spec, Used: used, Asked: n}
		}
	}
	return nil
}

// Fits returns an *Error if n could not be taken even if nothing were used.
func (q *Quota) Fits(n uint64) error {
	for ; q != nil; q = q.spec.Parent {
		if n > q.spec.Limit {
			return &Error{Spec: q.spec, Asked: n}
		}
	}
	return nil
}

// Add has r asked before Take fails for want of room in q, or in a quota that is a
// part of it. Remove ends that.
func (q *Quota) Add(r *Reclaimer) {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.room == nil {
		q.room = map[*Reclaimer]struct{}{}
	}
	q.room[r] = struct{}{}
}

// Remove undoes Add.
func (q *Quota) Remove(r *Reclaimer) {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.room, r)
}

// reclaim asks for n more, and reports whether anything came back.
func (q *Quota) reclaim(n uint64) bool {
	q.mu.Lock()
	rs := make([]*Reclaimer, 0, len(q.room))
	for r := range q.room {
		rs = append(rs, r)
	}
	q.mu.Unlock()
	before := q.used.Load()
	for _, r := range rs {
		if r.Reclaim(n); before-q.used.Load() >= int64(n) {
			break
		}
	}
	return q.used.Load() < before
}
