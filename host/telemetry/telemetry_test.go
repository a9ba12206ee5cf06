package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host"
)

// recorded is a Telemetry whose spans and metrics stay here.
type recorded struct {
	*Telemetry
	t       *testing.T
	spans   *tracetest.SpanRecorder
	metrics *sdkmetric.ManualReader
}

func record(t *testing.T) *recorded {
	t.Helper()
	r := &recorded{t: t, spans: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader()}
	m := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.metrics)).Meter(scope)
	i, err := newInstruments(m)
	if err != nil {
		t.Fatal(err)
	}
	p, err := propagators("")
	if err != nil {
		t.Fatal(err)
	}
	r.Telemetry = &Telemetry{composition: "shop", tracing: true, propagator: p, meter: m, instruments: i,
		tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r.spans), sdktrace.WithRawSpanLimits(spanLimits())).Tracer(scope)}
	return r
}

// span returns the one span of that name that has ended.
func (r *recorded) span(name string) sdktrace.ReadOnlySpan {
	r.t.Helper()
	var found sdktrace.ReadOnlySpan
	for _, s := range r.spans.Ended() {
		if s.Name() == name {
			if found != nil {
				r.t.Fatalf("two spans %s", name)
			}
			found = s
		}
	}
	if found == nil {
		r.t.Fatalf("no span %s", name)
	}
	return found
}

func attr(s sdktrace.ReadOnlySpan, key string) string {
	for _, a := range s.Attributes() {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}

// metric returns the points of a metric as text: attributes, and value or count.
func (r *recorded) metric(name string) string {
	r.t.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.metrics.Collect(context.Background(), &rm); err != nil {
		r.t.Fatal(err)
	}
	var out []string
	add := func(set attribute.Set, v int64) {
		out = append(out, set.Encoded(attribute.DefaultEncoder())+" "+attribute.Int64Value(v).String())
	}
	for _, s := range rm.ScopeMetrics {
		for _, m := range s.Metrics {
			if m.Name != name {
				continue
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					add(p.Attributes, p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					add(p.Attributes, int64(p.Count))
				}
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// TestRequest follows a request that is part of a trace through a call between
// components to a request that the callee sends.
func TestRequest(t *testing.T) {
	r := record(t)
	var sent http.Header
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header
		w.WriteHeader(404)
	}))
	defer upstream.Close()
	h := r.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, end := r.Begin(req.Context(), &host.TracedCall{Composition: "shop", Caller: "authn", Callee: "app", Function: "wasi:http/incoming-handler@0.2.12#handle"})
		out, _ := http.NewRequestWithContext(ctx, http.MethodGet, upstream.URL+"/x", nil)
		resp, err := r.Outgoing("app", http.DefaultTransport).RoundTrip(out)
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		if out.Header.Get("Traceparent") != "" {
			t.Error("the caller's request was changed")
		}
		end(nil)
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
		_, _ = io.WriteString(w, "body")
	}))
	server := httptest.NewServer(h)
	defer server.Close()
	req, _ := http.NewRequest(http.MethodPost, server.URL+"/things?a=b", nil)
	req.Header.Set("Traceparent", parent)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	server.Close() // the answer is here before the span ends: wait for the handler

	in, call, out := r.span("POST"), r.span("app wasi:http/incoming-handler@0.2.12#handle"), r.span("GET")
	if in.Parent().SpanID().String() != "b7ad6b7169203331" || in.SpanContext().TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || in.SpanKind() != trace.SpanKindServer {
		t.Errorf("server span is of %v, kind %v", in.Parent(), in.SpanKind())
	}
	if call.Parent().SpanID() != in.SpanContext().SpanID() || out.Parent().SpanID() != call.SpanContext().SpanID() || out.SpanKind() != trace.SpanKindClient {
		t.Errorf("spans are not nested: %v %v", call.Parent(), out.Parent())
	}
	if want := "00-0af7651916cd43dd8448eb211c80319c-" + out.SpanContext().SpanID().String() + "-01"; sent.Get("Traceparent") != want {
		t.Errorf("sent %q, want %q", sent.Get("Traceparent"), want)
	}
	for _, test := range []struct {
		span       sdktrace.ReadOnlySpan
		key, value string
	}{
		{in, "http.response.status_code", "418"}, {in, "url.path", "/things"}, {in, "url.query", "a=b"}, {in, "http.request.method", "POST"},
		{in, "url.scheme", "http"}, {in, "client.address", "127.0.0.1"}, {in, "server.address", "127.0.0.1"}, {in, "network.protocol.version", "1.1"},
		{call, "sidecall.caller", "authn"}, {call, "sidecall.component", "app"}, {call, "wit.interface", "wasi:http/incoming-handler@0.2.12"}, {call, "wit.function", "handle"},
		{out, "sidecall.component", "app"}, {out, "url.full", upstream.URL + "/x"}, {out, "http.response.status_code", "404"},
	} {
		if got := attr(test.span, test.key); got != test.value {
			t.Errorf("%s: %s is %q, want %q", test.span.Name(), test.key, got, test.value)
		}
	}
	if got, want := r.metric("http.server.request.duration"), "http.request.method=POST,http.response.status_code=418,sidecall.composition=shop,url.scheme=http 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := r.metric("http.server.active_requests"); !strings.HasSuffix(got, " 0") {
		t.Errorf("active requests %q", got)
	}
	if got := r.metric("http.client.request.duration"); !strings.Contains(got, "sidecall.component=app") || !strings.HasSuffix(got, " 1") {
		t.Errorf("outgoing requests %q", got)
	}
}

