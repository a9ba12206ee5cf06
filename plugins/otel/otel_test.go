package otel_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/logging"
	"github.com/sidecall/sidecall/plugins/otel"
)

const (
	tracing = "wasi:otel/tracing@0.2.0-rc.2"
	metrics = "wasi:otel/metrics@0.2.0-rc.2"
	logs    = "wasi:otel/logs@0.2.0-rc.2"
)

// kept is a receiver that keeps what it gets.
type kept struct {
	spans   []sdktrace.ReadOnlySpan
	metrics *guest.Metrics
	off     bool
}

func (k *kept) Tracing() bool                   { return !k.off }
func (k *kept) SpanLimits() sdktrace.SpanLimits { return limits }
func (k *kept) GuestSpan(s *guest.Span)         { k.spans = append(k.spans, s.Of(nil)) }
func (k *kept) GuestMetrics() *guest.Metrics    { return k.metrics }

var limits = sdktrace.SpanLimits{AttributeValueLengthLimit: 100, AttributeCountLimit: 8, EventCountLimit: 4, LinkCountLimit: 4,
	AttributePerEventCountLimit: 2, AttributePerLinkCountLimit: 2}

func env(t *testing.T, cfg otel.Config) *plugintest.Env {
	t.Helper()
	return plugintest.New(t, plan.Grants{}, host.Stdio{}, otel.New(cfg).Interfaces())
}

// hosts is the host's span around a call.
func hosts(span byte, flags trace.TraceFlags) trace.SpanContext {
	state, _ := trace.ParseTraceState("a=1,b=2")
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 7}, SpanID: trace.SpanID{7: span}, TraceFlags: flags, TraceState: state})
}

func traced(t *testing.T, k *kept) *plugintest.Env {
	t.Helper()
	return env(t, otel.Config{To: func() guest.Receiver { return k }}).With(trace.ContextWithSpanContext(t.Context(), hosts(1, 1)))
}

func id(n int) string { return fmt.Sprintf("%016x", n) }

func spanContext(traceID, spanID string, states ...value.Value) value.Value {
	return value.Record(value.String(traceID), value.String(spanID), value.Flags(1), value.Bool(false), value.List(states...))
}

func attr(key, json string) value.Value { return value.Record(value.String(key), value.String(json)) }

func at(seconds uint64, ns uint32) value.Value {
	return value.Record(value.U64(seconds), value.U32(ns))
}

func scope(name string) value.Value {
	return value.Record(value.String(name), value.Some(value.String("1.2")), value.None(), value.List())
}

// span is a span-data with some parts that differ.
type span struct {
	context                   value.Value
	parent, name              string
	start, end                value.Value
	attributes, events, links []value.Value
	status                    value.Value
}

func newSpan(n int) span {
	return span{context: spanContext(hosts(1, 1).TraceID().String(), id(n)), name: "work", start: at(10, 5), end: at(11, 0), status: value.Variant(0, nil)}
}

func (s span) value() value.Value {
	return value.Record(s.context, value.String(s.parent), value.Enum(4), value.String(s.name), s.start, s.end, value.List(s.attributes...),
		value.List(s.events...), value.List(s.links...), s.status, scope("lib"), value.U32(1), value.U32(2), value.U32(3))
}

func TestOuterSpanContext(t *testing.T) {
	e := traced(t, &kept{})
	if got := e.Must(tracing, "outer-span-context"); got.At(0).Str() != strings.Repeat("0", 31)+"7" || got.At(1).Str() != id(1) || got.At(2).Flags() != 1 ||
		got.At(4).Len() != 2 || got.At(4).At(0).At(0).Str() != "a" || got.At(4).At(1).At(1).Str() != "2" {
		t.Errorf("got %v", got)
	}
	if got := e.With(t.Context()).Must(tracing, "outer-span-context"); got.At(0).Str() != strings.Repeat("0", 32) || got.At(1).Str() != id(0) || got.At(2).Flags() != 0 {
		t.Errorf("without a span: %v", got)
	}
}

