package guest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const (
	// MaxSeries is how many series one component has. What is beyond is added to one series
	// of each metric, which has the attribute otel.metric.overflow, as the SDK does it.
	MaxSeries = 1000
	// MaxInstance is how many bytes are kept of what one instance has reported, to know what
	// is new of it.
	MaxInstance = 64 << 10
	// MaxNames is how many metrics one component has.
	MaxNames = 200
	// prefix is what all names of components' metrics begin with: none is one of the host's.
	prefix = "guest."
	scope  = "github.com/sidecall/sidecall/guest"
)

// Kind is what points are and how they are added up. Two metrics of one name are of one
// kind.
type Kind struct {
	Unit      string
	Form      Form
	Float     bool // of numbers: float64, else int64
	Monotonic bool // of sums
}

// Form is how points of a metric are made.
type Form int

// The forms of metrics.
const (
	Gauge Form = iota
	Sum
	Histogram
	ExponentialHistogram
)

// Metric is what one instance of a component has measured.
type Metric struct {
	Name, Description string
	Kind              Kind
	// Delta says that points are what has been added since the last report. Else they are
	// from the beginning of the instance.
	Delta  bool
	Points []Point
}

// Point is one series of a metric.
type Point struct {
	Attributes []attribute.KeyValue
	Start      time.Time
	Value      Number // a histogram's sum
	// What histograms have beside: the buckets are one more than the bounds, or exponential.
	Count       uint64
	Bounds      []float64
	Buckets     []uint64
	Exponential *Exponential
	Min, Max    *Number
}

// Number is an int64 or a float64, as the metric's kind says.
type Number struct {
	Int   int64
	Float float64
}

// Metrics are those of all components, added up over all instances. It is a Producer of the
// SDK: what it makes is cumulative.
type Metrics struct {
	composition string
	now         func() time.Time

	mu         sync.Mutex
	names      map[string]*family    // guarded by mu
	components map[string]*component // guarded by mu
}

var _ sdkmetric.Producer = (*Metrics)(nil)

// component is what one of them has.
type component struct{ names, series int }

// family is all series of one name.
type family struct {
	description string
	kind        Kind
	series      map[string]*series
	of          map[string]bool // the components that have it
}

// series is a point that is added to.
type series struct {
	Point
	set   attribute.Set
	since time.Time
}

// NewMetrics makes those of a composition.
func NewMetrics(composition string) *Metrics {
	return &Metrics{composition: composition, now: time.Now, names: map[string]*family{}, components: map[string]*component{}}
}

// Instance is what one instance of a component has reported before: of series that count
// from its beginning, what is new is the difference. The zero Instance has reported nothing.
type Instance struct {
	last map[string]Point
	size int
}

// Errors of Add, by which points were not taken.
var (
	ErrNames  = fmt.Errorf("there are more than %d metrics", MaxNames)
	ErrSeries = fmt.Errorf("there are more series of one instance than %d bytes hold", MaxInstance)
	ErrBounds = errors.New("a histogram's bounds differ from those it had")
)

// Add adds what an instance of a component reports of one metric. The error says what was
// not taken of it; all else is.
func (m *Metrics) Add(of string, i *Instance, metric *Metric) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, err := m.family(of, metric)
	if err != nil {
		return err
	}
	var errs error
	for n := range metric.Points {
		if err := m.add(of, i, f, metric, &metric.Points[n]); err != nil {
			errs = err // of many points that are wrong, one says it
		}
	}
	return errs
}

func (m *Metrics) family(of string, metric *Metric) (*family, error) {
	f := m.names[metric.Name]
	if f != nil && f.kind != metric.Kind {
		return nil, fmt.Errorf("the metric %s has another kind, unit or type of numbers than it had", metric.Name)
	}
	c := m.components[of]
	if c == nil {
		c = &component{}
		m.components[of] = c
	}
	if f != nil && f.of[of] {
		return f, nil
	}
	if c.names >= MaxNames {
		return nil, ErrNames
	}
	c.names++
	if f == nil {
		f = &family{description: metric.Description, kind: metric.Kind, series: map[string]*series{}, of: map[string]bool{}}
		m.names[metric.Name] = f
	}
	f.of[of] = true
	return f, nil
}