// TestBrokenOff answers by a panic: the span ends, and the panic goes on.
func TestBrokenOff(t *testing.T) {
	r := record(t)
	func() {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler {
				t.Errorf("recovered %v", v)
			}
		}()
		r.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			w.WriteHeader(200)
			r.Ended(req.Context(), &host.Trap{Code: canon.TrapUnreachable, Component: "app", Function: "f"})
			panic(http.ErrAbortHandler)
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("BREW", "/", nil))
	}()
	s := r.span("HTTP")
	if s.Status().Code != codes.Error || s.Status().Description != "trap in function f: unreachable code was reached" || attr(s, "sidecall.trap.component") != "app" || attr(s, "http.request.method") != "_OTHER" {
		t.Errorf("span %v %v", s.Status(), s.Attributes())
	}
	if got, want := r.metric("sidecall.traps"), "sidecall.component=app,sidecall.composition=shop,sidecall.trap.code=unreachable code was reached 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestClientLeft answers nothing: there is no status to tell of.
func TestClientLeft(t *testing.T) {
	r := record(t)
	func() {
		defer func() { _ = recover() }()
		r.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	if s := r.span("GET"); s.Status().Code != codes.Unset || attr(s, "http.response.status_code") != "" {
		t.Errorf("span %v %v", s.Status(), s.Attributes())
	}
	if got := r.metric("http.server.request.duration"); !strings.HasSuffix(got, " 1") || strings.Contains(got, "status_code") {
		t.Errorf("got %q", got)
	}
}

// TestFailures ends calls and requests with errors.
func TestFailures(t *testing.T) {
	r := record(t)
	_, end := r.Begin(context.Background(), &host.TracedCall{Callee: "kv", Function: "get"})
	end(errors.New("it broke"))
	if s := r.span("kv get"); s.Status().Description != "it broke" || attr(s, "wit.function") != "get" {
		t.Errorf("span %v", s.Status())
	}
	req, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1:1/", nil)
	if _, err := r.Outgoing("app", http.DefaultTransport).RoundTrip(req); err == nil {
		t.Fatal("port 1 answers")
	}
	if s := r.span("GET"); s.Status().Code != codes.Error {
		t.Errorf("span %v", s.Status())
	}
}

// TestNotSampled asks with a trace that nobody records: its calls make no spans.
func TestNotSampled(t *testing.T) {
	r := record(t)
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("Traceparent", strings.TrimSuffix(parent, "1")+"0")
	called := false
	r.Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		ctx, end := r.Begin(req.Context(), &host.TracedCall{Callee: "app", Function: "f"})
		traceID, spanID := Span(ctx)
		called = traceID == "0af7651916cd43dd8448eb211c80319c" && len(spanID) == 16
		end(nil)
	})).ServeHTTP(httptest.NewRecorder(), req)
	if n := len(r.spans.Ended()); n != 0 || !called {
		t.Errorf("%d spans, called with the trace: %v", n, called)
	}
}

