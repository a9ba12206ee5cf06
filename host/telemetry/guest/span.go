package guest

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Span is a span that has ended.
type Span struct {
	Context, Parent trace.SpanContext
	Kind            trace.SpanKind
	Name            string
	Start, End      time.Time
	Attributes      []attribute.KeyValue
	Events          []sdktrace.Event
	Links           []sdktrace.Link
	Status          sdktrace.Status
	Scope           instrumentation.Scope
	// Dropped count what there was too much of.
	DroppedAttributes, DroppedEvents, DroppedLinks int
}

// Of is the span as exporters take it, of the resource that all spans of the process are of.
func (s *Span) Of(res *resource.Resource) sdktrace.ReadOnlySpan {
	return snapshot{span: s, resource: res}
}

// snapshot is a span as exporters take it. The interface in it is nil: it is there for a
// method that nobody else may have, and all others are below.
type snapshot struct {
	sdktrace.ReadOnlySpan
	span     *Span
	resource *resource.Resource
}

func (s snapshot) Name() string                                { return s.span.Name }
func (s snapshot) SpanContext() trace.SpanContext              { return s.span.Context }
func (s snapshot) Parent() trace.SpanContext                   { return s.span.Parent }
func (s snapshot) SpanKind() trace.SpanKind                    { return s.span.Kind }
func (s snapshot) StartTime() time.Time                        { return s.span.Start }
func (s snapshot) EndTime() time.Time                          { return s.span.End }
func (s snapshot) Attributes() []attribute.KeyValue            { return s.span.Attributes }
func (s snapshot) Links() []sdktrace.Link                      { return s.span.Links }
func (s snapshot) Events() []sdktrace.Event                    { return s.span.Events }
func (s snapshot) Status() sdktrace.Status                     { return s.span.Status }
func (s snapshot) InstrumentationScope() instrumentation.Scope { return s.span.Scope }
func (s snapshot) Resource() *resource.Resource                { return s.resource }
func (s snapshot) DroppedAttributes() int                      { return s.span.DroppedAttributes }
func (s snapshot) DroppedLinks() int                           { return s.span.DroppedLinks }
func (s snapshot) DroppedEvents() int                          { return s.span.DroppedEvents }
func (s snapshot) ChildSpanCount() int                         { return 0 }

// InstrumentationLibrary is an earlier name of InstrumentationScope.
func (s snapshot) InstrumentationLibrary() instrumentation.Scope { return s.span.Scope }
