package guest

import (
	"math"
	"slices"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

// series is a point that is added to.
type series struct {
	Point
	set   attribute.Set
	since time.Time
}

// Instance is what one instance of a component has reported before: of series that count
// from its beginning, what is new is the difference. The zero Instance has reported nothing.
type Instance struct {
	last map[string]Point
	size int
}

// keyOf is the same for the same attributes only.
func keyOf(set attribute.Set) string {
	b, err := set.MarshalJSON()
	if err != nil { // a number that JSON has not
		return set.Encoded(attribute.DefaultEncoder())
	}
	return string(b)
}

// since is what is new of a point that counts from the beginning.
func (i *Instance) since(key string, p *Point, k Kind) (Point, error) {
	last, seen := i.last[key]
	size := i.size + 8*(len(p.Buckets)+len(p.Bounds)+p.Exponential.size()-len(last.Buckets)-len(last.Bounds)-last.Exponential.size())
	if !seen {
		size += len(key) + int(unsafe.Sizeof(*p)) + 32
	}
	if size > MaxInstance {
		return Point{}, ErrSeries
	}
	i.size = size
	if i.last == nil {
		i.last = map[string]Point{}
	}
	i.last[key] = Point{Start: p.Start, Value: p.Value, Count: p.Count, Buckets: p.Buckets, Bounds: p.Bounds, Exponential: p.Exponential}
	add := *p
	if !seen || !last.Start.Equal(p.Start) || !add.subtract(&last, k) {
		return *p, nil // it began again
	}
	return add, nil
}

// subtract takes off what was there before. It reports false if that was no earlier state
// of the same: what only grows has not.
func (p *Point) subtract(last *Point, k Kind) bool {
	v := Number{p.Value.Int - last.Value.Int, p.Value.Float - last.Value.Float}
	if math.IsInf(v.Float, 0) {
		return false
	}
	if k.Form == Sum {
		if k.Monotonic && (p.Value.Int < last.Value.Int || p.Value.Float < last.Value.Float) {
			return false
		}
		p.Value = v
		return true
	}
	if p.Count < last.Count || !slices.Equal(p.Bounds, last.Bounds) {
		return false
	}
	if k.Form == ExponentialHistogram {
		e, ok := p.Exponential.minus(last.Exponential)
		if ok {
			p.Value, p.Count, p.Exponential = v, p.Count-last.Count, e
		}
		return ok
	}
	buckets := slices.Clone(p.Buckets)
	for n := range buckets {
		if buckets[n] < last.Buckets[n] {
			return false
		}
		buckets[n] -= last.Buckets[n]
	}
	p.Value, p.Count, p.Buckets = v, p.Count-last.Count, buckets
	return true
}

// add adds a point to what there is. What would be too large a number stays as it was.
func (s *series) add(p *Point, k Kind) error {
	switch k.Form {
	case Gauge:
		s.Value = p.Value
		return nil
	case ExponentialHistogram:
		e, err := s.Exponential.plus(p.Exponential)
		if err != nil {
			return err
		}
		s.Exponential = e
		s.Count += p.Count
		s.Min, s.Max = extreme(s.Min, p.Min, -1), extreme(s.Max, p.Max, 1)
	case Histogram:
		if !slices.Equal(s.Bounds, p.Bounds) {
			return ErrBounds
		}
		s.Count += p.Count
		buckets := slices.Clone(s.Buckets) // those of before may be an instance's last
		for n := range buckets {
			buckets[n] += p.Buckets[n]
		}
		s.Buckets = buckets
		s.Min, s.Max = extreme(s.Min, p.Min, -1), extreme(s.Max, p.Max, 1)
	}
	sum := s.Value.Int + p.Value.Int
	if p.Value.Int > 0 && sum < s.Value.Int || p.Value.Int < 0 && sum > s.Value.Int {
		sum = s.Value.Int
	}
	float := s.Value.Float + p.Value.Float
	if math.IsInf(float, 0) {
		float = s.Value.Float
	}
	s.Value = Number{sum, float}
	return nil
}

// extreme is the one of two that is farther in a direction, nil if one is not known.
func extreme(a, b *Number, direction int) *Number {
	if a == nil || b == nil {
		return nil
	}
	if c := (b.Int > a.Int || b.Float > a.Float); c == (direction > 0) && *a != *b {
		return b
	}
	return a
}