// TestSpan has two spans of a component exported as they are: the one below the host's, the
// other below that.
func TestSpan(t *testing.T) {
	k := &kept{}
	e := traced(t, k)
	outer, inner := newSpan(2), newSpan(3)
	outer.parent = id(1)
	inner.parent = id(2)
	inner.attributes = []value.Value{attr("s", `"text"`), attr("i", "-7"), attr("f", "1.5"), attr("b", "true"), attr("l", "[1,2]"), attr("o", `{"a":1}`), attr("bytes", `"data:application/octet-stream;base64,AAE="`)}
	inner.events = []value.Value{value.Record(value.String("hit"), at(10, 6), value.List(attr("k", `"v"`)))}
	inner.links = []value.Value{value.Record(spanContext(strings.Repeat("A", 32), strings.Repeat("b", 16), value.Tuple(value.String("x"), value.String("1")), value.Tuple(value.String("y"), value.String("2"))), value.List())}
	failed := value.String("no")
	inner.status = value.Variant(2, &failed)
	e.Must(tracing, "on-start", outer.context)
	e.Must(tracing, "on-start", inner.context)
	e.Must(tracing, "on-end", inner.value())
	e.Must(tracing, "on-end", outer.value())
	if len(k.spans) != 2 {
		t.Fatalf("%d spans", len(k.spans))
	}
	in, out := k.spans[0], k.spans[1]
	if in.Parent().SpanID().String() != id(2) || out.Parent().SpanID().String() != id(1) || in.SpanContext().TraceID() != hosts(1, 1).TraceID() || in.SpanContext().SpanID().String() != id(3) {
		t.Errorf("%v below %v, %v below %v", in.SpanContext(), in.Parent(), out.SpanContext(), out.Parent())
	}
	if in.Name() != "work" || in.SpanKind() != trace.SpanKindInternal || in.StartTime().UnixNano() != 10e9+5 || in.EndTime().UnixNano() != 11e9 ||
		in.Status() != (sdktrace.Status{Code: codes.Error, Description: "no"}) || in.InstrumentationScope().Name != "lib" || in.InstrumentationScope().Version != "1.2" {
		t.Errorf("got %+v", in)
	}
	set := attribute.NewSet(in.Attributes()...)
	if got, want := set.Encoded(attribute.DefaultEncoder()), `b=true,bytes=AAE=,f=1.5,i=-7,l=[1,2],o={"a":1},s=text,sidecall.component=app,sidecall.composition=test`; got != want {
		t.Errorf("attributes %s, not %s", got, want)
	}
	if ev := in.Events(); len(ev) != 1 || ev[0].Name != "hit" || ev[0].Time.UnixNano() != 10e9+6 || len(ev[0].Attributes) != 1 {
		t.Errorf("events %+v", ev)
	}
	if l := in.Links(); len(l) != 1 || l[0].SpanContext.TraceID().String() != strings.Repeat("a", 32) || l[0].SpanContext.TraceState().String() != "x=1,y=2" {
		t.Errorf("links %+v", l)
	}
	if in.DroppedAttributes() != 1 || in.DroppedEvents() != 2 || in.DroppedLinks() != 3 {
		t.Errorf("dropped %d, %d, %d", in.DroppedAttributes(), in.DroppedEvents(), in.DroppedLinks())
	}
}

