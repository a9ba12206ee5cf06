package otlp

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Spans sends spans. It is a trace.SpanExporter of the SDK.
type Spans struct{ client *client }

// NewSpans makes an exporter as the variables OTEL_EXPORTER_OTLP_* say.
func NewSpans(getenv func(string) string) (*Spans, error) {
	c, err := newClient(getenv, signal{"TRACES", "v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"})
	return &Spans{c}, err
}

// ExportSpans sends spans.
func (s *Spans) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	return s.client.send(ctx, encodeSpans(spans))
}

// Shutdown closes connections.
func (s *Spans) Shutdown(context.Context) error { return s.client.close() }

// encodeSpans writes an ExportTraceServiceRequest. All spans are of one resource, that of the
// process; their scopes are ours and those of components, in the order in which they come.
func encodeSpans(spans []sdktrace.ReadOnlySpan) []byte {
	var scopes []instrumentation.Scope
	of := map[instrumentation.Scope][]sdktrace.ReadOnlySpan{}
	for _, s := range spans {
		scope := s.InstrumentationScope()
		if of[scope] == nil {
			scopes = append(scopes, scope)
		}
		of[scope] = append(of[scope], s)
	}
	var m message
	m.message(1, func(m *message) { // ResourceSpans
		m.message(1, func(m *message) { writeResource(m, spans[0].Resource()) })
		for _, scope := range scopes {
			m.message(2, func(m *message) { // ScopeSpans
				m.message(1, func(m *message) { writeScope(m, scope) })
				for _, s := range of[scope] {
					m.message(2, func(m *message) { writeSpan(m, s) })
				}
				m.string(3, text(scope.SchemaURL))
			})
		}
	})
	return m
}

func writeSpan(m *message, s sdktrace.ReadOnlySpan) {
	writeIdentity(m, s.SpanContext())
	if parent := s.Parent(); parent.SpanID().IsValid() {
		id := parent.SpanID()
		m.bytes(4, id[:])
	}
	m.string(5, text(s.Name()))
	m.uint(6, kind(s.SpanKind()))
	m.fixed64(7, nanos(s.StartTime()))
	m.fixed64(8, nanos(s.EndTime()))
	writeAttributes(m, 9, s.Attributes())
	m.uint(10, uint64(s.DroppedAttributes()))
	for _, e := range s.Events() {
		m.message(11, func(m *message) {
			m.fixed64(1, nanos(e.Time))
			m.string(2, text(e.Name))
			writeAttributes(m, 3, e.Attributes)
			m.uint(4, uint64(e.DroppedAttributeCount))
		})
	}
	m.uint(12, uint64(s.DroppedEvents()))
	for _, l := range s.Links() {
		m.message(13, func(m *message) { writeLink(m, l.SpanContext, l.Attributes, l.DroppedAttributeCount) })
	}
	m.uint(14, uint64(s.DroppedLinks()))
	m.message(15, func(m *message) {
		m.string(2, text(s.Status().Description))
		m.uint(3, status(s.Status().Code))
	})
	m.fixed32(16, flags(s.SpanContext(), s.Parent()))
}

// writeIdentity writes what span and link begin with.
func writeIdentity(m *message, c trace.SpanContext) {
	traceID, spanID := c.TraceID(), c.SpanID()
	m.bytes(1, traceID[:])
	m.bytes(2, spanID[:])
	m.string(3, text(c.TraceState().String()))
}

func writeLink(m *message, c trace.SpanContext, attributes []attribute.KeyValue, dropped int) {
	writeIdentity(m, c)
	writeAttributes(m, 4, attributes)
	m.uint(5, uint64(dropped))
	m.fixed32(6, flags(c, c))
}

// Bits of the flags beside those of W3C: whether it is known if the parent is
// elsewhere, and whether it is.
const (
	hasIsRemote = 0x100
	isRemote    = 0x200
)

func flags(c, parent trace.SpanContext) uint32 {
	f := uint32(c.TraceFlags()) | hasIsRemote
	if parent.IsRemote() {
		f |= isRemote
	}
	return f
}

func kind(k trace.SpanKind) uint64 {
	switch k {
	case trace.SpanKindServer:
		return 2
	case trace.SpanKindClient:
		return 3
	case trace.SpanKindProducer:
		return 4
	case trace.SpanKindConsumer:
		return 5
	}
	return 1 // internal
}

func status(c codes.Code) uint64 {
	switch c {
	case codes.Ok:
		return 1
	case codes.Error:
		return 2
	}
	return 0
}
