package otlp

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Metrics sends metrics. It is a metric.Exporter of the SDK.
type Metrics struct {
	client *client
	delta  bool
}

// NewMetrics makes an exporter as the variables OTEL_EXPORTER_OTLP_* say.
func NewMetrics(getenv func(string) string) (*Metrics, error) {
	c, err := newClient(getenv, signal{"METRICS", "v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"})
	if err != nil {
		return nil, err
	}
	m := &Metrics{client: c}
	const name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
	switch preference := getenv(name); preference {
	case "", "cumulative":
	case "delta":
		m.delta = true
	default:
		return nil, fmt.Errorf("%s is %q: cumulative and delta are supported", name, preference)
	}
	return m, nil
}

// Temporality is cumulative unless the environment prefers deltas, of what only
// grows.
func (e *Metrics) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	switch k {
	case sdkmetric.InstrumentKindCounter, sdkmetric.InstrumentKindObservableCounter, sdkmetric.InstrumentKindHistogram:
		if e.delta {
			return metricdata.DeltaTemporality
		}
	}
	return metricdata.CumulativeTemporality
}

// Aggregation is the SDK's.
func (e *Metrics) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

// Export sends metrics.
func (e *Metrics) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	b, err := encodeMetrics(rm)
	if err != nil {
		return err
	}
	return e.client.send(ctx, b)
}

// ForceFlush has nothing to do: nothing is kept.
func (e *Metrics) ForceFlush(context.Context) error { return nil }

// Shutdown closes connections.
func (e *Metrics) Shutdown(context.Context) error { return e.client.close() }

// encodeMetrics writes an ExportMetricsServiceRequest.
func encodeMetrics(rm *metricdata.ResourceMetrics) (_ []byte, err error) {
	var m message
	m.message(1, func(m *message) { // ResourceMetrics
		m.message(1, func(m *message) { writeResource(m, rm.Resource) })
		for _, s := range rm.ScopeMetrics {
			m.message(2, func(m *message) { // ScopeMetrics
				m.message(1, func(m *message) { writeScope(m, s.Scope) })
				for _, metric := range s.Metrics {
					m.message(2, func(m *message) {
						m.string(1, text(metric.Name))
						m.string(2, text(metric.Description))
						m.string(3, text(metric.Unit))
						if e := writeData(m, metric.Data); e != nil {
							err = fmt.Errorf("metric %s: %w", metric.Name, e)
						}
					})
				}
			})
		}
	})
	return m, err
}

func writeData(m *message, data metricdata.Aggregation) error {
	switch d := data.(type) {
	case metricdata.Gauge[int64]:
		m.message(5, func(m *message) { writeNumbers(m, d.DataPoints) })
	case metricdata.Gauge[float64]:
		m.message(5, func(m *message) { writeNumbers(m, d.DataPoints) })
	case metricdata.Sum[int64]:
		m.message(7, func(m *message) { writeSum(m, d) })
	case metricdata.Sum[float64]:
		m.message(7, func(m *message) { writeSum(m, d) })
	case metricdata.Histogram[int64]:
		m.message(9, func(m *message) { writeHistogram(m, d) })
	case metricdata.Histogram[float64]:
		m.message(9, func(m *message) { writeHistogram(m, d) })
	case metricdata.ExponentialHistogram[int64]:
		m.message(10, func(m *message) { writeExponential(m, d) })
	case metricdata.ExponentialHistogram[float64]:
		m.message(10, func(m *message) { writeExponential(m, d) })
	default:
		return fmt.Errorf("no way to send a %T", data)
	}
	return nil
}

func temporality(t metricdata.Temporality) uint64 {
	if t == metricdata.DeltaTemporality {
		return 1
	}
	return 2
}

func writeSum[N int64 | float64](m *message, s metricdata.Sum[N]) {
	writeNumbers(m, s.DataPoints)
	m.uint(2, temporality(s.Temporality))
	if s.IsMonotonic {
		m.uint(3, 1)
	}
}

func writeNumbers[N int64 | float64](m *message, points []metricdata.DataPoint[N]) {
	for _, p := range points {
		m.message(1, func(m *message) {
			m.fixed64(2, nanos(p.StartTime))
			m.fixed64(3, nanos(p.Time))
			switch v := any(p.Value).(type) {
			case int64:
				m.fixed64(6, uint64(v))
			case float64:
				m.double(4, v)
			}
			writeAttributes(m, 7, p.Attributes.ToSlice())
		})
	}
}

func writeHistogram[N int64 | float64](m *message, h metricdata.Histogram[N]) {
	for _, p := range h.DataPoints {
		m.message(1, func(m *message) { writeHistogramPoint(m, &p) })
	}
	m.uint(2, temporality(h.Temporality))
}

func writeHistogramPoint[N int64 | float64](m *message, p *metricdata.HistogramDataPoint[N]) {
	writeTimes(m, p.StartTime, p.Time, p.Attributes)
	m.fixed64(4, p.Count)
	m.double(5, float64(p.Sum))
	m.packed64(6, len(p.BucketCounts), func(i int) uint64 { return p.BucketCounts[i] })
	m.packed64(7, len(p.Bounds), func(i int) uint64 { return math.Float64bits(p.Bounds[i]) })
	if v, ok := p.Min.Value(); ok {
		m.double(11, float64(v))
	}
	if v, ok := p.Max.Value(); ok {
		m.double(12, float64(v))
	}
}

func writeExponential[N int64 | float64](m *message, h metricdata.ExponentialHistogram[N]) {
	for _, p := range h.DataPoints {
		m.message(1, func(m *message) {
			writeAttributes(m, 1, p.Attributes.ToSlice())
			m.fixed64(2, nanos(p.StartTime))
			m.fixed64(3, nanos(p.Time))
			m.fixed64(4, p.Count)
			m.double(5, float64(p.Sum))
			m.uint(6, zigzag(p.Scale))
			m.fixed64(7, p.ZeroCount)
			m.message(8, func(m *message) { writeBuckets(m, p.PositiveBucket) })
			m.message(9, func(m *message) { writeBuckets(m, p.NegativeBucket) })
			if v, ok := p.Min.Value(); ok {
				m.double(12, float64(v))
			}
			if v, ok := p.Max.Value(); ok {
				m.double(13, float64(v))
			}
			m.double(14, p.ZeroThreshold)
		})
	}
	m.uint(2, temporality(h.Temporality))
}

// writeBuckets writes counts as varints, which here are not packed: a reader takes both.
func writeBuckets(m *message, b metricdata.ExponentialBucket) {
	m.uint(1, zigzag(b.Offset))
	for _, n := range b.Counts {
		m.tag(2, varint)
		*m = binary.AppendUvarint(*m, n)
	}
}

// zigzag is how a sint32 is written.
func zigzag(n int32) uint64 { return uint64(uint32(n<<1) ^ uint32(n>>31)) }

func writeTimes(m *message, start, end time.Time, attributes attribute.Set) {
	m.fixed64(2, nanos(start))
	m.fixed64(3, nanos(end))
	writeAttributes(m, 9, attributes.ToSlice())
}