// TestClaims: whatever a span says, it is in the host's trace, below what is the component's.
func TestClaims(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*span)
		told   string
		parent string // of the span that is exported, "" if none is
		more   string // an attribute
	}{
		"another trace":    {func(s *span) { s.context = spanContext(strings.Repeat("9", 32), id(5)) }, "", id(1), "sidecall.guest.trace_id=" + strings.Repeat("9", 32)},
		"a trace of zeros": {func(s *span) { s.context = spanContext(strings.Repeat("0", 32), id(5)) }, "", id(1), ""},
		"no trace":         {func(s *span) { s.context = spanContext("x", id(5)) }, "", id(1), ""},
		"a strange parent": {func(s *span) { s.parent = id(99) }, "", id(1), ""},
		"no parent":        {func(s *span) { s.parent = "" }, "", id(1), ""},
		"itself as parent": {func(s *span) { s.parent = id(5) }, "", id(1), ""},
		"the host's id":    {func(s *span) { s.context = spanContext("", id(1)) }, "span id of the host", "", ""},
		"an id of zeros":   {func(s *span) { s.context = spanContext("", id(0)) }, "span id", "", ""},
		"an id too short":  {func(s *span) { s.context = spanContext("", "12") }, "span id", "", ""},
		"an id of letters": {func(s *span) { s.context = spanContext("", "zzzzzzzzzzzzzzzz") }, "span id", "", ""},
		"the host's names": {func(s *span) {
			s.attributes = []value.Value{attr("sidecall.component", `"x"`), attr("sidecall_component", `"x"`)}
		}, "", id(1), ""},
		"never sampled": {func(s *span) {
			s.context = value.Record(value.String(""), value.String(id(5)), value.Flags(0), value.Bool(false), value.List())
		}, "", "", ""},
		"times of no clock": {func(s *span) { s.start, s.end = at(1<<63, 0), at(0, 4e9) }, "", id(1), ""},
		"an end too early":  {func(s *span) { s.start, s.end = at(12, 0), at(11, 0) }, "", id(1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := &kept{}
			e := traced(t, k)
			s := newSpan(5)
			tt.change(&s)
			e.Must(tracing, "on-start", s.context)
			e.Must(tracing, "on-end", s.value())
			if told := e.Told(); tt.told == "" && len(told) != 0 || tt.told != "" && (len(told) != 1 || told[0].Target != tt.told || told[0].Kind != "telemetry") {
				t.Errorf("told %v", told)
			}
			if tt.parent == "" {
				if len(k.spans) != 0 {
					t.Errorf("%d spans", len(k.spans))
				}
				return
			}
			if len(k.spans) != 1 {
				t.Fatalf("%d spans", len(k.spans))
			}
			got := k.spans[0]
			set := attribute.NewSet(got.Attributes()...)
			text := set.Encoded(attribute.DefaultEncoder())
			if got.SpanContext().TraceID() != hosts(1, 1).TraceID() || got.Parent().TraceID() != hosts(1, 1).TraceID() || got.Parent().SpanID().String() != tt.parent ||
				!strings.Contains(text, "sidecall.component=app") || strings.Contains(text, "=x") || !strings.Contains(text, tt.more) {
				t.Errorf("%v below %v with %s", got.SpanContext(), got.Parent(), text)
			}
			if got.EndTime().Before(got.StartTime()) {
				t.Errorf("from %v to %v", got.StartTime(), got.EndTime())
			}
		})
	}
}

// TestSpanLimits: of a span with too much of everything a part is exported, and the rest counted.
func TestSpanLimits(t *testing.T) {
	k := &kept{}
	e := traced(t, k)
	s := newSpan(5)
	s.name = strings.Repeat("é", 1000)
	long := attr("k", `"`+strings.Repeat("x", 1000)+`"`)
	for i := range 100_000 {
		s.attributes = append(s.attributes, attr(fmt.Sprint("k", i), "1"))
	}
	for range 1000 {
		s.events = append(s.events, value.Record(value.String("e"), at(10, 0), value.List(long, attr("l", "1"), attr("m", "1"))))
		s.links = append(s.links, value.Record(spanContext(strings.Repeat("a", 32), id(9)), value.List(long, attr("l", "1"), attr("m", "1"))))
	}
	e.Must(tracing, "on-end", s.value())
	got := k.spans[0]
	if len(got.Name()) != 100 || len(got.Attributes()) != 2+8 || got.DroppedAttributes() != 100_000-8+1 || len(got.Events()) != 4 || got.DroppedEvents() != 996+2 ||
		len(got.Links()) != 4 || got.DroppedLinks() != 996+3 {
		t.Errorf("%d bytes, %d attributes, %d events, %d links", len(got.Name()), len(got.Attributes()), len(got.Events()), len(got.Links()))
	}
	if ev := got.Events()[0]; len(ev.Attributes) != 2 || ev.DroppedAttributeCount != 1 || len(ev.Attributes[0].Value.AsString()) != 100 {
		t.Errorf("event %+v", ev)
	}
}

