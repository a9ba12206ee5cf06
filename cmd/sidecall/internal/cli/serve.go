package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/host/telemetry"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/http/server"
)

func (a *app) serveCommand() *cobra.Command {
	t := &target{serves: true}
	cmd := &cobra.Command{
		Use:   "serve " + targetUse + " [-- ARGUMENT...]",
		Short: "Serve a composition over HTTP",
		Long: `serve links a composition and has wasi:http/incoming-handler of its main component, or of
the first in the manifest's http.chain, answer requests: HTTP/1.1 and HTTP/2, by TLS if a
certificate is given. Each request has a fresh instance of the composition, unless the
manifest, or --instance, says otherwise.

The guests are given nothing but what the manifest allows, and what --env and --dir allow
the main component. An image's manifest only asks, see sidecall run --help. What they print becomes lines of sidecall's own log.

Traces and metrics are sent as the variables OTEL_* of OpenTelemetry say, if they say where;
OTEL_METRICS_EXPORTER=prometheus has metrics fetched from localhost:9464/metrics instead.

After SIGTERM or Ctrl-C no more requests are taken, and those under way may end. The exit
code is 1 if some had to be ended; a second signal ends all at once.`,
		Example: `  sidecall serve                                # the composition in this directory
  sidecall serve examples/02-http --listen 0.0.0.0:8080 --health-listen :8081
  sidecall serve app.wasm --instance pool --deadline 5s
  sidecall serve ghcr.io/acme/shop:1.0 --allow outboundHosts=https://api.example.com`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			if a.settings.LogAuto {
				a.settings.LogLevel = zerolog.InfoLevel
			}
			defer a.logBehind()()
			// A question is answered before signals are waited for.
			if _, _, err := a.load(t); err != nil {
				return err
			}
			return a.serve(t)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	t.flags(flags)
	t.grantFlags(flags)
	settings.Flags(flags, settings.Listen, settings.HealthListen, settings.TLSCert, settings.TLSKey, settings.Deadline, settings.MaxRequests, settings.LogRate,
		settings.Instance, settings.Engine, settings.MaxMemory, settings.KeyValue, settings.CacheDir, settings.CacheSize, settings.NoCache, settings.Control)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	_ = cmd.MarkFlagDirname(settings.CacheDir)
	_ = cmd.MarkFlagDirname(settings.KeyValue)
	return cmd
}

// serve links, compiles and serves until a signal comes.
func (a *app) serve(t *target) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Requests go on when nobody reads the log any more; a write to a closed pipe would
	// otherwise end the process without a word.
	signal.Ignore(syscall.SIGPIPE)
	a.observed = observe()
	r, err := a.linkToRun(t)
	if err != nil {
		return err
	}
	a.notes(r.Diagnostics)
	a.guests.limit(r.Manifest, a.settings)
	handler, err := findHandler(r.Plan)
	if err != nil {
		return err
	}
	listen, err := a.listening(r)
	if err != nil {
		return err
	}
	stopObserving, err := a.observed.start(ctx, a, r.Plan.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopObserving()) }()
	start := time.Now()
	c, err := a.compile(ctx, r.Plan)
	a.took("compiled", start)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return a.serveComposition(ctx, c, handler, r, listen)
}

// serveComposition serves what is compiled.
func (a *app) serveComposition(ctx context.Context, c *host.Composition, handler string, r *linker.Result, listen server.Listen) (err error) {
	p := pool.New(c, a.policy(r), host.InstanceOptions{StdioOf: telemetry.GuestOutput(a.guests.of, r.Plan.Name)})
	p.Within(budget.Default().Memory)
	defer limitHeap(c)()
	defer func() {
		// Requests have ended, guests may go on for as long as their deadline allows.
		ctx, cancel := context.WithTimeout(context.Background(), graceAfterDrain)
		defer cancel()
		err = errors.Join(err, p.Close(ctx))
	}()
	// What cannot be instantiated is known before anybody asks.
	if err := p.Warm(ctx); err != nil {
		return err
	}
	cfg := server.Config{Name: r.Plan.Name, Pool: p, Interface: handler, Limits: a.limits(r), Log: a.log}
	cfg.AccessLog = r.Manifest.HTTP != nil && r.Manifest.HTTP.AccessLog
	var serving atomic.Pointer[server.Server]
	wrap, err := a.observed.serve(&cfg, a.measured(p, r, &serving))
	if err != nil {
		return err
	}
	watched, unwatch := a.watched(c, r, "serve")
	defer unwatch()
	wrap = watched.count(&cfg, p, wrap)
	s, err := server.New(cfg, listen, wrap)
	if errors.Is(err, syscall.EADDRINUSE) {
		return &advisedError{err, "somebody listens there already; choose another address by --listen or --health-listen"}
	}
	if err != nil {
		return err
	}
	scheme := "http"
	if listen.TLS != nil {
		scheme = "https"
	}
	serving.Store(s)
	watched.listens(s, scheme+"://"+s.Addr().String())
	event := a.log.Info().Str("composition", r.Plan.Name).Str("address", scheme+"://"+s.Addr().String()).Stringer("instance", p.Policy())
	if s.HealthAddr() != nil {
		event = event.Str("health", "http://"+s.HealthAddr().String())
	}
	event.Msg("serving")
	defer context.AfterFunc(ctx, func() {
		watched.drains()
		a.log.Info().Str("composition", r.Plan.Name).Msg("draining")
		endAtSecondSignal()
	})()
	if err := s.Run(ctx); err != nil {
		return err
	}
	a.log.Info().Str("composition", r.Plan.Name).Msg("served")
	return nil
}

