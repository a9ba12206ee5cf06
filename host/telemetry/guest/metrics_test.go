package guest

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// produce adds reports of a metric of one series, each by the instance of that number, and
// returns what becomes of it.
func produce(t *testing.T, k Kind, delta bool, reports ...report) metricdata.Aggregation {
	t.Helper()
	m := NewMetrics("shop")
	instances := map[int]*Instance{}
	for _, r := range reports {
		if instances[r.instance] == nil {
			instances[r.instance] = &Instance{}
		}
		if err := m.Add("app", instances[r.instance], &Metric{Name: "m", Kind: k, Delta: delta, Points: []Point{r.Point}}); !errors.Is(err, r.err) {
			t.Errorf("got %v, not %v", err, r.err)
		}
	}
	all, err := m.Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[0].Metrics[0].Data
}

type report struct {
	instance int
	Point
	err error
}

func ints(instance int, v int64) report {
	return report{instance, Point{Value: Number{Int: v}}, nil}
}

func TestSums(t *testing.T) {
	again := ints(0, 6)
	again.Start = time.Unix(5, 0)
	for name, tt := range map[string]struct {
		monotonic, delta bool
		reports          []report
		want             int64
	}{
		"cumulative":          {true, false, []report{ints(0, 1), ints(0, 4), ints(1, 2), ints(0, 4)}, 6},
		"delta":               {true, true, []report{ints(0, 1), ints(0, 4), ints(1, 2)}, 7},
		"began again":         {true, false, []report{ints(0, 5), again}, 11},
		"fell":                {true, false, []report{ints(0, 5), ints(0, 2)}, 7},
		"up and down":         {false, false, []report{ints(0, 5), ints(0, 2), ints(1, -1)}, 1},
		"as large as may be":  {true, true, []report{ints(0, math.MaxInt64), ints(0, 1)}, math.MaxInt64},
		"as small as may be":  {false, true, []report{ints(0, math.MinInt64), ints(0, -1)}, math.MinInt64},
		"nothing yet, though": {true, false, []report{ints(0, 0)}, 0},
	} {
		sum := produce(t, Kind{Form: Sum, Monotonic: tt.monotonic}, tt.delta, tt.reports...).(metricdata.Sum[int64])
		if len(sum.DataPoints) != 1 || sum.DataPoints[0].Value != tt.want {
			t.Errorf("%s: %+v, not %d", name, sum.DataPoints, tt.want)
		}
	}
}

func TestGauge(t *testing.T) {
	g := produce(t, Kind{Form: Gauge}, false, ints(0, 5), ints(1, 3)).(metricdata.Gauge[int64])
	if len(g.DataPoints) != 1 || g.DataPoints[0].Value != 3 {
		t.Errorf("got %+v", g)
	}
}

func TestHistograms(t *testing.T) {
	number := func(f float64) *Number { return &Number{Float: f} }
	of := func(instance int, bounds []float64, low, high float64, buckets ...uint64) report {
		p := Point{Bounds: bounds, Buckets: buckets, Min: number(low), Max: number(high)}
		for _, n := range buckets {
			p.Count += n
		}
		p.Value.Float = float64(p.Count)
		return report{instance, p, nil}
	}
	one, two := []float64{1}, []float64{2}
	other := of(2, two, 0, 1, 1, 1)
	other.err = ErrBounds
	h := produce(t, Kind{Form: Histogram, Float: true}, false, of(0, one, 0.5, 3, 1, 1), of(0, one, 0.25, 3, 2, 1), of(1, one, 0.5, 9, 0, 4), other).(metricdata.Histogram[float64])
	p := h.DataPoints[0]
	low, _ := p.Min.Value()
	high, _ := p.Max.Value()
	if p.Count != 7 || p.BucketCounts[0] != 2 || p.BucketCounts[1] != 5 || p.Sum != 7 || low != 0.25 || high != 9 {
		t.Errorf("got %+v, from %v to %v", p, low, high)
	}
}

