package telemetry

import (
	"fmt"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidecall/sidecall/host/telemetry/otlp"
)

// exporters are the values of OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER that are
// supported, beside none.
const exporters = "otlp, console and none"

// spanExporter makes what OTEL_TRACES_EXPORTER says, otlp if it says nothing.
func spanExporter(getenv func(string) string) (sdktrace.SpanExporter, error) {
	switch name := getenv("OTEL_TRACES_EXPORTER"); name {
	case "", "otlp":
		return otlp.NewSpans(getenv)
	case "console":
		return stdouttrace.New()
	default:
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: %s are supported", name, exporters)
	}
}

// metricExporter makes what OTEL_METRICS_EXPORTER says, otlp if it says nothing.
func metricExporter(getenv func(string) string) (sdkmetric.Exporter, error) {
	switch name := getenv("OTEL_METRICS_EXPORTER"); name {
	case "", "otlp":
		return otlp.NewMetrics(getenv)
	case "console":
		return stdoutmetric.New()
	default:
		return nil, fmt.Errorf("OTEL_METRICS_EXPORTER is %q: %s are supported", name, exporters)
	}
}