func (m *Metrics) add(of string, i *Instance, f *family, metric *Metric, p *Point) error {
	set := attribute.NewSet(append(p.Attributes, attribute.String("sidecall.composition", m.composition), attribute.String("sidecall.component", of))...)
	key := keyOf(set)
	add := *p
	if metric.Kind.Form != Gauge && !metric.Delta {
		var err error
		if add, err = i.since(metric.Name+"\x00"+key, p, metric.Kind); err != nil {
			return err
		}
	}
	s := f.series[key]
	if s == nil {
		if c := m.components[of]; c.series < MaxSeries {
			c.series++
		} else {
			set = attribute.NewSet(attribute.Bool("otel.metric.overflow", true), attribute.String("sidecall.composition", m.composition), attribute.String("sidecall.component", of))
			key = keyOf(set)
			s = f.series[key]
		}
	}
	if s == nil {
		f.series[key] = &series{add, set, m.now()}
		return nil
	}
	return s.add(&add, metric.Kind)
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

// Produce returns the metrics as they are now.
func (m *Metrics) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.names) == 0 {
		return nil, nil
	}
	out := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: scope}}
	now := m.now()
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		f := m.names[name]
		metric := metricdata.Metrics{Name: prefix + name, Description: f.description, Unit: f.kind.Unit}
		if f.kind.Float {
			metric.Data = data(f, now, func(n Number) float64 { return n.Float })
		} else {
			metric.Data = data(f, now, func(n Number) int64 { return n.Int })
		}
		out.Metrics = append(out.Metrics, metric)
	}
	return []metricdata.ScopeMetrics{out}, nil
}

func data[N int64 | float64](f *family, now time.Time, number func(Number) N) metricdata.Aggregation {
	var points []metricdata.DataPoint[N]
	var histograms []metricdata.HistogramDataPoint[N]
	var exponential []metricdata.ExponentialHistogramDataPoint[N]
	extrema := func(n *Number) (e metricdata.Extrema[N]) {
		if n != nil {
			e = metricdata.NewExtrema(number(*n))
		}
		return e
	}
	for _, key := range slices.Sorted(maps.Keys(f.series)) {
		s := f.series[key]
		if f.kind.Form == Histogram {
			histograms = append(histograms, metricdata.HistogramDataPoint[N]{Attributes: s.set, StartTime: s.since, Time: now, Count: s.Count,
				Bounds: s.Bounds, BucketCounts: s.Buckets, Min: extrema(s.Min), Max: extrema(s.Max), Sum: number(s.Value)})
			continue
		}
		if e := s.Exponential; f.kind.Form == ExponentialHistogram {
			exponential = append(exponential, metricdata.ExponentialHistogramDataPoint[N]{Attributes: s.set, StartTime: s.since, Time: now, Count: s.Count,
				Min: extrema(s.Min), Max: extrema(s.Max), Sum: number(s.Value), Scale: e.Scale, ZeroCount: e.ZeroCount, ZeroThreshold: e.ZeroThreshold,
				PositiveBucket: metricdata.ExponentialBucket(e.Positive), NegativeBucket: metricdata.ExponentialBucket(e.Negative)})
			continue
		}
		points = append(points, metricdata.DataPoint[N]{Attributes: s.set, StartTime: s.since, Time: now, Value: number(s.Value)})
	}
	switch f.kind.Form {
	case Sum:
		return metricdata.Sum[N]{DataPoints: points, Temporality: metricdata.CumulativeTemporality, IsMonotonic: f.kind.Monotonic}
	case Histogram:
		return metricdata.Histogram[N]{DataPoints: histograms, Temporality: metricdata.CumulativeTemporality}
	case ExponentialHistogram:
		return metricdata.ExponentialHistogram[N]{DataPoints: exponential, Temporality: metricdata.CumulativeTemporality}
	}
	return metricdata.Gauge[N]{DataPoints: points}
}
