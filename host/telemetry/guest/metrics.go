package guest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
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

// NewMetrics makes those of a composition.
func NewMetrics(composition string) *Metrics {
	return &Metrics{composition: composition, now: time.Now, names: map[string]*family{}, components: map[string]*component{}}
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
