// Package guest is what components report of themselves (wasi:otel): spans of theirs, as
// the SDK exports them, and metrics, which it adds up over all instances.
//
// In: what a plugin has read and bounded. Out: spans and metrics of the SDK. Next: host/telemetry,
// plugins/otel. Must not import: anything of ours.
package guest

import sdktrace "go.opentelemetry.io/otel/sdk/trace"

// Receiver takes what components report.
type Receiver interface {
	// Tracing reports whether spans are exported.
	Tracing() bool
	// SpanLimits are those of all spans, which the environment may set.
	SpanLimits() sdktrace.SpanLimits
	// GuestSpan exports a span that has ended.
	GuestSpan(*Span)
	// GuestMetrics are those of all components, nil if nobody wants any.
	GuestMetrics() *Metrics
}
