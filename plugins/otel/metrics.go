package otel

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

const (
	// maxPoints is how many points are read of one metric in one export.
	maxPoints = guest.MaxSeries
	// maxMetrics is how many metrics are read in one export.
	maxMetrics = guest.MaxNames
	// pointBytes is what the attributes of one point hold, as spanBytes.
	pointBytes = 2 << 10
	// pointAttributes is how many there are.
	pointAttributes = 32
	// maxBuckets is how many buckets a histogram has. The SDK's default is 16.
	maxBuckets = 128
	// maxExponential is how many it has of one sign if they are exponential: the SDK's default.
	maxExponential = 160
	// descriptionText is how long descriptions are, unitText units.
	descriptionText, unitText = 1 << 10, 63
)

// name is the specification's syntax of an instrument's name.
var name = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_./-]{0,254}$`)

type instanceKey struct{}

// export takes metrics. What the error names was not taken, all else was.
func (p *Plugin) export(c *host.Call, args []value.Value) (value.Value, error) {
	to := p.to()
	if to == nil || to.GuestMetrics() == nil {
		return wire.OkUnit()
	}
	e := &exporting{c: c, to: to.GuestMetrics(), of: c.State(instanceKey{}, func() any { return &guest.Instance{} }).(*guest.Instance)}
	scopes := args[0].At(1)
	for i := range scopes.Len() {
		metrics := scopes.At(i).At(1)
		for j := range metrics.Len() {
			if err := c.Context().Err(); err != nil {
				return value.Value{}, err
			}
			if e.metrics++; e.metrics > maxMetrics {
				e.fail(fmt.Errorf("there are more than %d metrics in one export", maxMetrics))
				return e.result()
			}
			if err := e.metric(metrics.At(j)); err != nil {
				e.fail(fmt.Errorf("metric %q: %w", short(metrics.At(j).At(0).Str()), err))
			}
		}
	}
	return e.result()
}

// exporting is one export.
type exporting struct {
	c       *host.Call
	to      *guest.Metrics
	of      *guest.Instance
	metrics int
	err     error // the first
}

func (e *exporting) fail(err error) {
	if e.err == nil {
		e.err = err
		lost(e.c, "metrics", "metrics of its own: "+err.Error())
	}
}

func (e *exporting) result() (value.Value, error) {
	if e.err != nil {
		return wire.Err(value.String(e.err.Error()))
	}
	return wire.OkUnit()
}

// short is so much of a name as an error shows.
func short(s string) string {
	r := &reader{longest: 64, room: 64}
	return r.text(s)
}

var (
	errName        = errors.New("a name has a letter, and then at most 254 letters, digits, _, ., - and /")
	errUnit        = fmt.Errorf("a unit has at most %d characters of ASCII", unitText)
	errExponential = fmt.Errorf("a histogram has at most %d exponential buckets of one sign, a scale from %d to %d, a finite threshold, and counts that add up", maxExponential, guest.MinScale, guest.MaxScale)
	errPoints      = fmt.Errorf("there are more than %d points", maxPoints)
	errNumber      = errors.New("a number is not of the metric's type, not finite, too large, or below 0 where the metric only grows")
	errBuckets     = fmt.Errorf("a histogram has at most %d buckets, one more than bounds, the bounds are finite and grow, and the counts add up", maxBuckets)
)

// metric takes a metric: as much of it as there are points that can be taken.
func (e *exporting) metric(v value.Value) error {
	m := &guest.Metric{Name: v.At(0).Str(), Description: v.At(1).Str(), Kind: guest.Kind{Unit: v.At(2).Str()}}
	if !name.MatchString(m.Name) {
		return errName
	}
	if len(m.Kind.Unit) > unitText || !ascii(m.Kind.Unit) {
		return errUnit
	}
	r := &reader{longest: descriptionText, room: 2 * descriptionText}
	m.Name, m.Description, m.Kind.Unit = r.text(m.Name), r.text(m.Description), r.text(m.Kind.Unit)
	data, form := wire.Payload(v.At(3)), v.At(3).Case()%4
	m.Kind.Float = v.At(3).Case() < 4
	switch form {
	case 0:
		m.Kind.Form = guest.Gauge
	case 1:
		m.Kind.Form, m.Kind.Monotonic = guest.Sum, data.At(4).Bool()
		m.Delta = delta(data.At(3).Case(), m.Kind.Monotonic)
	case 2:
		m.Kind.Form = guest.Histogram
		m.Delta = delta(data.At(3).Case(), true)
	default:
		m.Kind.Form = guest.ExponentialHistogram
		m.Delta = delta(data.At(3).Case(), true)
	}
	points, err := e.points(m, data)
	m.Points = points
	return errors.Join(err, e.to.Add(e.c.Component().Name, e.of, m))
}

// delta reports whether points are what is new: the preference low-memory means that for
// what only grows.
func delta(temporality int, grows bool) bool { return temporality == 1 || temporality == 2 && grows }

func ascii(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < ' ' || c > '~' })
}

// points reads those that can be taken.
func (e *exporting) points(m *guest.Metric, data value.Value) (all []guest.Point, err error) {
	list := data.At(0)
	var p guest.Point
	if m.Kind.Form != guest.Gauge {
		p.Start, _ = datetime(data.At(1))
	}
	for i := range list.Len() {
		if i >= maxPoints {
			return all, errPoints
		}
		p := p
		v := list.At(i)
		r := &reader{longest: pointBytes, room: pointBytes}
		p.Attributes, _ = r.attributes(v.At(0), pointAttributes)
		if e := readPoint(&p, v, m.Kind); e != nil {
			err = e
			continue
		}
		all = append(all, p)
	}
	return all, err
}