// TestSpanBytes: a span has 8 KiB, however it is made up, and with limits of the environment
// that are none.
func TestSpanBytes(t *testing.T) {
	limits = sdktrace.SpanLimits{AttributeValueLengthLimit: -1, AttributeCountLimit: -1, EventCountLimit: -1, LinkCountLimit: -1, AttributePerEventCountLimit: -1, AttributePerLinkCountLimit: -1}
	t.Cleanup(func() {
		limits = sdktrace.SpanLimits{AttributeValueLengthLimit: 100, AttributeCountLimit: 8, EventCountLimit: 4, LinkCountLimit: 4, AttributePerEventCountLimit: 2, AttributePerLinkCountLimit: 2}
	})
	k := &kept{}
	e := traced(t, k)
	s := newSpan(5)
	var numbers strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&numbers, "%d,", i)
	}
	s.attributes = []value.Value{attr("list", "["+numbers.String()+"0]"), attr("text", `"`+strings.Repeat("x", 50<<10)+`"`), attr("raw", strings.Repeat("[", 100<<10))}
	s.events = []value.Value{value.Record(value.String(strings.Repeat("x", 50<<10)), at(0, 0), value.List())}
	e.Must(tracing, "on-end", s.value())
	got, size := k.spans[0], 0
	for _, a := range got.Attributes()[2:] {
		size += len(a.Key) + len(a.Value.AsString()) + 8*len(a.Value.AsInt64Slice())
	}
	if size > 8<<10 || len(got.Events()) != 0 || got.DroppedAttributes() != 3 {
		t.Errorf("%d bytes, %d events, %d attributes dropped", size, len(got.Events()), got.DroppedAttributes())
	}
}

// TestLongJSON: what is longer than 64 KiB is not read, but a text.
func TestLongJSON(t *testing.T) {
	k := &kept{}
	s := newSpan(5)
	s.attributes = []value.Value{attr("short", strings.Repeat(" ", 60<<10)+"1"), attr("long", strings.Repeat(" ", 70<<10)+"1")}
	traced(t, k).Must(tracing, "on-end", s.value())
	if got := k.spans[0].Attributes()[2:]; got[0].Value.Type() != attribute.INT64 || got[1].Value.Type() != attribute.STRING {
		t.Errorf("got %v", got)
	}
}

// TestSpansOfCall: of one call there are so many spans, each ends once, and what one call left
// open is nothing to the next.
func TestSpansOfCall(t *testing.T) {
	k := &kept{}
	e := traced(t, k)
	for i := range 1500 {
		e.Must(tracing, "on-start", spanContext("", id(10+i)))
	}
	e.Must(tracing, "on-end", newSpan(10).value())
	e.Must(tracing, "on-end", newSpan(10).value())
	e.Must(tracing, "on-end", newSpan(10+1200).value())
	if told := e.Told(); len(k.spans) != 1 || len(told) != 2 || told[0].Target != "spans" || told[1].Target != "span that has ended" {
		t.Errorf("%d spans, told %v", len(k.spans), told)
	}
	next := e.With(trace.ContextWithSpanContext(t.Context(), hosts(2, 1)))
	s := newSpan(10)
	s.parent = id(11) // of the call before
	next.Must(tracing, "on-end", s.value())
	if len(k.spans) != 2 || k.spans[1].Parent().SpanID().String() != id(2) {
		t.Errorf("%d spans", len(k.spans))
	}
}

// TestOff: where nobody wants it, all is taken and nothing kept.
func TestOff(t *testing.T) {
	for name, tt := range map[string]struct {
		to   *kept
		span trace.SpanContext
	}{
		"no receiver":      {nil, hosts(1, 1)},
		"no traces":        {&kept{off: true}, hosts(1, 1)},
		"no span":          {&kept{}, trace.SpanContext{}},
		"span not sampled": {&kept{}, hosts(1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			e := env(t, otel.Config{To: func() guest.Receiver {
				if tt.to == nil {
					return nil
				}
				return tt.to
			}}).With(trace.ContextWithSpanContext(t.Context(), tt.span))
			s := newSpan(5)
			e.Must(tracing, "on-start", s.context)
			e.Must(tracing, "on-end", s.value())
			e.Ok(metrics, "export", exported(counter("n", 1, "1", nil)))
			if told := e.Told(); len(told) != 0 || tt.to != nil && len(tt.to.spans) != 0 {
				t.Errorf("told %v", told)
			}
		})
	}
}