func TestObserve(t *testing.T) {
	r := record(t)
	stop, err := r.Observe(func() Serving { return Serving{Made: 7, Discarded: 2, Busy: 3, Idle: 1} })
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"sidecall.instances":           "sidecall.composition=shop,state=busy 3\nsidecall.composition=shop,state=idle 1",
		"sidecall.instances.made":      "sidecall.composition=shop 7",
		"sidecall.instances.discarded": "sidecall.composition=shop 2",
	} {
		if got := r.metric(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := r.metric("process.memory.usage"); len(got) < 7 {
		t.Errorf("memory: %q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := r.metric("sidecall.instances.made"); got != "" {
		t.Errorf("observed after stop: %q", got)
	}
}

func TestWanted(t *testing.T) {
	for _, test := range []struct {
		env             string
		traces, metrics bool
	}{
		{"", false, false},
		{"OTEL_SERVICE_NAME=x OTEL_TRACES_SAMPLER=always_on", false, false},
		{"OTEL_TRACES_EXPORTER=otlp", true, false},
		{"OTEL_METRICS_EXPORTER=console", false, true},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://x:4318", true, true},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://x:4318 OTEL_METRICS_EXPORTER=none", true, false},
		{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://x:4318", false, true},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://x:4318 OTEL_SDK_DISABLED=true", false, false},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(test.env) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		getenv := func(k string) string { return env[k] }
		if traces, metrics := Wanted(getenv); traces != test.traces || metrics != test.metrics {
			t.Errorf("%s: traces %v, metrics %v", test.env, traces, metrics)
		}
	}
}

// TestStartErrors sets variables that cannot be used.
func TestStartErrors(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"OTEL_PROPAGATORS", "tracecontext,b3", `OpenTelemetry: OTEL_PROPAGATORS names "b3": tracecontext, baggage and none are supported`},
		{"OTEL_TRACES_EXPORTER", "smoke", `OpenTelemetry: OTEL_TRACES_EXPORTER is "smoke": otlp, console and none are supported`},
		{"OTEL_METRICS_EXPORTER", "smoke", `OpenTelemetry: OTEL_METRICS_EXPORTER is "smoke": otlp, prometheus, console and none are supported`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.name, test.value)
			tel, err := Start(t.Context(), Options{Composition: "shop", Log: zerolog.Nop()})
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || tel != nil {
				t.Errorf("got %v, %v", tel, err)
			}
		})
	}
}

// TestOff starts without being asked for anything: nothing is made.
func TestOff(t *testing.T) {
	tel, err := Start(t.Context(), Options{Composition: "shop", Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if tel.Tracing() {
		t.Error("it traces")
	}
	rec := httptest.NewRecorder()
	tel.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 204 {
		t.Errorf("got %d", rec.Code)
	}
	if err := tel.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLongAttributes: spans that wait for a slow collector have no texts of any size that
// guests choose.
func TestLongAttributes(t *testing.T) {
	r := record(t)
	long := strings.Repeat("x", 1<<20)
	_, end := r.Begin(t.Context(), &host.TracedCall{Composition: "shop", Caller: "app", Callee: "store", Function: "a:b/c#" + long})
	end(errors.New(long))
	spans := r.spans.Ended()
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	s := spans[0]
	const most = longestAttribute + len("…")
	texts := []string{s.Name(), s.Status().Description}
	for _, a := range s.Attributes() {
		texts = append(texts, a.Value.String())
	}
	for _, e := range s.Events() {
		for _, a := range e.Attributes {
			texts = append(texts, a.Value.String())
		}
	}
	for _, text := range texts {
		if len(text) > most {
			t.Errorf("a text of %d bytes: %.20s…", len(text), text)
		}
	}
}

// TestRefusalIsAnEvent: what a component is refused is an event of the span in which it
// asked, each time.
func TestRefusalIsAnEvent(t *testing.T) {
	r := record(t)
	ctx, end := r.Begin(t.Context(), &host.TracedCall{Composition: "shop", Caller: "app", Callee: "auth", Function: "f"})
	for range 2 {
		r.Refused(ctx, &host.Refusal{Component: "auth", Kind: "http", Target: "https://a", Reason: "an HTTP request to https://a"})
	}
	r.Refused(t.Context(), &host.Refusal{}) // without a span nothing happens
	end(nil)
	events := r.span("auth f").Events()
	if len(events) != 2 || events[0].Name != "sidecall.refused" {
		t.Fatalf("events %v", events)
	}
	var got []string
	for _, a := range events[0].Attributes {
		got = append(got, string(a.Key)+"="+a.Value.String())
	}
	want := "sidecall.component=auth sidecall.refused.kind=http sidecall.refused.target=https://a sidecall.refused.reason=an HTTP request to https://a"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, " "), want)
	}
}

// TestExitIsNoFailure: a guest that exits with success has not failed.
func TestExitIsNoFailure(t *testing.T) {
	r := record(t)
	for code, want := range map[int]codes.Code{0: codes.Unset, 1: codes.Error} {
		name := fmt.Sprint("exit", code)
		ctx, span := r.tracer.Start(t.Context(), name)
		r.Ended(ctx, &host.ExitError{Code: code})
		span.End()
		if got := r.span(name).Status().Code; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
