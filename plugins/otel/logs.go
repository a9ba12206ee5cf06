package otel

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/logging"
)

const (
	// recordBytes is what an entry has beside its message, as spanBytes.
	recordBytes = 4 << 10
	// recordAttributes is how many attributes it has.
	recordAttributes = 64
)

// onEmit makes an entry of the log. The resource is that of the host, as it is for spans and
// metrics.
func (p *Plugin) onEmit(c *host.Call, args []value.Value) (value.Value, error) {
	v := args[0]
	e := logging.Entry{Level: severity(v)}
	if scope, ok := v.At(8).Payload(); ok {
		e.Topic = scope.At(0).Str()
	}
	if body, ok := v.At(4).Payload(); ok {
		e.Message = message(body.Str())
	}
	e.TraceID, e.SpanID = identity(trace.SpanContextFromContext(c.Context()), v.At(9), v.At(10))
	e.Fields = func(z *zerolog.Event) *zerolog.Event { return fields(z, v) }
	return value.Value{}, p.cfg.Log.Write(c, &e)
}

// message is a body: a text without its quotes, anything else as it is.
func message(body string) string {
	var s string
	if strings.HasPrefix(body, `"`) && json.Unmarshal([]byte(body), &s) == nil {
		return s
	}
	return body
}

// identity is the span that an entry is part of: one that the component names, in the
// trace that its spans are in, which is the host's if there is one.
func identity(around trace.SpanContext, traceOf, spanOf value.Value) (string, string) {
	in, span := around.TraceID(), around.SpanID()
	if named, ok := spanOf.Payload(); ok {
		if id, ok := spanID(named.Str()); ok {
			span = id
		}
	}
	if named, ok := traceOf.Payload(); ok && !in.IsValid() {
		in, _ = traceID(named.Str())
	}
	if !in.IsValid() || !span.IsValid() {
		return "", ""
	}
	return in.String(), span.String()
}

// severities are the levels of severity-number, four of each.
var severities = [...]zerolog.Level{zerolog.TraceLevel, zerolog.DebugLevel, zerolog.InfoLevel, zerolog.WarnLevel, zerolog.ErrorLevel, zerolog.FatalLevel}

// severity is the level of a record: by its number, else by its text, else info.
func severity(v value.Value) zerolog.Level {
	if n, ok := v.At(3).Payload(); ok && n.U8() >= 1 && n.U8() <= 24 {
		return severities[(n.U8()-1)/4]
	}
	if text, ok := v.At(2).Payload(); ok && len(text.Str()) <= 16 {
		if l, err := zerolog.ParseLevel(strings.ToLower(text.Str())); err == nil && l >= zerolog.TraceLevel && l <= zerolog.FatalLevel {
			return l
		}
	}
	return zerolog.InfoLevel
}

// fields adds what a record has beside its message.
func fields(z *zerolog.Event, v value.Value) *zerolog.Event {
	r := &reader{longest: recordBytes, room: recordBytes}
	for n := range 2 {
		if at, ok := v.At(n).Payload(); ok {
			if t, ok := datetime(at); ok {
				z = z.Str("timestamp", t.UTC().Format(time.RFC3339Nano))
				break
			}
		}
	}
	if text, ok := v.At(2).Payload(); ok {
		z = z.Str("severity", r.text(text.Str()))
	}
	if event, ok := v.At(6).Payload(); ok {
		z = z.Str("event", r.text(event.Str()))
	}
	if list, ok := v.At(5).Payload(); ok && list.Len() > 0 {
		all, dropped := r.attributes(list, recordAttributes)
		d := zerolog.Dict()
		for _, kv := range all {
			d = d.Interface(string(kv.Key), kv.Value.AsInterface())
		}
		z = z.Dict("attributes", d)
		if dropped > 0 {
			z = z.Int("dropped_attributes", dropped)
		}
	}
	return z
}
