package main

import (
	"encoding/hex"
	"net/http"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

const reporter = "testdata/otel/otel.wasm"

// TestServeReports serves a component that reports to OpenTelemetry: its spans are below the
// request's, its counter is added up over its instances, its log record is of its span.
func TestServeReports(t *testing.T) {
	skipWithoutSignals(t)
	c := collect(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	s := startServing(t, reporter)
	for range 3 {
		s.get(s.url+"/", http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})
	}
	line := s.logged("looked up")
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	requests, found := map[string]bool{}, map[string]int{}
	for _, s := range c.spans {
		if s.Kind == tracepb.Span_SPAN_KIND_SERVER {
			requests[hex.EncodeToString(s.SpanId)] = true
		}
	}
	for _, s := range c.spans {
		found[s.Name]++
		parent, trace := hex.EncodeToString(s.ParentSpanId), hex.EncodeToString(s.TraceId)
		switch {
		case trace != "0af7651916cd43dd8448eb211c80319c":
			t.Errorf("%s is of trace %s", s.Name, trace)
		case s.Name == "lookup" && !requests[parent], s.Name == "query" && parent != "00000000000000aa":
			t.Errorf("%s is below %s", s.Name, parent)
		case s.Name == "query" && (len(s.Attributes) != 4 || len(s.Events) != 1 || s.StartTimeUnixNano != 1e9):
			t.Errorf("got %v", s)
		}
	}
	if found["lookup"] != 3 || found["query"] != 3 || len(requests) != 3 {
		t.Errorf("spans %v", found)
	}
	if n := c.sums["guest.answers"]; n != 3 {
		t.Errorf("%d answers", n)
	}
	if line["level"] != "warn" || line["trace_id"] != "0af7651916cd43dd8448eb211c80319c" || line["span_id"] != "00000000000000bb" || line["context"] != "lib" {
		t.Errorf("logged %v", line)
	}
}

// TestServeReportsOff serves it to nobody who listens.
func TestServeReportsOff(t *testing.T) {
	skipWithoutSignals(t)
	s := startServing(t, reporter)
	for _, path := range []string{"/", "/flood"} {
		if resp, _ := s.get(s.url+path, nil); resp.StatusCode != 200 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestServeReportsFlood: a component that reports whatever it likes is served, and what comes
// of it is bounded.
func TestServeReportsFlood(t *testing.T) {
	skipWithoutSignals(t)
	c := collect(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
	s := startServing(t, reporter)
	if resp, _ := s.get(s.url+"/flood", nil); resp.StatusCode != 200 {
		t.Errorf("got %d", resp.StatusCode)
	}
	s.logged("otel was refused more than 1000 spans in one call")
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	trace, request := "", ""
	for _, s := range c.spans {
		if s.Kind == tracepb.Span_SPAN_KIND_SERVER {
			trace, request = hex.EncodeToString(s.TraceId), hex.EncodeToString(s.SpanId)
		}
	}
	if len(c.spans) < 500 || len(c.spans) > 1001 {
		t.Errorf("%d spans", len(c.spans))
	}
	for _, s := range c.spans {
		if s.Kind == tracepb.Span_SPAN_KIND_SERVER {
			continue
		}
		size := len(s.Name)
		for _, a := range s.Attributes {
			size += len(a.Key) + len(a.Value.GetStringValue())
		}
		if hex.EncodeToString(s.TraceId) != trace || hex.EncodeToString(s.ParentSpanId) != request || size > 9<<10 || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Fatalf("span %x of %x below %x, %d bytes", s.SpanId, s.TraceId, s.ParentSpanId, size)
		}
	}
}
