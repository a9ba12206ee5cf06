package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var res = resource.NewSchemaless(attribute.String("service.name", "shop"))

// exported is what came to an exporter: the spans of the SDK are made only by it.
type exported struct{ spans []sdktrace.ReadOnlySpan }

func (e *exported) ExportSpans(_ context.Context, s []sdktrace.ReadOnlySpan) error {
	e.spans = append(e.spans, s...)
	return nil
}
func (*exported) Shutdown(context.Context) error { return nil }

// someSpans makes a span with everything that there is, and its parent.
func someSpans(t testing.TB) []sdktrace.ReadOnlySpan {
	t.Helper()
	out := &exported{}
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(out), sdktrace.WithResource(res))
	state, _ := trace.ParseTraceState("vendor=x")
	remote := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true}))
	ctx, parent := p.Tracer("scope", trace.WithInstrumentationVersion("1.2")).Start(remote, "parent", trace.WithSpanKind(trace.SpanKindServer))
	_, s := p.Tracer("scope", trace.WithInstrumentationVersion("1.2")).Start(ctx, "child \xff", trace.WithSpanKind(trace.SpanKindClient), trace.WithLinks(trace.Link{
		SpanContext: trace.SpanContextFromContext(remote), Attributes: []attribute.KeyValue{attribute.Int("l", 1)}}))
	s.SetAttributes(attribute.Bool("b", true), attribute.Bool("f", false), attribute.Int("i", -5), attribute.Int("zero", 0), attribute.Float64("d", 1.5), attribute.String("empty", ""),
		attribute.StringSlice("ss", []string{"a", "", "b"}), attribute.Int64Slice("is", []int64{1, 0}), attribute.BoolSlice("bs", []bool{true, false}), attribute.Float64Slice("ds", []float64{0.5}))
	s.AddEvent("event", trace.WithAttributes(attribute.String("k", "v")))
	s.SetStatus(codes.Error, "it broke")
	s.End()
	parent.SetStatus(codes.Ok, "")
	parent.End()
	return out.spans
}

// TestScopes: spans of components are of scopes of their own, and may have bytes.
func TestScopes(t *testing.T) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	of := func(name, scope string) tracetest.SpanStub {
		return tracetest.SpanStub{Name: name, SpanContext: sc, InstrumentationScope: instrumentation.Scope{Name: scope, SchemaURL: "of " + scope}, Resource: res,
			Attributes: []attribute.KeyValue{attribute.ByteSlice("bytes", []byte{0, 255})}}
	}
	var req collectortrace.ExportTraceServiceRequest
	if err := proto.Unmarshal(encodeSpans(tracetest.SpanStubs{of("1", "a"), of("2", "b"), of("3", "a")}.Snapshots()), &req); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range req.ResourceSpans[0].ScopeSpans {
		for _, span := range s.Spans {
			got = append(got, s.Scope.Name+" "+s.SchemaUrl+" "+span.Name)
			if b := span.Attributes[0].Value.GetBytesValue(); !bytes.Equal(b, []byte{0, 255}) {
				t.Errorf("%s has %v", span.Name, b)
			}
		}
	}
	if want := []string{"a of a 1", "a of a 3", "b of b 2"}; !slices.Equal(got, want) || unknown(&req) {
		t.Errorf("got %q, not %q", got, want)
	}
}

