package otel

import (
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// read reads a span-data. It is in the host's trace, whatever trace it says that it is in,
// and below a span that the component itself has started in this call, or else below the
// host's.
func (s *spans) read(c *host.Call, v value.Value, id trace.SpanID, around trace.SpanContext, limits sdktrace.SpanLimits) *guest.Span {
	r := &reader{longest: limits.AttributeValueLengthLimit, room: spanBytes}
	parent := around
	if p, ok := spanID(v.At(1).Str()); ok && p != id && s.has(p) {
		parent = around.WithSpanID(p)
	}
	span := &guest.Span{Context: around.WithSpanID(id).WithRemote(false), Parent: parent.WithRemote(false),
		Kind: kinds[v.At(2).Case()], Name: r.text(v.At(3).Str())}
	now := time.Now()
	var ok bool
	if span.End, ok = datetime(v.At(5)); !ok {
		span.End = now
	}
	if span.Start, ok = datetime(v.At(4)); !ok || span.Start.After(span.End) {
		span.Start = span.End
	}
	span.Scope = scope(v.At(10))
	span.Status = status(r, v.At(9))

	own := []attribute.KeyValue{attribute.String("sidecall.composition", c.Composition()), attribute.String("sidecall.component", c.Component().Name)}
	if claimed, ok := traceID(v.At(0).At(0).Str()); ok && claimed != around.TraceID() {
		own = append(own, attribute.String("sidecall.guest.trace_id", claimed.String()))
	}
	theirs, dropped := r.attributes(v.At(6), limits.AttributeCountLimit)
	span.Attributes, span.DroppedAttributes = append(own, theirs...), dropped+count(v.At(11))
	span.Events, dropped = r.events(v.At(7), limits, now)
	span.DroppedEvents = dropped + count(v.At(12))
	span.Links, dropped = r.links(v.At(8), limits)
	span.DroppedLinks = dropped + count(v.At(13))
	return span
}

// count is a number of things that a component says it has dropped.
func count(v value.Value) int { return int(min(v.U32(), 1<<30)) }

// kinds are the cases of the enum span-kind.
var kinds = [...]trace.SpanKind{trace.SpanKindClient, trace.SpanKindServer, trace.SpanKindProducer, trace.SpanKindConsumer, trace.SpanKindInternal}

func status(r *reader, v value.Value) sdktrace.Status {
	switch v.Case() {
	case 1:
		return sdktrace.Status{Code: codes.Ok}
	case 2:
		return sdktrace.Status{Code: codes.Error, Description: r.text(wire.Payload(v).Str())}
	}
	return sdktrace.Status{}
}

// scope reads an instrumentation-scope, but for its attributes.
func scope(v value.Value) instrumentation.Scope {
	r := &reader{longest: scopeText, room: 3 * scopeText}
	optional := func(v value.Value) string {
		if s, ok := v.Payload(); ok {
			return r.text(s.Str())
		}
		return ""
	}
	return instrumentation.Scope{Name: r.text(v.At(0).Str()), Version: optional(v.At(1)), SchemaURL: optional(v.At(2))}
}

func (r *reader) events(list value.Value, limits sdktrace.SpanLimits, now time.Time) (all []sdktrace.Event, dropped int) {
	for i := range list.Len() {
		if limits.EventCountLimit >= 0 && i >= limits.EventCountLimit || !r.take(perAttribute) {
			return all, list.Len() - i
		}
		v := list.At(i)
		e := sdktrace.Event{Name: r.text(v.At(0).Str()), Time: now}
		if t, ok := datetime(v.At(1)); ok {
			e.Time = t
		}
		e.Attributes, e.DroppedAttributeCount = r.attributes(v.At(2), limits.AttributePerEventCountLimit)
		all = append(all, e)
	}
	return all, 0
}

// links reads those that lead to a span. That may be one of any trace: a link is no claim.
func (r *reader) links(list value.Value, limits sdktrace.SpanLimits) (all []sdktrace.Link, dropped int) {
	for i := range list.Len() {
		if limits.LinkCountLimit >= 0 && len(all) >= limits.LinkCountLimit || !r.take(perAttribute) {
			return all, dropped + list.Len() - i
		}
		v := list.At(i)
		sc, ok := r.spanContext(v.At(0))
		if !ok {
			dropped++
			continue
		}
		l := sdktrace.Link{SpanContext: sc}
		l.Attributes, l.DroppedAttributeCount = r.attributes(v.At(1), limits.AttributePerLinkCountLimit)
		all = append(all, l)
	}
	return all, dropped
}

// spanContext reads a span-context. A state that is none is empty.
func (r *reader) spanContext(v value.Value) (trace.SpanContext, bool) {
	in, ok := traceID(v.At(0).Str())
	id, ok2 := spanID(v.At(1).Str())
	if !ok || !ok2 {
		return trace.SpanContext{}, false
	}
	cfg := trace.SpanContextConfig{TraceID: in, SpanID: id, TraceFlags: trace.TraceFlags(v.At(2).Flags() & 1), Remote: v.At(3).Bool()}
	if list := v.At(4); list.Len() <= maxStates {
		for i := list.Len() - 1; i >= 0; i-- { // each is put before the others
			key, val := list.At(i).At(0).Str(), list.At(i).At(1).Str()
			if len(key) > 256 || len(val) > 256 || !r.take(len(key)+len(val)) {
				cfg.TraceState = trace.TraceState{}
				break
			}
			state, err := cfg.TraceState.Insert(strings.Clone(key), strings.Clone(val))
			if err != nil {
				cfg.TraceState = trace.TraceState{}
				break
			}
			cfg.TraceState = state
		}
	}
	return trace.NewSpanContext(cfg), true
}

// sampled reports whether a span-context says that its span is to be exported.
func sampled(context value.Value) bool { return context.At(2).Flags()&1 != 0 }

// spanID reads an id.
func spanID(hex string) (trace.SpanID, bool) {
	if len(hex) != 16 {
		return trace.SpanID{}, false
	}
	id, err := trace.SpanIDFromHex(strings.ToLower(hex))
	return id, err == nil
}

// traceID reads an id.
func traceID(hex string) (trace.TraceID, bool) {
	if len(hex) != 32 {
		return trace.TraceID{}, false
	}
	id, err := trace.TraceIDFromHex(strings.ToLower(hex))
	return id, err == nil
}
