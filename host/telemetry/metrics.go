package telemetry

import (
	"context"
	"errors"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// instruments are what is measured, by the names of OpenTelemetry's conventions
// where they have one.
type instruments struct {
	serverDuration, clientDuration metric.Float64Histogram
	active                         metric.Int64UpDownCounter
	traps                          metric.Int64Counter
}

// seconds are the boundaries of durations: the conventions', and below them those of
// answers that come from a function call away.
var seconds = metric.WithExplicitBucketBoundaries(0.0001, 0.00025, 0.0005, 0.001, 0.0025,
	0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

func newInstruments(m metric.Meter) (i instruments, err error) {
	errs := make([]error, 4)
	i.serverDuration, errs[0] = m.Float64Histogram("http.server.request.duration", metric.WithUnit("s"), metric.WithDescription("Duration of requests that were answered."), seconds)
	i.clientDuration, errs[1] = m.Float64Histogram("http.client.request.duration", metric.WithUnit("s"), metric.WithDescription("Duration of requests that components sent."), seconds)
	i.active, errs[2] = m.Int64UpDownCounter("http.server.active_requests", metric.WithUnit("{request}"), metric.WithDescription("Requests that are being answered."))
	i.traps, errs[3] = m.Int64Counter("sidecall.traps", metric.WithUnit("{trap}"), metric.WithDescription("Calls that ended in a trap."))
	return i, errors.Join(errs...)
}

// Serving are counts of a composition's instances, requests and logs, to observe.
type Serving struct {
	// Made and Discarded count instances from the beginning.
	Made, Discarded uint64
	// Busy and Idle are instances of now.
	Busy, Idle int
	// AfterAnswer are requests that are answered, but whose guest goes on.
	AfterAnswer int64
	// LostLines are, by the component, lines that the log dropped, from the beginning.
	LostLines map[string]uint64
	// Refused are, by the reason, requests that were turned away, from the beginning.
	Refused map[string]uint64
}

// Observe has metrics taken by read whenever they are sent, until stop is called.
func (t *Telemetry) Observe(read func() Serving) (stop func() error, err error) {
	composition := metric.WithAttributes(attribute.String("sidecall.composition", t.composition))
	state := func(s string) metric.ObserveOption {
		return metric.WithAttributes(attribute.String("sidecall.composition", t.composition), attribute.String("state", s))
	}
	busy, idle := state("busy"), state("idle")
	errs := make([]error, 8)
	var instances, memory, after metric.Int64ObservableUpDownCounter
	var made, discarded, lost, refused metric.Int64ObservableCounter
	instances, errs[0] = t.meter.Int64ObservableUpDownCounter("sidecall.instances", metric.WithUnit("{instance}"), metric.WithDescription("Instances of the composition."))
	made, errs[1] = t.meter.Int64ObservableCounter("sidecall.instances.made", metric.WithUnit("{instance}"), metric.WithDescription("Instances that were made."))
	discarded, errs[2] = t.meter.Int64ObservableCounter("sidecall.instances.discarded", metric.WithUnit("{instance}"), metric.WithDescription("Instances that failed and were thrown away."))
	memory, errs[3] = t.meter.Int64ObservableUpDownCounter("process.memory.usage", metric.WithUnit("By"), metric.WithDescription("Memory that the process takes, its guests included."))
	after, errs[4] = t.meter.Int64ObservableUpDownCounter("sidecall.requests.after_answer", metric.WithUnit("{request}"), metric.WithDescription("Requests that are answered, but whose guest goes on."))
	lost, errs[5] = t.meter.Int64ObservableCounter("sidecall.log.lines.lost", metric.WithUnit("{line}"), metric.WithDescription("Lines of the log that were dropped."))
	var registration metric.Registration
	refused, errs[6] = t.meter.Int64ObservableCounter("sidecall.requests.refused", metric.WithUnit("{request}"), metric.WithDescription("Requests that were turned away with status 503."))
	registration, errs[7] = t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := read()
		o.ObserveInt64(instances, int64(s.Busy), busy)
		o.ObserveInt64(instances, int64(s.Idle), idle)
		o.ObserveInt64(made, int64(s.Made), composition)
		o.ObserveInt64(discarded, int64(s.Discarded), composition)
		o.ObserveInt64(memory, resident())
		o.ObserveInt64(after, s.AfterAnswer, composition)
		for component, lines := range s.LostLines {
			o.ObserveInt64(lost, int64(lines), metric.WithAttributes(attribute.String("sidecall.composition", t.composition), attribute.String("sidecall.component", component)))
		}
		for why, n := range s.Refused {
			o.ObserveInt64(refused, int64(n), metric.WithAttributes(attribute.String("sidecall.composition", t.composition), attribute.String("reason", why)))
		}
		return nil
	}, instances, made, discarded, memory, after, lost, refused)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return registration.Unregister, nil
}

// resident is how much memory the process takes, in bytes: on Linux what is in RAM,
// elsewhere what Go has of the system.
func resident() int64 {
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(b)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