// TestExponential: components have histograms that the SDK itself makes by no default.
func TestExponential(t *testing.T) {
	point := metricdata.ExponentialHistogramDataPoint[float64]{Attributes: attribute.NewSet(attribute.Int("a", 1)), StartTime: time.Unix(1, 0), Time: time.Unix(2, 0),
		Count: 6, Sum: 1.5, Scale: -3, ZeroCount: 1, ZeroThreshold: 0.25, Min: metricdata.NewExtrema(0.5), Max: metricdata.NewExtrema(9.0),
		PositiveBucket: metricdata.ExponentialBucket{Offset: -7, Counts: []uint64{300, 0, 2}}, NegativeBucket: metricdata.ExponentialBucket{Offset: 4, Counts: []uint64{1}}}
	b, err := encodeMetrics(&metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{{Name: "h",
		Data: metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{point}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var req collectormetrics.ExportMetricsServiceRequest
	if err := proto.Unmarshal(b, &req); err != nil || unknown(&req) {
		t.Fatalf("%v, %s", err, protojson.Format(&req))
	}
	h := req.ResourceMetrics[0].ScopeMetrics[0].Metrics[0].GetExponentialHistogram()
	p := h.DataPoints[0]
	if h.AggregationTemporality != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE || p.Count != 6 || p.GetSum() != 1.5 || p.Scale != -3 || p.ZeroCount != 1 ||
		p.ZeroThreshold != 0.25 || p.GetMin() != 0.5 || p.GetMax() != 9 || p.StartTimeUnixNano != 1e9 || p.TimeUnixNano != 2e9 || len(p.Attributes) != 1 ||
		p.Positive.Offset != -7 || !slices.Equal(p.Positive.BucketCounts, []uint64{300, 0, 2}) || p.Negative.Offset != 4 || !slices.Equal(p.Negative.BucketCounts, []uint64{1}) {
		t.Errorf("got %s", protojson.Format(&req))
	}
}

// TestSpans compares what is written with what the protocol's own library reads.
func TestSpans(t *testing.T) {
	spans := someSpans(t)
	var req collectortrace.ExportTraceServiceRequest
	if err := proto.Unmarshal(encodeSpans(spans), &req); err != nil {
		t.Fatal(err)
	}
	if len(req.ResourceSpans) != 1 || len(req.ResourceSpans[0].ScopeSpans) != 1 || unknown(&req) {
		t.Fatalf("got %s", protojson.Format(&req))
	}
	rs := req.ResourceSpans[0]
	if len(rs.Resource.Attributes) != 1 || rs.Resource.Attributes[0].Key != "service.name" || rs.ScopeSpans[0].Scope.Name != "scope" || rs.ScopeSpans[0].Scope.Version != "1.2" {
		t.Errorf("resource %v, scope %v", rs.Resource, rs.ScopeSpans[0].Scope)
	}
	got := rs.ScopeSpans[0].Spans
	child, parent := spans[0], spans[1]
	traceID, id, parentID := child.SpanContext().TraceID(), child.SpanContext().SpanID(), child.Parent().SpanID()
	str := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	num := func(n int64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
	}
	yes := func(b bool) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: b}}
	}
	dbl := func(f float64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
	}
	list := func(vs ...*commonpb.AnyValue) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: vs}}}
	}
	kv := func(k string, v *commonpb.AnyValue) *commonpb.KeyValue { return &commonpb.KeyValue{Key: k, Value: v} }
	want := &tracepb.Span{
		TraceId: traceID[:], SpanId: id[:], ParentSpanId: parentID[:], TraceState: "vendor=x", Name: "child \uFFFD", Kind: tracepb.Span_SPAN_KIND_CLIENT,
		StartTimeUnixNano: uint64(child.StartTime().UnixNano()), EndTimeUnixNano: uint64(child.EndTime().UnixNano()),
		Attributes: []*commonpb.KeyValue{kv("b", yes(true)), kv("f", yes(false)), kv("i", num(-5)), kv("zero", num(0)), kv("d", dbl(1.5)), kv("empty", str("")),
			kv("ss", list(str("a"), str(""), str("b"))), kv("is", list(num(1), num(0))), kv("bs", list(yes(true), yes(false))), kv("ds", list(dbl(0.5)))},
		Events: []*tracepb.Span_Event{{TimeUnixNano: uint64(child.Events()[0].Time.UnixNano()), Name: "event", Attributes: []*commonpb.KeyValue{kv("k", str("v"))}}},
		Links: []*tracepb.Span_Link{{TraceId: traceID[:], SpanId: func() []byte { s := parent.Parent().SpanID(); return s[:] }(), TraceState: "vendor=x",
			Attributes: []*commonpb.KeyValue{kv("l", num(1))}, Flags: 0x301}},
		Status: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "it broke"},
		Flags:  0x101,
	}
	if !proto.Equal(got[0], want) {
		t.Errorf("got %s\nwant %s", protojson.Format(got[0]), protojson.Format(want))
	}
	if got[1].Kind != tracepb.Span_SPAN_KIND_SERVER || got[1].Flags != 0x301 || got[1].Status.Code != tracepb.Status_STATUS_CODE_OK {
		t.Errorf("parent %s", protojson.Format(got[1]))
	}
}

