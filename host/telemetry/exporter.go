package telemetry

import (
	"fmt"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidecall/sidecall/host/telemetry/otlp"
	"github.com/sidecall/sidecall/host/telemetry/prometheus"
)

// spanExporter makes what OTEL_TRACES_EXPORTER says, otlp if it says nothing.
func spanExporter(getenv func(string) string) (sdktrace.SpanExporter, error) {
	switch name := getenv("OTEL_TRACES_EXPORTER"); name {
	case "", "otlp":
		return otlp.NewSpans(getenv)
	case "console":
		return stdouttrace.New()
	default:
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: otlp, console and none are supported", name)
	}
}

// metricReader makes what OTEL_METRICS_EXPORTER says, otlp if it says nothing. It reads what
// guests makes, too.
func metricReader(getenv func(string) string, guests sdkmetric.Producer) (sdkmetric.Reader, error) {
	var exporter sdkmetric.Exporter
	var err error
	switch name := getenv("OTEL_METRICS_EXPORTER"); name {
	case "", "otlp":
		exporter, err = otlp.NewMetrics(getenv)
	case "console":
		exporter, err = stdoutmetric.New()
	case "prometheus":
		return prometheus.Listen(getenv, sdkmetric.WithProducer(guests))
	default:
		return nil, fmt.Errorf("OTEL_METRICS_EXPORTER is %q: otlp, prometheus, console and none are supported", name)
	}
	if err != nil {
		return nil, err
	}
	return sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithProducer(guests)), nil
}
