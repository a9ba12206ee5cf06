package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector receives what is sent by OTLP over HTTP.
type collector struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	spans   []*tracepb.Span  // guarded by mu
	service string           // guarded by mu
	metrics map[string]bool  // guarded by mu
	sums    map[string]int64 // guarded by mu: the last of each sum
}

func collect(t *testing.T) *collector {
	c := &collector{t: t, metrics: map[string]bool{}, sums: map[string]int64{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.URL.Path {
	case "/v1/traces":
		var req collectortrace.ExportTraceServiceRequest
		if err := proto.Unmarshal(b, &req); err != nil {
			c.t.Error(err)
		}
		for _, rs := range req.ResourceSpans {
			for _, a := range rs.Resource.Attributes {
				if a.Key == "service.name" {
					c.service = a.Value.GetStringValue()
				}
			}
			for _, s := range rs.ScopeSpans {
				c.spans = append(c.spans, s.Spans...)
			}
		}
	case "/v1/metrics":
		var req collectormetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(b, &req); err != nil {
			c.t.Error(err)
		}
		for _, rm := range req.ResourceMetrics {
			for _, s := range rm.ScopeMetrics {
				for _, m := range s.Metrics {
					c.metrics[m.Name] = true
					for _, p := range m.GetSum().GetDataPoints() {
						c.sums[m.Name] = p.GetAsInt()
					}
				}
			}
		}
	default:
		c.t.Errorf("sent to %s", r.URL.Path)
	}
}

// TestServeTraces serves the example to a client that traces, and looks what the
// collector gets: one span for the request, and one for each call from one component
// to the next.
func TestServeTraces(t *testing.T) {
	skipWithoutSignals(t)
	c := collect(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	s := startServing(t, "../../examples/02-http")
	header := http.Header{"Authorization": {"Bearer open-sesame"}, "Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
	if _, body := s.get(s.url+"/traced", header); body != "Hello from the app: you asked for /traced\n" {
		t.Errorf("got %q", body)
	}
	line := s.logged("GET /traced answered in ") // by accesslog, the first in the chain
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == "GET" && (line["trace_id"] != hex.EncodeToString(s.TraceId) || line["span_id"] != hex.EncodeToString(s.SpanId)) {
			t.Errorf("a guest's line is of another span than its request: %v", line)
		}
	}
	parent := "b7ad6b7169203331"
	for _, name := range []string{"GET", "authn wasi:http/incoming-handler@0.2.12#handle", "app wasi:http/incoming-handler@0.2.12#handle"} {
		var found *tracepb.Span
		for _, s := range c.spans {
			if s.Name == name {
				found = s
			}
		}
		if found == nil {
			t.Fatalf("no span %s among %d", name, len(c.spans))
		}
		if hex.EncodeToString(found.TraceId) != "0af7651916cd43dd8448eb211c80319c" || hex.EncodeToString(found.ParentSpanId) != parent {
			t.Errorf("span %s is of trace %x, parent %x", name, found.TraceId, found.ParentSpanId)
		}
		parent = hex.EncodeToString(found.SpanId)
	}
	if len(c.spans) != 3 || c.service != "shop" {
		t.Errorf("%d spans of service %s", len(c.spans), c.service)
	}
	for _, name := range []string{"http.server.request.duration", "http.server.active_requests", "sidecall.instances", "sidecall.instances.made", "process.memory.usage"} {
		if !c.metrics[name] {
			t.Errorf("no metric %s, but %v", name, c.metrics)
		}
	}
}

// TestServeWithoutCollector serves although nobody takes the telemetry.
func TestServeWithoutCollector(t *testing.T) {
	skipWithoutSignals(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
	s := startServing(t, "../../examples/02-http/app.wasm")
	if resp, _ := s.get(s.url+"/", nil); resp.StatusCode != 200 {
		t.Errorf("got %d", resp.StatusCode)
	}
	start := time.Now()
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("ended after %v", d)
	}
	s.logged("telemetry is lost")
}