// measured tells what is measured of a server, which serving has once it listens.
func (a *app) measured(p *pool.Pool, r *linker.Result, serving *atomic.Pointer[server.Server]) func() telemetry.Serving {
	return func() telemetry.Serving {
		s := p.Stats()
		m := telemetry.Serving{Made: s.Made, Discarded: s.Discarded, Busy: s.Busy, Idle: s.Idle, LostLines: map[string]uint64{}, Refused: map[string]uint64{}}
		if s := serving.Load(); s != nil {
			m.AfterAnswer = s.AfterAnswer()
			for why, n := range s.Refused() {
				m.Refused[string(why)] = n
			}
		}
		m.LostLines[ownLines] = a.guests.lost(ownLines).Lines()
		for _, c := range r.Plan.Components {
			m.LostLines[c.Name] = a.guests.lost(c.Name).Lines()
		}
		return m
	}
}

// graceAfterDrain is how long guests may go on when everything is answered.
const graceAfterDrain = 5 * time.Second

// endAtSecondSignal ends the process as soon as another signal comes.
func endAtSecondSignal() {
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-again
		if s, ok := s.(syscall.Signal); ok {
			os.Exit(exitSignalBase + int(s))
		}
		os.Exit(exitFailure)
	}()
}

// findHandler returns the name of the exported interface wasi:http/incoming-handler,
// any 0.2.
func findHandler(p *plan.Plan) (string, error) {
	for _, e := range p.Exports {
		if name, version, _ := strings.Cut(e.Interface, "@"); name == plan.HTTPHandler && e.Name == "handle" && strings.HasPrefix(version, "0.2.") {
			return e.Interface, nil
		}
	}
	return "", notExported(p, "the main component does not answer requests: it does not export "+plan.HTTPHandler+"@0.2.x",
		"to run a command, write: sidecall run")
}

// listening is where to listen: what the manifest says, and the settings instead.
func (a *app) listening(r *linker.Result) (server.Listen, error) {
	l := server.Listen{Address: "127.0.0.1:8080"}
	cert, key := a.settings.TLSCert, a.settings.TLSKey
	if h := r.Manifest.HTTP; h != nil {
		if h.Listen != "" {
			l.Address = h.Listen
		}
		l.Health, l.Liveness, l.Readiness = h.Health.Listen, h.Health.Liveness, h.Health.Readiness
		l.Header, l.Connections = int(h.Limits.Header), h.Limits.Connections
		l.DrainDelay = h.Drain.Delay
		l.DrainTimeout = orNone(h.Drain.Timeout)
		if cert == "" && key == "" {
			cert, key = h.Cert, h.Key
		}
	}
	if l.Connections == 0 {
		l.Connections = mostConnections(budget.Default())
	}
	if a.settings.Listen != "" {
		l.Address = a.settings.Listen
	}
	if a.settings.HealthListen != "" {
		l.Health = a.settings.HealthListen
	}
	if (cert == "") != (key == "") {
		return l, &usageError{message: "a certificate and its key come together: --tls-cert and --tls-key"}
	}
	if cert != "" {
		var err error
		if l.TLS, err = server.Certificate(cert, key, a.log); err != nil {
			return l, err
		}
	}
	return l, nil
}

const (
	// connectionsPart is the part of the process's descriptors and of its memory that
	// clients' connections may have, connectionMemory what one takes while its header
	// comes.
	connectionsPart  = 4
	connectionMemory = 32 << 10
	leastConnections = 16
)

// mostConnections is how many clients may be connected if the manifest does not say: at most
// the server's own default, and not more than the process has room for.
func mostConnections(p *budget.Process) int {
	n := min(p.Descriptors.Limit(), p.Memory.Limit()/connectionMemory) / connectionsPart
	return int(max(leastConnections, min(n, server.DefaultConnections)))
}

// limits are the manifest's, and the settings instead.
func (a *app) limits(r *linker.Result) server.Limits {
	var l server.Limits
	if h := r.Manifest.HTTP; h != nil {
		l.Requests, l.Body = h.Limits.Requests, h.Limits.Body
		l.Deadline, l.Write = orNone(h.Limits.Deadline), orNone(h.Limits.Write)
		if h.Limits.Queue != nil {
			if l.Queue = *h.Limits.Queue; l.Queue == 0 {
				l.Queue = -1
			}
		}
	}
	if a.settings.Deadline != nil {
		l.Deadline = orNone(a.settings.Deadline)
	}
	if a.settings.MaxRequests > 0 {
		l.Requests = a.settings.MaxRequests
	}
	return l
}

// orNone makes what nobody said 0, and what is 0 negative, as the server has it.
func orNone(d *time.Duration) time.Duration {
	switch {
	case d == nil:
		return 0
	case *d == 0:
		return -1
	}
	return *d
}

// policy is the main component's, or the settings' instead.
func (a *app) policy(r *linker.Result) pool.Policy {
	said := r.Manifest.Component(r.Manifest.Main).Instance
	p := pool.Policy{Size: said.Size, MaxInvocations: said.MaxInvocations, IdleTimeout: said.IdleTimeout}
	name := string(said.Policy)
	if a.settings.Instance != "manifest" && a.settings.Instance != name {
		name, p = a.settings.Instance, pool.Policy{}
	}
	for _, k := range []pool.Kind{pool.PerRequest, pool.Reuse, pool.Singleton} {
		if k.String() == name {
			p.Kind = k
		}
	}
	return p
}
