package telemetry

import (
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/telemetry/prometheus"
)

// TestGuestSpan: a component's span goes the way of the host's.
func TestGuestSpan(t *testing.T) {
	out := tracetest.NewInMemoryExporter()
	r := &Telemetry{spans: sdktrace.NewSimpleSpanProcessor(out)}
	span := &guest.Span{Name: "work", Context: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})}
	r.GuestSpan(span)
	if got := out.GetSpans(); len(got) != 1 || got[0].Name != "work" || got[0].SpanContext.SpanID() != (trace.SpanID{2}) {
		t.Errorf("got %+v", got)
	}
	(&Telemetry{}).GuestSpan(span) // nobody asked for spans
}

// TestGuestMetrics: a component's metrics are read with the host's.
func TestGuestMetrics(t *testing.T) {
	guests := guest.NewMetrics("shop")
	reader, err := metricReader(func(key string) string {
		return map[string]string{"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "0"}[key]
	}, guests)
	if err != nil {
		t.Fatal(err)
	}
	p := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	defer func() { _ = p.Shutdown(t.Context()) }()
	if err := guests.Add("app", &guest.Instance{}, &guest.Metric{Name: "m", Kind: guest.Kind{Form: guest.Sum}, Points: []guest.Point{{Value: guest.Number{Int: 3}}}}); err != nil {
		t.Fatal(err)
	}
	r := &recorded{t: t, metrics: reader.(*prometheus.Server).ManualReader}
	if got := r.metric("guest.m"); got != "sidecall.component=app,sidecall.composition=shop 3" {
		t.Errorf("got %q", got)
	}
}
