package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// running is what a process that runs a composition tells of itself, to sidecall ps,
// top, graph and call. The nil running tells nothing and counts nothing.
type running struct {
	comp   *host.Composition
	fixed  control.Status // what does not change
	graphs map[string]string

	// Of a server; nil for a command. It comes when others may ask already.
	pool     atomic.Pointer[pool.Pool]
	server   atomic.Pointer[server.Server]
	guests   *guestLogs // nil if nothing of their logs is lost
	address  atomic.Pointer[string]
	draining atomic.Bool

	inFlight      atomic.Int64
	total, failed atomic.Uint64
	traps         atomic.Uint64
	trapsOf       map[string]*atomic.Uint64 // by component
	calls         atomic.Int64              // instances that sidecall call has made
}

// controlDir is where processes have their sockets; empty is nowhere.
func (a *app) controlDir() string {
	switch a.settings.Control {
	case "off":
		return ""
	case "":
		return control.Directory(os.Getenv)
	}
	return a.settings.Control
}

// watched lets others see what a composition is doing, until stop is called, which
// must come before the composition is closed. A process that cannot be seen runs
// nonetheless.
func (a *app) watched(c *host.Composition, r *linker.Result, command string) (w *running, stop func()) {
	dir := a.controlDir()
	if dir == "" {
		return nil, func() {}
	}
	w = &running{comp: c, guests: a.guests, trapsOf: map[string]*atomic.Uint64{}, graphs: map[string]string{}}
	w.fixed = control.Status{PID: os.Getpid(), Composition: r.Plan.Name, Command: command,
		Version: readBuildInfo().Version, Started: time.Now().Round(0)}
	for _, comp := range r.Plan.Components {
		w.fixed.Components = append(w.fixed.Components, control.Component{Name: comp.Name, Source: comp.Source, Digest: comp.Digest})
		w.trapsOf[comp.Name] = &atomic.Uint64{}
	}
	// The graph itself would keep all that linking knew in memory.
	for format, print := range graphFormats(r.Graph, graph.HostPackages) {
		var text bytes.Buffer
		if print(&text) == nil {
			w.graphs[format] = text.String()
		}
	}
	s, err := control.Serve(dir, w)
	if err != nil {
		a.log.Info().Err(err).Msg("sidecall ps will not see this process")
		return nil, func() {}
	}
	return w, func() {
		if err := s.Close(); err != nil {
			a.log.Debug().Err(err).Msg("closing the control socket")
		}
	}
}

// count has a server's requests counted. wrap is as for server.New.
func (w *running) count(cfg *server.Config, p *pool.Pool, wrap func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	if w == nil {
		return wrap
	}
	w.pool.Store(p)
	before := cfg.Ended
	cfg.Ended = func(ctx context.Context, err error) {
		w.ended(err)
		if before != nil {
			before(ctx, err)
		}
	}
	return func(next http.Handler) http.Handler {
		if wrap != nil {
			next = wrap(next)
		}
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			w.total.Add(1)
			w.inFlight.Add(1)
			defer w.inFlight.Add(-1)
			next.ServeHTTP(out, r)
		})
	}
}

// listens notes the server, and where it listens, and drains that it ends.
func (w *running) listens(s *server.Server, address string) {
	if w != nil {
		w.server.Store(s)
		w.address.Store(&address)
	}
}

func (w *running) drains() {
	if w != nil {
		w.draining.Store(true)
	}
}

// Drain implements control.Process.
func (w *running) Drain() error {
	s := w.server.Load()
	if s == nil {
		return errors.New("it serves nothing, or not yet: there are no clients to send away")
	}
	w.drains()
	s.Leave()
	return nil
}

// ended counts how a guest's call ended.
func (w *running) ended(err error) {
	if w == nil || err == nil {
		return
	}
	w.failed.Add(1)
	var trap *host.Trap
	if !errors.As(err, &trap) {
		return
	}
	w.traps.Add(1)
	if n := w.trapsOf[trap.Component]; n != nil {
		n.Add(1)
	}
}

// Status implements control.Process.
func (w *running) Status() control.Status {
	s := w.fixed
	if at := w.address.Load(); at != nil {
		s.Address = *at
	}
	s.Draining = w.draining.Load()
	stats := w.comp.Stats()
	s.Instances = control.Instances{Policy: "once", Busy: max(0, stats.Instances-int(w.calls.Load())), Spare: stats.Spares}
	if served := w.pool.Load(); served != nil {
		p := served.Stats()
		s.Instances = control.Instances{Policy: served.Policy().String(), Busy: p.Busy, Idle: p.Idle, Spare: stats.Spares, Made: p.Made, Discarded: p.Discarded}
		out := &control.Requests{InFlight: w.inFlight.Load(), Total: w.total.Load(), Failed: w.failed.Load()}
		if s := w.server.Load(); s != nil {
			out.AfterAnswer = s.AfterAnswer()
			out.Refused = map[string]uint64{}
			for why, n := range s.Refused() {
				out.Refused[string(why)] = n
			}
		}
		s.Requests = out
	}
	s.Traps = w.traps.Load()
	s.Components = append([]control.Component(nil), w.fixed.Components...)
	for i := range s.Components {
		c := &s.Components[i]
		c.Policy, c.Busy, c.Idle = s.Instances.Policy, s.Instances.Busy, s.Instances.Idle
		if of := stats.Components[i]; of.Shared {
			c.Policy, c.Busy, c.Idle = pool.Singleton.String(), 0, 0
			switch {
			case of.Busy:
				c.Busy = 1
			case of.Live:
				c.Idle = 1
			}
		}
		c.Memory, c.Traps = stats.Components[i].Memory, w.trapsOf[c.Name].Load()
		if w.guests != nil {
			c.LostLines = w.guests.lost(c.Name).Lines()
		}
	}
	if w.guests != nil {
		s.LostLines = w.guests.lost(ownLines).Lines()
	}
	s.Usage = control.UsageNow()
	return s
}

// Graph implements control.Process.
func (w *running) Graph(format string) (string, bool) {
	text, ok := w.graphs[format]
	return text, ok
}

// message is what sidecall says of an error, without colours, and its exit code.
func message(err error) (text string, code int) {
	var b bytes.Buffer
	plain := newApp(nil, io.Discard, &b)
	plain.style = report.Style{}
	code = plain.finish(err)
	return b.String(), code
}