// unknown reports whether a message, or one in it, has fields that the protocol does
// not have.
func unknown(m proto.Message) bool {
	b, err := proto.Marshal(m)
	if err != nil {
		return true
	}
	clean := proto.Clone(m)
	text, err := protojson.Marshal(clean) // leaves unknown fields out
	if err != nil {
		return true
	}
	back := m.ProtoReflect().New().Interface()
	if protojson.Unmarshal(text, back) != nil {
		return true
	}
	b2, err := proto.Marshal(back)
	return err != nil || len(b) != len(b2)
}

// someMetrics collects metrics of all sorts.
func someMetrics(t testing.TB, selector sdkmetric.TemporalitySelector) *metricdata.ResourceMetrics {
	t.Helper()
	reader := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(selector))
	m := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(res)).Meter("scope")
	ctx, attrs := t.Context(), metric.WithAttributes(attribute.String("k", "v"))
	counter, _ := m.Int64Counter("counter", metric.WithUnit("{x}"), metric.WithDescription("Counts."))
	counter.Add(ctx, 3, attrs)
	updown, _ := m.Float64UpDownCounter("updown")
	updown.Add(ctx, -1.5)
	gauge, _ := m.Int64Gauge("gauge")
	gauge.Record(ctx, -7)
	fgauge, _ := m.Float64Gauge("fgauge")
	fgauge.Record(ctx, 0.25)
	histogram, _ := m.Float64Histogram("histogram", metric.WithExplicitBucketBoundaries(1, 2))
	for _, v := range []float64{0.5, 1.5, 1.75, 9} {
		histogram.Record(ctx, v, attrs)
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		t.Fatal(err)
	}
	return &rm
}

// TestMetrics compares what is written with what the protocol's own library reads.
func TestMetrics(t *testing.T) {
	for _, delta := range []bool{false, true} {
		e := &Metrics{delta: delta}
		b, err := encodeMetrics(someMetrics(t, e.Temporality))
		if err != nil {
			t.Fatal(err)
		}
		var req collectormetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(b, &req); err != nil {
			t.Fatal(err)
		}
		if unknown(&req) {
			t.Errorf("unknown fields in %s", protojson.Format(&req))
		}
		got := map[string]*metricspb.Metric{}
		for _, m := range req.ResourceMetrics[0].ScopeMetrics[0].Metrics {
			got[m.Name] = m
		}
		want := metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
		if s := got["updown"].GetSum(); s.AggregationTemporality != want || s.IsMonotonic || s.DataPoints[0].GetAsDouble() != -1.5 {
			t.Errorf("updown %v", got["updown"])
		}
		if delta {
			want = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
		}
		if s := got["counter"].GetSum(); got["counter"].Unit != "{x}" || got["counter"].Description != "Counts." || s.AggregationTemporality != want || !s.IsMonotonic ||
			s.DataPoints[0].GetAsInt() != 3 || s.DataPoints[0].Attributes[0].Value.GetStringValue() != "v" || s.DataPoints[0].TimeUnixNano < s.DataPoints[0].StartTimeUnixNano {
			t.Errorf("counter %v", got["counter"])
		}
		if got["gauge"].GetGauge().DataPoints[0].GetAsInt() != -7 || got["fgauge"].GetGauge().DataPoints[0].GetAsDouble() != 0.25 {
			t.Errorf("gauges %v %v", got["gauge"], got["fgauge"])
		}
		p := got["histogram"].GetHistogram().DataPoints[0]
		if p.Count != 4 || p.GetSum() != 12.75 || p.GetMin() != 0.5 || p.GetMax() != 9 || len(p.Attributes) != 1 || len(p.BucketCounts) != 3 || p.BucketCounts[1] != 2 || p.ExplicitBounds[1] != 2 ||
			got["histogram"].GetHistogram().AggregationTemporality != want {
			t.Errorf("histogram %v", got["histogram"])
		}
	}
	if _, err := encodeMetrics(&metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{{
		Metrics: []metricdata.Metrics{{Name: "x", Data: metricdata.Summary{}}}}}}); err == nil || err.Error() != "metric x: no way to send a metricdata.Summary" {
		t.Errorf("a summary: %v", err)
	}
}

