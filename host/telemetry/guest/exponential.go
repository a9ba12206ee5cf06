package guest

import (
	"errors"
	"slices"
)

const (
	// maxExponential is how many buckets of one sign a histogram has, by the SDK's default.
	maxExponential = 160
	// MinScale and MaxScale are the SDK's.
	MinScale, MaxScale = -10, 20
)

// ErrExponential says that buckets are too far apart for any scale.
var ErrExponential = errors.New("a histogram's exponential buckets are farther apart than numbers are")

// Exponential are the buckets of a histogram whose bounds are powers of 2^(2^-Scale).
type Exponential struct {
	Scale              int32
	ZeroCount          uint64
	ZeroThreshold      float64
	Positive, Negative Buckets
}

// Buckets are counts of neighbouring buckets, from that of index Offset.
type Buckets struct {
	Offset int32
	Counts []uint64
}

// bounds are the first and the last index; ok is false if there is none.
func (b *Buckets) bounds() (first, last int64, ok bool) {
	return int64(b.Offset), int64(b.Offset) + int64(len(b.Counts)) - 1, len(b.Counts) > 0
}

// coarser are the same counts by a scale that is less by so much: 2^by buckets become one.
func (b *Buckets) coarser(by int32) Buckets {
	first, last, ok := b.bounds()
	if !ok || by == 0 {
		return Buckets{b.Offset, slices.Clone(b.Counts)}
	}
	out := Buckets{int32(first >> by), make([]uint64, last>>by-first>>by+1)}
	for n, count := range b.Counts {
		out.Counts[(first+int64(n))>>by-first>>by] += count
	}
	return out
}

// width is how many buckets hold both, by a scale that is less by so much.
func width(a, b *Buckets, by int32) int64 {
	first, last, ok := a.bounds()
	otherFirst, otherLast, other := b.bounds()
	switch {
	case !ok && !other:
		return 0
	case !ok:
		first, last = otherFirst, otherLast
	case other:
		first, last = min(first, otherFirst), max(last, otherLast)
	}
	return last>>by - first>>by + 1
}

// plus are the counts of both, which are by one scale and not far apart.
func (b *Buckets) plus(other *Buckets) Buckets {
	first, _, ok := b.bounds()
	otherFirst, _, is := other.bounds()
	if !is {
		return *b
	}
	if !ok {
		return *other
	}
	at := min(first, otherFirst)
	out := Buckets{int32(at), make([]uint64, width(b, other, 0))}
	for n, count := range b.Counts {
		out.Counts[first-at+int64(n)] += count
	}
	for n, count := range other.Counts {
		out.Counts[otherFirst-at+int64(n)] += count
	}
	return out
}

// minus are the counts less those of an earlier state of the same, false if that is none.
func (b *Buckets) minus(earlier *Buckets) (Buckets, bool) {
	out := Buckets{b.Offset, slices.Clone(b.Counts)}
	for n, count := range earlier.Counts {
		at := int64(earlier.Offset) + int64(n) - int64(b.Offset)
		if count == 0 {
			continue
		}
		if at < 0 || at >= int64(len(out.Counts)) || out.Counts[at] < count {
			return Buckets{}, false
		}
		out.Counts[at] -= count
	}
	return out, true
}

// coarser is the same by a scale that is less by so much.
func (e *Exponential) coarser(by int32) *Exponential {
	return &Exponential{e.Scale - by, e.ZeroCount, e.ZeroThreshold, e.Positive.coarser(by), e.Negative.coarser(by)}
}

// plus are the counts of both, by the finest scale that both have and that holds them.
func (e *Exponential) plus(other *Exponential) (*Exponential, error) {
	scale := min(e.Scale, other.Scale)
	a, b := e.coarser(e.Scale-scale), other.coarser(other.Scale-scale)
	by := int32(0)
	for width(&a.Positive, &b.Positive, by) > maxExponential || width(&a.Negative, &b.Negative, by) > maxExponential {
		if by++; scale-by < MinScale {
			return nil, ErrExponential
		}
	}
	a, b = a.coarser(by), b.coarser(by)
	return &Exponential{a.Scale, a.ZeroCount + b.ZeroCount, max(a.ZeroThreshold, b.ZeroThreshold), a.Positive.plus(&b.Positive), a.Negative.plus(&b.Negative)}, nil
}

// minus are the counts less those of an earlier state of the same, whose scale was as fine
// or finer. It is false if that is none.
func (e *Exponential) minus(earlier *Exponential) (*Exponential, bool) {
	if earlier.Scale < e.Scale || earlier.ZeroCount > e.ZeroCount {
		return nil, false
	}
	before := earlier.coarser(earlier.Scale - e.Scale)
	positive, ok := e.Positive.minus(&before.Positive)
	negative, also := e.Negative.minus(&before.Negative)
	return &Exponential{e.Scale, e.ZeroCount - before.ZeroCount, e.ZeroThreshold, positive, negative}, ok && also
}

// size is how many buckets are kept.
func (e *Exponential) size() int {
	if e == nil {
		return 0
	}
	return 6 + len(e.Positive.Counts) + len(e.Negative.Counts)
}
