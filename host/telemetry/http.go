package telemetry

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"
)

// Handler makes a server span of each request, in the trace that the request's
// header names, and measures it.
func (t *Telemetry) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx := t.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, methodName(r.Method), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(t.serverAttributes(r)...))
		labels := []attribute.KeyValue{attribute.String("sidecall.composition", t.composition), methodAttribute(r.Method), semconv.URLScheme(schemeOf(r))}
		t.instruments.active.Add(ctx, 1, metric.WithAttributes(labels...))
		answered := &statusWriter{ResponseWriter: w}
		whole := false
		defer func() {
			// A response that was broken off is a panic, which goes on. It has no status if
			// its client left before there was one.
			status := answered.status
			if status == 0 && whole {
				status = http.StatusOK // as net/http has it
			}
			t.instruments.active.Add(ctx, -1, metric.WithAttributes(labels...))
			if status != 0 {
				span.SetAttributes(semconv.HTTPResponseStatusCode(status))
				labels = append(labels, semconv.HTTPResponseStatusCode(status))
			}
			if status >= 500 {
				span.SetStatus(codes.Error, "")
			}
			span.End()
			t.instruments.serverDuration.Record(ctx, time.Since(start).Seconds(), metric.WithAttributes(labels...))
		}()
		// What a guest sees as its caller is the host's span: spans of its own come below it.
		r = r.WithContext(ctx)
		r.Header = r.Header.Clone()
		t.inject(ctx, r.Header)
		next.ServeHTTP(answered, r)
		whole = true
	})
}

func (t *Telemetry) serverAttributes(r *http.Request) []attribute.KeyValue {
	host, port := splitPort(r.Host)
	attrs := []attribute.KeyValue{
		attribute.String("sidecall.composition", t.composition),
		methodAttribute(r.Method), semconv.URLScheme(schemeOf(r)), semconv.URLPath(r.URL.Path),
		semconv.ServerAddress(host), semconv.NetworkProtocolVersion(strconv.Itoa(r.ProtoMajor) + "." + strconv.Itoa(r.ProtoMinor)),
	}
	if port > 0 {
		attrs = append(attrs, semconv.ServerPort(port))
	}
	if r.URL.RawQuery != "" {
		attrs = append(attrs, semconv.URLQuery(r.URL.RawQuery))
	}
	if client, _ := splitPort(r.RemoteAddr); client != "" {
		attrs = append(attrs, semconv.ClientAddress(client))
	}
	if agent := r.UserAgent(); agent != "" {
		attrs = append(attrs, semconv.UserAgentOriginal(agent))
	}
	return attrs
}

// Outgoing makes a client span of each request that a component sends, and adds its
// trace to the request's header.
func (t *Telemetry) Outgoing(component string, next http.RoundTripper) http.RoundTripper {
	return &sender{t, component, next}
}

type sender struct {
	t         *Telemetry
	component string
	next      http.RoundTripper
}

// RoundTrip sends the request. The span ends with the response's header.
func (s *sender) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	host, port := splitPort(r.URL.Host)
	labels := []attribute.KeyValue{attribute.String("sidecall.composition", s.t.composition), attribute.String("sidecall.component", s.component),
		methodAttribute(r.Method), semconv.ServerAddress(host), semconv.ServerPort(port)}
	ctx, span := s.t.tracer.Start(r.Context(), methodName(r.Method), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(labels...), trace.WithAttributes(semconv.URLFull(r.URL.Redacted())))
	defer span.End()
	r = r.Clone(ctx)
	s.t.inject(ctx, r.Header)
	resp, err := s.next.RoundTrip(r)
	if err != nil {
		fail(span, err)
		labels = append(labels, semconv.ErrorTypeKey.String("transport"))
	} else {
		span.SetAttributes(semconv.HTTPResponseStatusCode(resp.StatusCode))
		if resp.StatusCode >= 400 {
			span.SetStatus(codes.Error, "")
		}
		labels = append(labels, semconv.HTTPResponseStatusCode(resp.StatusCode))
	}
	s.t.instruments.clientDuration.Record(ctx, time.Since(start).Seconds(), metric.WithAttributes(labels...))
	return resp, err
}

// traceFields are the fields of one trace's context (W3C Trace Context): they go together.
var traceFields = []string{"traceparent", "tracestate"}

// inject makes a header name the span of ctx, if the host has made one. A trace's context
// that is there already is replaced whole: one request is in one trace, that of the spans
// which the host makes around it, and whoever only hands on what it was given is no parent.
// Baggage belongs to nobody's span, so what is there stays.
func (t *Telemetry) inject(ctx context.Context, h http.Header) {
	if sc := trace.SpanContextFromContext(ctx); !sc.IsValid() || sc.IsRemote() {
		return
	}
	for _, name := range traceFields {
		h.Del(name)
	}
	baggage := h.Values("baggage")
	t.propagator.Inject(ctx, propagation.HeaderCarrier(h))
	if len(baggage) > 0 {
		h["Baggage"] = baggage
	}
}

// statusWriter notes the status of a response.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the first status that is final.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// methodName names a span; methods that somebody made up would be as many names.
func methodName(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY":
		return method
	}
	return "HTTP"
}

func methodAttribute(method string) attribute.KeyValue {
	if methodName(method) != method {
		method = "_OTHER"
	}
	return semconv.HTTPRequestMethodKey.String(method)
}

func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// splitPort returns the parts of an address, port 0 if it has none.
func splitPort(address string) (host string, port int) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return address, 0
	}
	port, _ = strconv.Atoi(text)
	return host, port
}