// env makes a lookup of NAME=VALUE words.
func env(words ...string) func(string) string {
	m := map[string]string{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		m["OTEL_EXPORTER_OTLP_"+k] = v
	}
	return func(k string) string { return m[k] }
}

// TestSend sends by both protocols, compressed and not.
func TestSend(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		for _, compression := range []string{"none", "gzip"} {
			t.Run(protocol+" "+compression, func(t *testing.T) {
				var spans int
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var in io.Reader = r.Body
					wantPath, wantType := "/base/v1/traces", "application/x-protobuf"
					zipped := r.Header.Get("Content-Encoding") == "gzip"
					if protocol == "grpc" {
						wantPath, wantType = "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "application/grpc+proto"
						head := make([]byte, 5)
						if _, err := io.ReadFull(in, head); err != nil || r.ProtoMajor != 2 || r.Header.Get("TE") != "trailers" {
							t.Errorf("%v, %s, %v", err, r.Proto, r.Header)
						}
						zipped = head[0] == 1
						in = io.LimitReader(in, int64(binary.BigEndian.Uint32(head[1:])))
						defer func() {
							w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
							w.WriteHeader(200)
						}()
					}
					if r.URL.Path != wantPath || r.Header.Get("Content-Type") != wantType || r.Header.Get("X-Key") != "a b" || zipped != (compression == "gzip") {
						t.Errorf("%s %v", r.URL, r.Header)
					}
					if zipped {
						z, err := gzip.NewReader(in)
						if err != nil {
							t.Error(err)
							return
						}
						in = z
					}
					b, _ := io.ReadAll(in)
					var req collectortrace.ExportTraceServiceRequest
					if err := proto.Unmarshal(b, &req); err != nil {
						t.Error(err)
						return
					}
					spans += len(req.ResourceSpans[0].ScopeSpans[0].Spans)
				}))
				s.Config.Protocols = &http.Protocols{}
				s.Config.Protocols.SetHTTP1(true)
				s.Config.Protocols.SetUnencryptedHTTP2(true)
				s.Start()
				defer s.Close()
				e, err := NewSpans(env("ENDPOINT="+s.URL+"/base", "PROTOCOL="+protocol, "COMPRESSION="+compression, "HEADERS=x-key=a%20b"))
				if err != nil {
					t.Fatal(err)
				}
				if err := e.ExportSpans(t.Context(), someSpans(t)); err != nil || spans != 2 {
					t.Errorf("%d spans arrived, %v", spans, err)
				}
				if err := e.ExportSpans(t.Context(), nil); err != nil {
					t.Error(err)
				}
				if err := e.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestRetry has collectors that are busy, wrong or away.
func TestRetry(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers []int // statuses; the last one stays
		calls   int
		want    string
	}{
		{"busy at first", []int{503, 429, 200}, 3, ""},
		{"wrong", []int{400}, 1, "/v1/traces answers 400 Bad Request"},
		{"unauthorised", []int{401}, 1, "/v1/traces answers 401 Unauthorized"},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.WriteHeader(test.answers[min(calls, len(test.answers))-1])
			}))
			defer s.Close()
			e, err := NewSpans(env("ENDPOINT=" + s.URL))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Shutdown(t.Context())
			err = e.ExportSpans(t.Context(), someSpans(t))
			if (err == nil) != (test.want == "") || err != nil && !strings.HasSuffix(err.Error(), test.want) || calls != test.calls {
				t.Errorf("%d calls, %v", calls, err)
			}
		})
	}
	e, err := NewSpans(env("ENDPOINT=http://127.0.0.1:1", "TIMEOUT=500"))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := e.ExportSpans(t.Context(), someSpans(t)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody there: %v", err)
	}
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("gave up after %v", d)
	}
}

