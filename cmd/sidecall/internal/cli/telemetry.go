package cli

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry"
	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// observation is what commands know of OpenTelemetry. The zero observation observes
// nothing.
type observation struct {
	// traces says that spans will be made: linking must know.
	traces, metrics bool
	*telemetry.Telemetry
}

// observe looks what the environment wants to see, before anything is linked.
func observe() *observation {
	o := &observation{}
	o.traces, o.metrics = telemetry.Wanted(os.Getenv)
	return o
}

// wanted reports whether anything is to be seen.
func (o *observation) wanted() bool { return o != nil && (o.traces || o.metrics) }

// fuse says how calls between components are compiled: what is to be seen of them
// goes through Go.
func (o *observation) fuse() compile.Fuse {
	if o != nil && o.traces {
		return compile.FuseOff
	}
	return compile.FuseAuto
}

// start begins to observe a composition. stop sends what is left.
func (o *observation) start(ctx context.Context, a *app, composition string) (stop func() error, err error) {
	if !o.wanted() {
		return func() error { return nil }, nil
	}
	o.Telemetry, err = telemetry.Start(ctx, telemetry.Options{Composition: composition, Version: readBuildInfo().Version, Log: a.log})
	if err != nil {
		return nil, err
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), telemetryPatience)
		defer cancel()
		if err := o.Close(ctx); err != nil {
			a.log.Warn().Err(err).Msg("telemetry is lost") // nobody is served worse for it
		}
		return nil
	}, nil
}

// telemetryPatience is how long the end of a process waits for a collector.
const telemetryPatience = 5 * time.Second

// tracer is what the host tells of calls, nil for nobody.
func (o *observation) tracer() host.Tracer {
	if o == nil || o.Telemetry == nil || !o.Tracing() {
		return nil
	}
	return o.Telemetry
}

// span tells which span a context belongs to, nil if nobody makes any.
func (o *observation) span() func(context.Context) (traceID, spanID string) {
	if o == nil || !o.traces {
		return nil
	}
	return telemetry.Span
}

// around is put around the requests that components send. It is asked for before
// the observation has started, as plugins are linked before anything has a name.
func (o *observation) around() func(string, http.RoundTripper) http.RoundTripper {
	if !o.wanted() {
		return nil
	}
	return func(component string, next http.RoundTripper) http.RoundTripper {
		if o.Telemetry == nil {
			return next
		}
		return o.Outgoing(component, next)
	}
}

// receiver takes what components report of themselves, nil if nobody wants it.
func (o *observation) receiver() guest.Receiver {
	if o == nil || o.Telemetry == nil {
		return nil
	}
	return o.Telemetry
}

// serve observes a server's requests, and what read tells of it, until the observation
// stops. wrap is for server.New.
func (o *observation) serve(cfg *server.Config, read func() telemetry.Serving) (wrap func(http.Handler) http.Handler, err error) {
	if o.Telemetry == nil {
		return nil, nil
	}
	cfg.Ended, cfg.Span = o.Ended, telemetry.Span
	_, err = o.Observe(read)
	return o.Handler, err
}
