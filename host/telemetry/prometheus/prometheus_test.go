package prometheus_test

import (
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/sidecall/sidecall/host/telemetry/prometheus"
)

func env(values map[string]string) func(string) string {
	return func(key string) string { return values[key] }
}

// listen returns a server, what to measure with, and how to scrape.
func listen(t *testing.T) (metric.Meter, func() string) {
	t.Helper()
	s, err := prometheus.Listen(env(map[string]string{"OTEL_EXPORTER_PROMETHEUS_PORT": "0"}))
	if err != nil {
		t.Fatal(err)
	}
	p := sdkmetric.NewMeterProvider(sdkmetric.WithReader(s), sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"))))
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if c, err := net.Dial("tcp", s.Addr().String()); err == nil {
			_ = c.Close()
			t.Error("it still listens")
		}
	})
	return p.Meter("example.com/scope"), func() string {
		r, err := http.Get("http://" + s.Addr().String() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
			t.Fatalf("%s %v %v", r.Status, r.Header, err)
		}
		return string(b)
	}
}

func TestText(t *testing.T) {
	m, scrape := listen(t)
	ctx := t.Context()
	requests, _ := m.Int64Counter("http.requests", metric.WithUnit("{request}"), metric.WithDescription("Requests,\nall of them."))
	requests.Add(ctx, 3, metric.WithAttributes(attribute.String("url.path", "/a\"b\\c\n"), attribute.String("method", "GET")))
	busy, _ := m.Int64UpDownCounter("sidecall.busy")
	busy.Add(ctx, -2)
	memory, _ := m.Int64Gauge("process.memory", metric.WithUnit("By"))
	memory.Record(ctx, 1<<20)
	share, _ := m.Float64Gauge("share", metric.WithUnit("1"))
	share.Record(ctx, math.Inf(1))
	seconds, _ := m.Float64Histogram("http.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(0.1, 1))
	for _, v := range []float64{0.05, 0.5, 0.25, 7} {
		seconds.Record(ctx, v)
	}
	want := `# HELP target_info What the metrics are of.
# TYPE target_info gauge
target_info{service_name="shop"} 1
# HELP http_requests_total Requests,\nall of them.
# TYPE http_requests_total counter
http_requests_total{method="GET",otel_scope_name="example.com/scope",url_path="/a\"b\\c\n"} 3
# TYPE sidecall_busy gauge
sidecall_busy{otel_scope_name="example.com/scope"} -2
# TYPE process_memory_bytes gauge
process_memory_bytes{otel_scope_name="example.com/scope"} 1048576
# TYPE share_ratio gauge
share_ratio{otel_scope_name="example.com/scope"} +Inf
# TYPE http_duration_seconds histogram
http_duration_seconds_bucket{otel_scope_name="example.com/scope",le="0.1"} 1
http_duration_seconds_bucket{otel_scope_name="example.com/scope",le="1"} 3
http_duration_seconds_bucket{otel_scope_name="example.com/scope",le="+Inf"} 4
http_duration_seconds_sum{otel_scope_name="example.com/scope"} 7.8
http_duration_seconds_count{otel_scope_name="example.com/scope"} 4
`
	if got := scrape(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestParser reads what we write with Prometheus' own parser, names that are not
// Prometheus' included.
func TestParser(t *testing.T) {
	m, scrape := listen(t)
	ctx := t.Context()
	odd, _ := m.Float64Counter("a/b-c..d_total", metric.WithUnit("km/h"))
	odd.Add(ctx, 1.5, metric.WithAttributes(attribute.String("9 lives", "x"), attribute.String("a.b", "\xff1"), attribute.String("a_b", "2")))
	h, _ := m.Int64Histogram("sizes", metric.WithUnit("By"))
	h.Record(ctx, 12)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(scrape()))
	if err != nil {
		t.Fatal(err)
	}
	c := families["a_b_c_d_total_km_h_total"]
	if c == nil {
		t.Fatalf("families %v", families)
	}
	if got := c.Metric[0].Counter.GetValue(); got != 1.5 {
		t.Errorf("counter %v", got)
	}
	have := map[string]string{}
	for _, l := range c.Metric[0].Label {
		have[l.GetName()] = l.GetValue()
	}
	if have["_9_lives"] != "x" || have["a_b"] != "\ufffd1;2" || len(have) != 3 {
		t.Errorf("labels %q", have)
	}
	hist := families["sizes_bytes"].Metric[0].Histogram
	if hist.GetSampleCount() != 1 || hist.GetSampleSum() != 12 || len(hist.Bucket) != 16 {
		t.Errorf("histogram %v", hist)
	}
}

func TestListenErrors(t *testing.T) {
	if _, err := prometheus.Listen(env(map[string]string{"OTEL_EXPORTER_PROMETHEUS_PORT": "many"})); err == nil || err.Error() != `OTEL_EXPORTER_PROMETHEUS_PORT is "many", which is not a port` {
		t.Error(err)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if _, err := prometheus.Listen(env(map[string]string{"OTEL_EXPORTER_PROMETHEUS_PORT": port})); err == nil || !strings.HasPrefix(err.Error(), "metrics for Prometheus (OTEL_EXPORTER_PROMETHEUS_HOST and _PORT say where): listen tcp") {
		t.Error(err)
	}
}

// TestOneFamily: names that are the same in Prometheus' letters are one, the first, and no
// attribute is taken for a bound. Parsers refuse all of it otherwise.
func TestOneFamily(t *testing.T) {
	m, scrape := listen(t)
	ctx := t.Context()
	dots, _ := m.Int64Counter("a.b")
	score, _ := m.Int64Gauge("a_b_total")
	spread, _ := m.Float64Histogram("h")
	dots.Add(ctx, 1)
	score.Record(ctx, 2)
	spread.Record(ctx, 1, metric.WithAttributes(attribute.String("le", "x")))
	text := scrape()
	p := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := p.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	if strings.Count(text, "# TYPE a_b_total ") != 1 || !strings.Contains(text, `exported_le="x"`) {
		t.Errorf("got\n%s", text)
	}
}
