package otel

import (
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/value"
)

const (
	// maxSpans is how many spans a component has in one call from outside of it.
	maxSpans = 1000
	// spanBytes is what a span holds: its texts, and 64 bytes for each attribute, event and
	// link.
	spanBytes = 8 << 10
	// scopeText is how long names, versions and addresses of scopes are.
	scopeText = 256
	// maxStates is how many members a tracestate has (W3C Trace Context, section 3.3.1.1).
	maxStates = 32
)

// spans are those of one component in one call from outside of it, which is known by the
// host's span around it.
type spans struct {
	mu    sync.Mutex
	host  trace.SpanContext     // guarded by mu
	ended map[trace.SpanID]bool // guarded by mu: all that have started, and whether they have ended
}

type spansKey struct{}

// current returns the component's spans in the call that is running, and the host's span
// around it. It is nil if none are exported: nobody asked for traces, or not for this one.
func (p *Plugin) current(c *host.Call) (*spans, guest.Receiver, trace.SpanContext) {
	to := p.to()
	if to == nil || !to.Tracing() {
		return nil, nil, trace.SpanContext{}
	}
	around := trace.SpanContextFromContext(c.Context())
	if !around.IsValid() || !around.IsSampled() {
		return nil, nil, trace.SpanContext{}
	}
	s := c.State(spansKey{}, func() any { return &spans{} }).(*spans)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.host.Equal(around) {
		// Spans that did not end with their call have nothing that could be exported.
		s.host, s.ended = around, map[trace.SpanID]bool{}
	}
	return s, to, around
}

// start notes that a span has started. It reports false if it is one too many.
func (s *spans) start(id trace.SpanID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.ended[id]; ok {
		return true
	}
	if len(s.ended) >= maxSpans {
		return false
	}
	s.ended[id] = false
	return true
}

// end notes that a span has ended. It reports false if it had ended before.
func (s *spans) end(id trace.SpanID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.ended[id]
	s.ended[id] = true
	return !was
}

// has reports whether a span has started in this call.
func (s *spans) has(id trace.SpanID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.ended[id]
	return ok
}

func (p *Plugin) onStart(c *host.Call, args []value.Value) (value.Value, error) {
	if s, _, around := p.current(c); s != nil && sampled(args[0]) {
		s.begin(c, args[0], around)
	}
	return value.Value{}, nil
}

// begin reads a span's identity, and tells if there can be no such span.
func (s *spans) begin(c *host.Call, context value.Value, around trace.SpanContext) (trace.SpanID, bool) {
	id, ok := spanID(context.At(1).Str())
	switch {
	case !ok:
		lost(c, "span id", "a span whose id is not 16 hexadecimal digits, one of them not 0")
	case id == around.SpanID():
		ok = false
		lost(c, "span id of the host", "a span whose id is that of the host's span around it")
	case !s.start(id):
		ok = false
		lost(c, "spans", fmt.Sprintf("more than %d spans in one call", maxSpans))
	}
	return id, ok
}

func (p *Plugin) onEnd(c *host.Call, args []value.Value) (value.Value, error) {
	s, to, around := p.current(c)
	if s == nil || !sampled(args[0].At(0)) {
		return value.Value{}, nil
	}
	id, ok := s.begin(c, args[0].At(0), around)
	if !ok {
		return value.Value{}, nil
	}
	if !s.end(id) {
		lost(c, "span that has ended", "a span that has ended before")
		return value.Value{}, nil
	}
	to.GuestSpan(s.read(c, args[0], id, around, to.SpanLimits()))
	return value.Value{}, nil
}

// outerSpanContext returns the host's span around the call, or that of the request which
// led to it if the host makes none. Without either its ids are zeros.
func (p *Plugin) outerSpanContext(c *host.Call, _ []value.Value) (value.Value, error) {
	sc := trace.SpanContextFromContext(c.Context())
	var states []value.Value
	sc.TraceState().Walk(func(key, val string) bool {
		states = append(states, value.Tuple(value.String(key), value.String(val)))
		return true
	})
	return value.Record(value.String(sc.TraceID().String()), value.String(sc.SpanID().String()),
		value.Flags(uint64(sc.TraceFlags()&trace.FlagsSampled)), value.Bool(sc.IsRemote()), value.List(states...)), nil
}
