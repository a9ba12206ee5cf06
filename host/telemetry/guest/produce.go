package guest

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

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
