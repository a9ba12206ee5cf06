package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace/noop"
)

// TestOneTrace shows whose trace a request is in: the host's spans are its own, whatever a
// guest writes of another, and of that nothing is left.
func TestOneTrace(t *testing.T) {
	const (
		clients = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		guests  = "00-11111111111111111111111111111111-2222222222222222-01"
	)
	exchange := func(r *recorded, guest http.Header) (seen, sent http.Header) {
		t.Helper()
		h := r.Handler(http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) {
			seen = in.Header
			out, err := http.NewRequestWithContext(in.Context(), http.MethodGet, "http://a.example/", nil)
			if err != nil {
				t.Fatal(err)
			}
			out.Header = guest
			_, _ = r.Outgoing("app", roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = r.Header
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			})).RoundTrip(out)
		}))
		in := httptest.NewRequest(http.MethodGet, "/", nil)
		in.Header = http.Header{"Traceparent": {clients}, "Tracestate": {"a=1"}, "Baggage": {"of=client"}}
		h.ServeHTTP(httptest.NewRecorder(), in)
		return seen, sent
	}

	r := record(t)
	seen, sent := exchange(r, http.Header{"Traceparent": {guests}, "Tracestate": {"b=2"}, "Baggage": {"of=guest"}, "X": {"y"}})
	server, client := r.spans.Ended()[1].SpanContext(), r.spans.Ended()[0].SpanContext()
	if want := "00-0af7651916cd43dd8448eb211c80319c-" + server.SpanID().String() + "-01"; seen.Get("Traceparent") != want || seen.Get("Tracestate") != "a=1" {
		t.Errorf("a guest sees %v, not %s", seen, want)
	}
	if want := "00-0af7651916cd43dd8448eb211c80319c-" + client.SpanID().String() + "-01"; sent.Get("Traceparent") != want || len(sent["Traceparent"]) != 1 ||
		strings.Join(sent["Tracestate"], ",") != "a=1" || strings.Join(sent["Baggage"], ",") != "of=guest" || sent.Get("X") != "y" {
		t.Errorf("sent: %v, not %s", sent, want)
	}
	if _, sent = exchange(record(t), http.Header{}); sent.Get("Baggage") != "of=client" {
		t.Errorf("sent: %v", sent)
	}

	// A host that makes no spans has nothing to say.
	r = record(t)
	r.tracer = noop.NewTracerProvider().Tracer("")
	seen, sent = exchange(r, http.Header{"Traceparent": {guests}, "Tracestate": {"b=2"}})
	if seen.Get("Traceparent") != clients || sent.Get("Traceparent") != guests || sent.Get("Tracestate") != "b=2" {
		t.Errorf("without spans: a guest sees %v, sent: %v", seen, sent)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
