// Package otel implements wasi:otel, in its release candidate 0.2.0-rc.2: what components
// report of themselves to OpenTelemetry. Their spans are in the trace of the call that they
// are made in, below the host's; their metrics are added up over all instances; their log
// records are entries of the host's log, as those of wasi:logging.
//
// In: a receiver of spans and metrics, wasi:logging. Out: the WIT interfaces. Next: whoever
// composes a host. Must not import: host/telemetry, which receives.
package otel

import (
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/logging"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Config says where to what components report goes. The zero Config takes all and keeps
// nothing, but for log records, which are lines on the component's standard error.
type Config struct {
	// To is who takes spans and metrics. It is asked at each call, as observation may begin
	// after linking. If it is nil, or returns nil, nobody does.
	To func() guest.Receiver
	// Log takes log records.
	Log *logging.Plugin
}

// Plugin is wasi:otel with where it reports to.
type Plugin struct{ cfg Config }

// New makes a Plugin.
func New(cfg Config) *Plugin {
	if cfg.Log == nil {
		cfg.Log = logging.New(logging.Config{})
	}
	return &Plugin{cfg}
}

// Interfaces returns the interfaces of wasi:otel.
func (p *Plugin) Interfaces() []*host.Interface {
	const of, version = "wasi:otel/", "@0.2.0-rc.2"
	return []*host.Interface{
		wit.Implement(of+"types"+version, nil),
		wit.Implement(of+"tracing"+version, map[string]host.Func{
			"on-start":           p.onStart,
			"on-end":             p.onEnd,
			"outer-span-context": p.outerSpanContext,
		}),
		wit.Implement(of+"metrics"+version, map[string]host.Func{"export": p.export}),
		wit.Implement(of+"logs"+version, map[string]host.Func{"on-emit": p.onEmit}),
	}
}

// to is who takes spans and metrics, nil if nobody does.
func (p *Plugin) to() guest.Receiver {
	if p.cfg.To == nil {
		return nil
	}
	return p.cfg.To()
}

// lost tells that something of what a component reported was not taken: once for each of
// what, which is one of a few.
func lost(c *host.Call, what, why string) {
	c.Refused(host.Refusal{Kind: "telemetry", Target: what, Reason: why})
}

// lastSecond is the last that nanoseconds since 1970 in 64 bits reach, in the year 2262.
const lastSecond = 1<<63/uint64(time.Second) - 1

// datetime reads a wasi:clocks datetime; ok is false for none that there is.
func datetime(v value.Value) (t time.Time, ok bool) {
	s, ns := v.At(0).U64(), v.At(1).U32()
	if s > lastSecond || ns >= uint32(time.Second) {
		return time.Time{}, false
	}
	return time.Unix(int64(s), int64(ns)), true
}