// counter is a cumulative sum that grows.
func counter(name string, n uint64, unit string, attributes []value.Value) value.Value {
	number := value.U64(n)
	point := value.Record(value.List(attributes...), value.Variant(2, &number), value.List())
	data := value.Record(value.List(point), at(10, 0), at(11, 0), value.Enum(0), value.Bool(true))
	return value.Record(value.String(name), value.String("what it is"), value.String(unit), value.Variant(5, &data))
}

// histogram is one of three buckets, bounded by 1 and 2.
func histogram(bounds []float64, counts []uint64) value.Value {
	var b, c []value.Value
	var n uint64
	for _, f := range bounds {
		b = append(b, value.F64(f))
	}
	for _, u := range counts {
		c = append(c, value.U64(u))
		n += u
	}
	sum := value.F64(4)
	point := value.Record(value.List(), value.U64(n), value.List(b...), value.List(c...), value.Some(value.Variant(0, &sum)), value.None(), value.Variant(0, &sum), value.List())
	data := value.Record(value.List(point), at(10, 0), at(11, 0), value.Enum(0))
	return value.Record(value.String("h"), value.String(""), value.String("s"), value.Variant(2, &data))
}

// exponential is a histogram of positive values.
func exponential(scale int8, offset int32, counts ...uint64) value.Value {
	var c []value.Value
	n := uint64(2) // of zeros
	for _, u := range counts {
		c, n = append(c, value.U64(u)), n+u
	}
	sum := value.F64(4)
	least := value.Variant(0, &sum)
	point := value.Record(value.List(), value.U64(n), value.Some(least), value.None(), least, value.S8(scale), value.U64(2),
		value.Record(value.S32(offset), value.List(c...)), value.Record(value.S32(0), value.List()), value.F64(0.5), value.List())
	data := value.Record(value.List(point), at(10, 0), at(11, 0), value.Enum(0))
	return value.Record(value.String("e"), value.String(""), value.String(""), value.Variant(3, &data))
}

func exported(metrics ...value.Value) value.Value {
	return value.Record(value.Record(value.List(), value.None()), value.List(value.Record(scope("lib"), value.List(metrics...))))
}

func produced(t *testing.T, k *kept) map[string]metricdata.Aggregation {
	t.Helper()
	all, err := k.metrics.Produce(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]metricdata.Aggregation{}
	for _, s := range all {
		for _, m := range s.Metrics {
			out[m.Name] = m.Data
		}
	}
	return out
}

// TestMetrics: what instances count is added up, each from its own beginning.
func TestMetrics(t *testing.T) {
	k := &kept{metrics: guest.NewMetrics("test")}
	for range 2 {
		e := traced(t, k)
		e.Ok(metrics, "export", exported(counter("n", 3, "1", nil), histogram([]float64{1, 2}, []uint64{1, 0, 1})))
		e.Ok(metrics, "export", exported(counter("n", 5, "1", nil), histogram([]float64{1, 2}, []uint64{2, 0, 1}), exponential(3, -1, 4, 5)))
		e.Close()
	}
	all := produced(t, k)
	sum := all["guest.n"].(metricdata.Sum[int64])
	if len(sum.DataPoints) != 1 || sum.DataPoints[0].Value != 10 || !sum.IsMonotonic || sum.Temporality != metricdata.CumulativeTemporality {
		t.Errorf("got %+v", sum)
	}
	if got := sum.DataPoints[0].Attributes.Encoded(attribute.DefaultEncoder()); got != "sidecall.component=app,sidecall.composition=test" {
		t.Errorf("attributes %s", got)
	}
	h := all["guest.h"].(metricdata.Histogram[float64]).DataPoints[0]
	if h.Count != 6 || fmt.Sprint(h.BucketCounts) != "[4 0 2]" || h.Sum != 8 {
		t.Errorf("got %+v", h)
	}
	x := all["guest.e"].(metricdata.ExponentialHistogram[float64]).DataPoints[0]
	if low, _ := x.Min.Value(); x.Count != 22 || x.Scale != 3 || x.ZeroCount != 4 || x.ZeroThreshold != 0.5 || x.Sum != 8 || low != 4 ||
		x.PositiveBucket.Offset != -1 || fmt.Sprint(x.PositiveBucket.Counts) != "[8 10]" {
		t.Errorf("got %+v", x)
	}
}

