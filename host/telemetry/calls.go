package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/host"
)

var (
	_ host.Tracer        = (*Telemetry)(nil)
	_ host.RefusalTracer = (*Telemetry)(nil)
)

// Refused makes an event of the span in which a component asked for what it was not given.
func (t *Telemetry) Refused(ctx context.Context, r *host.Refusal) {
	trace.SpanFromContext(ctx).AddEvent("sidecall.refused", trace.WithAttributes(
		attribute.String("sidecall.component", r.Component), attribute.String("sidecall.refused.kind", r.Kind),
		attribute.String("sidecall.refused.target", r.Target), attribute.String("sidecall.refused.reason", r.Reason)))
}

// Begin makes a span of a call between components. Calls of a request that is not
// sampled cost nothing but this look.
func (t *Telemetry) Begin(ctx context.Context, c *host.TracedCall) (context.Context, func(error)) {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() && !sc.IsSampled() {
		return ctx, func(error) {}
	}
	iface, function, ok := strings.Cut(c.Function, "#")
	if !ok {
		iface, function = "", c.Function
	}
	ctx, span := t.tracer.Start(ctx, short(c.Callee+" "+c.Function), trace.WithAttributes(
		attribute.String("sidecall.composition", c.Composition), attribute.String("sidecall.caller", c.Caller),
		attribute.String("sidecall.component", c.Callee), attribute.String("wit.interface", iface), attribute.String("wit.function", function)))
	return ctx, func(err error) {
		if err != nil {
			fail(span, err)
		}
		span.End()
	}
}

// short is a text that is no longer than an attribute may be: the SDK cuts nothing but those.
func short(text string) string {
	if len(text) <= longestAttribute {
		return text
	}
	return strings.ToValidUTF8(text[:longestAttribute], "") + "…"
}

func fail(span trace.Span, err error) {
	text := short(err.Error())
	span.AddEvent("exception", trace.WithAttributes(attribute.String("exception.type", fmt.Sprintf("%T", err)), attribute.String("exception.message", text)))
	span.SetStatus(codes.Error, text)
	var trap *host.Trap
	if errors.As(err, &trap) {
		span.SetAttributes(attribute.String("sidecall.trap.component", trap.Component), attribute.String("sidecall.trap.code", trap.Code.String()))
	}
}

// Ended notes how a guest's call ended: in the span of its request, and among the
// metrics. A guest that exits with success has not failed.
func (t *Telemetry) Ended(ctx context.Context, err error) {
	var exit *host.ExitError
	if err == nil || errors.As(err, &exit) && exit.Code == 0 {
		return
	}
	fail(trace.SpanFromContext(ctx), err)
	var trap *host.Trap
	if errors.As(err, &trap) {
		t.instruments.traps.Add(ctx, 1, metric.WithAttributes(attribute.String("sidecall.composition", t.composition),
			attribute.String("sidecall.component", trap.Component), attribute.String("sidecall.trap.code", trap.Code.String())))
	}
}

// Span is the identity of the span that a context belongs to, and of its trace. Both
// are empty without one.
func Span(ctx context.Context) (traceID, spanID string) {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		return sc.TraceID().String(), sc.SpanID().String()
	}
	return "", ""
}