// TestGRPCStatus answers with statuses in trailers and in headers.
func TestGRPCStatus(t *testing.T) {
	for _, test := range []struct {
		header, trailer, want string
		retry                 bool
	}{
		{"", "0", "", false},
		{"0", "", "", false},
		{"16", "", `the collector answers with gRPC status "16": `, false},
		{"", "14", `the collector answers with gRPC status "14": `, true},
		{"", "", `the collector answers with gRPC status "": `, false},
	} {
		resp := &http.Response{Header: http.Header{}, Trailer: http.Header{}}
		resp.Header.Set("Grpc-Status", test.header)
		resp.Trailer.Set("Grpc-Status", test.trailer)
		err := grpcStatus(resp)
		var retry *retryError
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want || errors.As(err, &retry) != test.retry {
			t.Errorf("%+v: got %v", test, err)
		}
	}
}

func TestConfig(t *testing.T) {
	traces := signal{"TRACES", "v1/traces", "/x.Traces/Export"}
	for _, test := range []struct {
		env  string
		want string
	}{
		{"", "http://localhost:4318/v1/traces"},
		{"PROTOCOL=grpc", "http://localhost:4317/x.Traces/Export"},
		{"ENDPOINT=http://c:4318", "http://c:4318/v1/traces"},
		{"ENDPOINT=https://c/otlp/", "https://c/otlp/v1/traces"},
		{"ENDPOINT=http://c TRACES_ENDPOINT=http://d/mine", "http://d/mine"},
		{"TRACES_ENDPOINT=http://d", "http://d/"},
		{"METRICS_ENDPOINT=http://d", "http://localhost:4318/v1/traces"},
		{"ENDPOINT=http://c:4317 TRACES_PROTOCOL=grpc", "http://c:4317/x.Traces/Export"},
		{"ENDPOINT=c:4317 PROTOCOL=grpc", "https://c:4317/x.Traces/Export"},
		{"ENDPOINT=c:4317 PROTOCOL=grpc INSECURE=true", "http://c:4317/x.Traces/Export"},
		{"ENDPOINT=c:4318", `OTEL_EXPORTER_OTLP_ENDPOINT is "c:4318": a URL is wanted, as in http://collector:4318`},
		{"TRACES_ENDPOINT=ftp://c", `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is "ftp://c": a URL is wanted, as in http://collector:4318`},
		{"PROTOCOL=http/json", `OTEL_EXPORTER_OTLP_PROTOCOL is "http/json": http/protobuf and grpc are supported`},
		{"COMPRESSION=zip", `OTEL_EXPORTER_OTLP_COMPRESSION is "zip": gzip and none are supported`},
		{"TIMEOUT=10s", `OTEL_EXPORTER_OTLP_TIMEOUT is "10s": a number of milliseconds is wanted`},
		{"HEADERS=a", "OTEL_EXPORTER_OTLP_HEADERS: a header is not NAME=VALUE"},
		{"CERTIFICATE=/none.pem", "reading the collector's certificate: open /none.pem: no such file or directory"},
		{"CLIENT_KEY=/none.pem", "reading the client's certificate: open : no such file or directory"},
	} {
		c, err := readConfig(env(strings.Fields(test.env)...), traces)
		got := c.url
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.env, got, test.want)
		}
	}
}

// TestTLS sends to a collector whose certificate only a variable makes known.
func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := NewSpans(env("ENDPOINT="+s.URL, "CERTIFICATE="+file))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(t.Context())
	if err := e.ExportSpans(t.Context(), someSpans(t)); err != nil {
		t.Error(err)
	}
	if _, err := NewMetrics(env("METRICS_TEMPORALITY_PREFERENCE=lowmemory")); err == nil || !strings.Contains(err.Error(), "cumulative and delta are supported") {
		t.Errorf("got %v", err)
	}
}