// TestMetricsRefused: what is no metric is answered by an error, and all else is taken.
func TestMetricsRefused(t *testing.T) {
	k := &kept{metrics: guest.NewMetrics("test")}
	e := traced(t, k)
	nan := value.F64(0)
	negative := value.S64(-1)
	falling := value.Record(value.List(value.Record(value.List(), value.Variant(1, &negative), value.List())), at(10, 0), at(11, 0), value.Enum(1), value.Bool(true))
	mixed := value.Record(value.List(value.Record(value.List(), value.Variant(0, &nan), value.List())), at(10, 0), at(11, 0), value.Enum(1), value.Bool(true))
	metric := func(name string, c int, data value.Value) value.Value {
		return value.Record(value.String(name), value.String(""), value.String(""), value.Variant(c, &data))
	}
	e.Ok(metrics, "export", exported(counter("n", 1, "1", nil)))
	for want, m := range map[string]value.Value{
		`metric "": a name has`:                      counter("", 1, "", nil),
		`metric "1x": a name has`:                    counter("1x", 1, "", nil),
		`metric "u": a unit has`:                     counter("u", 1, "\n", nil),
		`metric "n": the metric n has another kind`:  counter("n", 1, "By", nil),
		`metric "e": a histogram has at most 160`:    exponential(21, 0, 1),
		`metric "e": a histogram has at most 160 `:   exponential(0, 0, make([]uint64, 161)...),
		`metric "e": a histogram has at most 160 e`:  exponential(0, math.MaxInt32, 1),
		`metric "y": a number is not`:                metric("y", 9, falling),
		`metric "z": a number is not of the metric'`: metric("z", 9, mixed),
		`metric "big": a number`:                     counter("big", 1<<63, "", nil),
		`metric "h": a histogram has at most`:        histogram([]float64{2, 1}, []uint64{1, 1, 1}),
		`metric "h": a histogram`:                    histogram(nil, make([]uint64, 500)),
	} {
		v := e.Must(metrics, "export", exported(m, counter("after", 1, "", nil)))
		p, _ := v.Payload()
		if v.Case() != 1 || !strings.HasPrefix(p.Str(), want) {
			t.Errorf("got %v, not %s", v, want)
		}
	}
	if all := produced(t, k); all["guest.after"] == nil || all["guest.u"] != nil {
		t.Errorf("got %v", all)
	}
	if told := e.Told(); len(told) != 1 || told[0].Target != "metrics" {
		t.Errorf("told %v", told)
	}
}

