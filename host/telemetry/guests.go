package telemetry

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/sidecall/sidecall/host/telemetry/guest"
)

var _ guest.Receiver = (*Telemetry)(nil)

// SpanLimits are those of all spans: the SDK's, or the environment's.
func (t *Telemetry) SpanLimits() sdktrace.SpanLimits { return t.limits }

// GuestSpan sends a component's span with the host's, by the same exporter.
func (t *Telemetry) GuestSpan(s *guest.Span) {
	if t.spans != nil {
		t.spans.OnEnd(s.Of(t.resource))
	}
}

// GuestMetrics are those of components, sent with the host's; nil if none are.
func (t *Telemetry) GuestMetrics() *guest.Metrics { return t.guests }
