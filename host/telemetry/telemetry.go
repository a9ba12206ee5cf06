package telemetry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/sidecall/sidecall/host/telemetry/guest"
)

// Options say what is observed.
type Options struct {
	// Composition is the service's name, unless OTEL_SERVICE_NAME says another.
	Composition string
	// Version is sidecall's.
	Version string
	// Log receives what goes wrong with sending.
	Log zerolog.Logger
}

// Telemetry makes and sends spans and metrics.
type Telemetry struct {
	composition string
	tracer      trace.Tracer
	tracing     bool
	propagator  propagation.TextMapPropagator
	meter       metric.Meter
	instruments instruments
	// What components report goes the way of the host's own.
	spans    sdktrace.SpanProcessor
	limits   sdktrace.SpanLimits
	resource *resource.Resource
	guests   *guest.Metrics
	stop     []func(context.Context) error
}

// scope names what makes the spans and metrics.
const scope = "github.com/sidecall/sidecall"

// Wanted reports what the environment asks for, by an exporter or where to send to.
// By default nothing is made and nothing is sent, because nobody may listen.
func Wanted(getenv func(string) string) (traces, metrics bool) {
	return wants(getenv, "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
		wants(getenv, "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
}

func wants(getenv func(string) string, exporter, endpoint string) bool {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv(exporter) == "none" {
		return false
	}
	return getenv(exporter) != "" || getenv(endpoint) != "" || getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != ""
}

// Start sets the SDK up as the variables OTEL_* of the environment say. Close sends
// what is left.
func Start(ctx context.Context, opt Options) (_ *Telemetry, err error) {
	t := &Telemetry{composition: opt.Composition}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("OpenTelemetry: %w", err), t.Close(ctx))
		}
	}()
	// The SDK has but one place for its own problems in a process.
	log := opt.Log.With().Str("from", "OpenTelemetry").Logger()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn().Err(err).Msg("telemetry is lost") }))
	otel.SetLogger(logr.Discard())

	if t.propagator, err = propagators(os.Getenv("OTEL_PROPAGATORS")); err != nil {
		return nil, err
	}
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(), resource.WithProcessPID(),
		resource.WithAttributes(semconv.ServiceName(opt.Composition), attribute.String("sidecall.version", opt.Version)),
		resource.WithFromEnv(), // what a person says comes last, and counts
	)
	if err != nil {
		return nil, err
	}
	if err := t.startTraces(res); err != nil {
		return nil, err
	}
	if err := t.startMetrics(res); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Telemetry) startTraces(res *resource.Resource) error {
	t.tracer = nooptrace.NewTracerProvider().Tracer(scope)
	if traces, _ := Wanted(os.Getenv); !traces {
		return nil
	}
	exporter, err := spanExporter(os.Getenv)
	if err != nil {
		return err
	}
	t.spans, t.limits, t.resource = sdktrace.NewBatchSpanProcessor(exporter), spanLimits(), res
	p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(t.spans), sdktrace.WithResource(res), sdktrace.WithRawSpanLimits(t.limits))
	t.stop = append(t.stop, p.Shutdown)
	t.tracer, t.tracing = p.Tracer(scope), true
	return nil
}

// longestAttribute is how many characters of a text spans have, unless the environment says
// otherwise. Guests and clients choose what they are called, and 2,048 spans may wait for a
// collector that is slow; without a limit they would be of any size.
const longestAttribute = 4 << 10

// spanLimits are the SDK's own, which the environment sets, with a limit where it has none.
func spanLimits() sdktrace.SpanLimits {
	l := sdktrace.NewSpanLimits()
	if l.AttributeValueLengthLimit < 0 {
		l.AttributeValueLengthLimit = longestAttribute
	}
	return l
}

func (t *Telemetry) startMetrics(res *resource.Resource) (err error) {
	t.meter = noopmetric.NewMeterProvider().Meter(scope)
	if _, metrics := Wanted(os.Getenv); metrics {
		t.guests = guest.NewMetrics(t.composition)
		reader, err := metricReader(os.Getenv, t.guests)
		if err != nil {
			return err
		}
		p := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(res))
		t.stop = append(t.stop, p.Shutdown)
		t.meter = p.Meter(scope)
	}
	t.instruments, err = newInstruments(t.meter)
	return err
}

// propagators are those that OTEL_PROPAGATORS names.
func propagators(names string) (propagation.TextMapPropagator, error) {
	if names == "" {
		names = "tracecontext,baggage"
	}
	var all []propagation.TextMapPropagator
	for name := range strings.SplitSeq(names, ",") {
		switch strings.TrimSpace(name) {
		case "tracecontext":
			all = append(all, propagation.TraceContext{})
		case "baggage":
			all = append(all, propagation.Baggage{})
		case "none", "":
		default:
			return nil, fmt.Errorf("OTEL_PROPAGATORS names %q: tracecontext, baggage and none are supported", name)
		}
	}
	return propagation.NewCompositeTextMapPropagator(all...), nil
}

// Tracing reports whether spans are made. If so, calls between components must go
// through Go to be seen.
func (t *Telemetry) Tracing() bool { return t.tracing }

// Close sends what is left, as long as ctx lasts.
func (t *Telemetry) Close(ctx context.Context) error {
	var errs []error
	for _, stop := range t.stop {
		errs = append(errs, stop(ctx))
	}
	t.stop = nil
	return errors.Join(errs...)
}