// TestMetricsLimits: a component that invents series and names has a thousand of the ones,
// and two hundred of the others, over all its instances.
func TestMetricsLimits(t *testing.T) {
	k := &kept{metrics: guest.NewMetrics("test")}
	n := 0
	for range 20 {
		e := traced(t, k)
		for range 100 {
			n++
			e.Must(metrics, "export", exported(counter("n", 1, "", []value.Value{attr("k", fmt.Sprint(n))})))
		}
		e.Close()
	}
	sum := produced(t, k)["guest.n"].(metricdata.Sum[int64])
	overflow := int64(0)
	for _, p := range sum.DataPoints {
		if v, ok := p.Attributes.Value("otel.metric.overflow"); ok && v.AsBool() {
			overflow = p.Value
		}
	}
	if len(sum.DataPoints) != guest.MaxSeries+1 || overflow != 1000 {
		t.Errorf("%d series, %d beyond", len(sum.DataPoints), overflow)
	}
	e := traced(t, k)
	for i := range 300 {
		e.Must(metrics, "export", exported(counter(fmt.Sprint("m", i), 1, "", nil)))
	}
	if all := produced(t, k); len(all) != guest.MaxNames {
		t.Errorf("%d names", len(all))
	}
	// One instance has as many series as 64 KiB hold.
	e = traced(t, k)
	var err error
	for i := 0; err == nil && i < 2000; i++ {
		if v := e.Must(metrics, "export", exported(counter("n", 1, "", []value.Value{attr("k", fmt.Sprint(i))}))); v.Case() == 1 {
			p, _ := v.Payload()
			err = fmt.Errorf("%s", p.Str())
		}
	}
	if err == nil || !strings.Contains(err.Error(), "series of one instance") {
		t.Errorf("got %v", err)
	}
}

func TestLogs(t *testing.T) {
	str := func(s string) value.Value { return value.Some(value.String(s)) }
	none := value.None()
	record := func(number value.Value, text, body, attributes, traceID, spanID value.Value) value.Value {
		return value.Record(value.Some(at(0, 5)), none, text, number, body, attributes, str("paid"), none, value.Some(scope("lib")), traceID, spanID, none)
	}
	within, without := trace.ContextWithSpanContext(t.Context(), hosts(1, 1)), t.Context()
	const begin = `,"composition":"test","component":"app","context":"lib",`
	const of = `"trace_id":"00000000000000000000000000000007",`
	const more = `"timestamp":"1970-01-01T00:00:00.000000005Z",`
	for name, tt := range map[string]struct {
		ctx    context.Context
		record value.Value
		want   string
	}{
		"text": {within, record(value.Some(value.U8(17)), str("ERR"), str(`"it \n failed"`), value.Some(value.List(attr("n", "1"), attr("s", `"x"`))), none, none),
			`{"level":"error"` + begin + of + `"span_id":"0000000000000001",` + more + `"severity":"ERR","event":"paid","attributes":{"n":1,"s":"x"},"message":"it \n failed"}`},
		"a span of its own": {within, record(none, str("warn"), str(`{"a":1}`), none, str(strings.Repeat("9", 32)), str(id(5))),
			`{"level":"warn"` + begin + of + `"span_id":"0000000000000005",` + more + `"severity":"warn","event":"paid","message":"{\"a\":1}"}`},
		"without the host's": {without, record(value.Some(value.U8(99)), none, none, none, str(strings.Repeat("9", 32)), str(id(5))),
			`{"level":"info"` + begin + `"trace_id":"` + strings.Repeat("9", 32) + `","span_id":"0000000000000005",` + more + `"event":"paid"}`},
		"ids that are none": {without, record(value.Some(value.U8(1)), none, str("broken {"), none, str("x"), str("y")),
			`{"level":"trace"` + begin + more + `"event":"paid","message":"broken {"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			l := zerolog.New(&out)
			e := env(t, otel.Config{Log: logging.New(logging.Config{Log: func(string) *zerolog.Logger { return &l }})})
			e.With(tt.ctx).Must(logs, "on-emit", tt.record)
			if got := strings.TrimSpace(out.String()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestLogLimits: what a record has beside its message has 4 KiB.
func TestLogLimits(t *testing.T) {
	var out strings.Builder
	l := zerolog.New(&out)
	e := env(t, otel.Config{Log: logging.New(logging.Config{Line: 1000, Log: func(string) *zerolog.Logger { return &l }})})
	none := value.None()
	var attributes []value.Value
	for i := range 100_000 {
		attributes = append(attributes, attr(fmt.Sprint("k", i), `"`+strings.Repeat("x", 100)+`"`))
	}
	long := value.Some(value.String(strings.Repeat("y", 100_000)))
	e.Must(logs, "on-emit", value.Record(none, none, long, none, value.Some(value.String("m")), value.Some(value.List(attributes...)), long, none, none, none, none, none))
	if out.Len() > 6<<10 || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%d bytes", out.Len())
	}
}