func TestFloatsStayFinite(t *testing.T) {
	of := func(f float64) report { return report{0, Point{Value: Number{Float: f}}, nil} }
	for _, delta := range []bool{false, true} {
		sum := produce(t, Kind{Form: Sum, Float: true}, delta, of(-math.MaxFloat64), of(math.MaxFloat64), of(math.MaxFloat64)).(metricdata.Sum[float64])
		if v := sum.DataPoints[0].Value; math.IsInf(v, 0) || math.IsNaN(v) {
			t.Errorf("got %v", v)
		}
	}
}

// TestExponential adds up histograms of several scales, each by what is new of it.
func TestExponential(t *testing.T) {
	of := func(instance int, scale, offset int32, counts ...uint64) report {
		e := &Exponential{Scale: scale, ZeroCount: 1, Positive: Buckets{offset, counts}}
		p := Point{Exponential: e, Count: 1}
		for _, n := range counts {
			p.Count += n
		}
		return report{instance, p, nil}
	}
	get := func(reports ...report) metricdata.ExponentialHistogramDataPoint[float64] {
		return produce(t, Kind{Form: ExponentialHistogram, Float: true}, false, reports...).(metricdata.ExponentialHistogram[float64]).DataPoints[0]
	}
	// The second report of the first instance is coarser, and has one value more.
	p := get(of(0, 1, -2, 1, 1, 2), of(0, 0, -1, 2, 3), of(1, 0, 1, 5))
	if p.Scale != 0 || p.Count != 12 || p.ZeroCount != 2 || p.PositiveBucket.Offset != -1 || !slices.Equal(p.PositiveBucket.Counts, []uint64{2, 3, 5}) {
		t.Errorf("got %+v", p)
	}
	// Far apart, both fit by a coarser scale.
	p = get(of(0, 20, 0, 7), of(1, 20, 1<<20, 8))
	if len(p.PositiveBucket.Counts) > maxExponential || p.Scale >= 20 || p.Count != 17 {
		t.Errorf("got %+v", p)
	}
	// No numbers are as far apart as these.
	far := of(1, 0, math.MaxInt32-200, 1)
	far.err = ErrExponential
	get(of(0, 0, math.MinInt32, 1), far)
	// What fell has begun again.
	if p = get(of(0, 0, 0, 5), of(0, 0, 3, 5)); p.Count != 12 {
		t.Errorf("got %+v", p)
	}
}

// TestSeparators: attributes are told apart whatever is in them.
func TestSeparators(t *testing.T) {
	m, i := NewMetrics("shop"), &Instance{}
	for _, attributes := range [][]attribute.KeyValue{
		{attribute.String("a", "1,b=2")}, {attribute.String("a", "1"), attribute.String("b", "2")}, {attribute.Int("a", 1), attribute.Int("b", 2)},
	} {
		if err := m.Add("app", i, &Metric{Name: "m", Kind: Kind{Form: Gauge}, Points: []Point{{Attributes: attributes}}}); err != nil {
			t.Fatal(err)
		}
	}
	all, _ := m.Produce(t.Context())
	if g := all[0].Metrics[0].Data.(metricdata.Gauge[int64]); len(g.DataPoints) != 3 {
		t.Errorf("%d series", len(g.DataPoints))
	}
}

// TestTwoComponents: they may have metrics of one name, if they are of one kind.
func TestTwoComponents(t *testing.T) {
	m := NewMetrics("shop")
	add := func(component string, k Kind) error {
		return m.Add(component, &Instance{}, &Metric{Name: "m", Kind: k, Points: []Point{{}}})
	}
	if err := errors.Join(add("a", Kind{Form: Sum}), add("b", Kind{Form: Sum})); err != nil {
		t.Error(err)
	}
	if add("b", Kind{Form: Sum, Unit: "s"}) == nil {
		t.Error("two units")
	}
	all, _ := m.Produce(t.Context())
	if s := all[0].Metrics[0].Data.(metricdata.Sum[int64]); len(s.DataPoints) != 2 {
		t.Errorf("%d series", len(s.DataPoints))
	}
}
