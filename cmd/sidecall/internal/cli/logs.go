package cli

import (
	"cmp"
	"context"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/host/telemetry"
	"github.com/sidecall/sidecall/host/telemetry/backlog"
	"github.com/sidecall/sidecall/linker/manifest"
	wasiio "github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/logging"
)

const (
	// ownRoom is how many bytes of sidecall's own lines wait for who reads the log.
	ownRoom = 1 << 20
	// guestsRoom is how many of all components' do, in equal parts between these two.
	guestsRoom, leastRoom, mostRoom = 4 << 20, 64 << 10, 512 << 10
	// tellRoom is for lines that tell of lost ones.
	tellRoom = 64 << 10
	// guestRate is how many bytes a second the log takes of a component, and guestBurst
	// times that at once.
	guestRate  = 1 << 20
	guestBurst = 4
	// logPatience is how long the end of serving waits for who reads the log.
	logPatience = 2 * time.Second
)

// ownLines is the source of sidecall's own lines, as ps and metrics name it.
const ownLines = "sidecall"

// guestLogs are the logs of a composition's components, and sidecall's own, where nobody
// waits for who reads them: what is too much, or too fast, is dropped, counted and told.
type guestLogs struct {
	behind *backlog.Backlog
	own    *backlog.Source
	logger func(io.Writer) zerolog.Logger

	mu     sync.Mutex
	limits map[string]backlog.Limits          // guarded by mu
	logs   map[string]*telemetry.ComponentLog // guarded by mu
}

// logBehind has the app and its guests log by way of a backlog. The end writes what waits.
func (a *app) logBehind() (end func()) {
	var tell zerolog.Logger
	g := &guestLogs{limits: map[string]backlog.Limits{}, logs: map[string]*telemetry.ComponentLog{}}
	g.behind = backlog.New(a.stderr, func(source string, lost backlog.Lost) { tellLost(tell, source, lost) })
	g.own = g.behind.Source(ownLines, backlog.Limits{Room: ownRoom})
	g.logger = func(w io.Writer) zerolog.Logger { return a.guestLogger(w) }
	tell = a.guestLogger(g.behind.Source(ownLines, backlog.Limits{Room: tellRoom}))
	a.guests, a.log = g, newLoggerBy(a.settings, a.stderr, g.own)
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), logPatience)
		defer cancel()
		_ = g.behind.Close(ctx) // who does not read would not read this either
	}
}

// tellLost says what the log lost of a source.
func tellLost(log zerolog.Logger, source string, lost backlog.Lost) {
	event := log.Warn().Uint64("dropped", lost.Lines()).Uint64("bytes", lost.Bytes)
	if source != ownLines {
		event = event.Str("component", source)
	}
	switch {
	case lost.Full == 0:
		event.Msg("log lines were dropped: the component writes more than its log.rate and log.burst, or --log-rate, allow")
	case lost.Fast == 0:
		event.Msg("log lines were dropped: who reads the log is too slow")
	default:
		event.Msg("log lines were dropped: who reads the log is too slow, and the component writes more than its log.rate and log.burst, or --log-rate, allow")
	}
}

// limit sets what the log takes of each component, before any of them runs.
func (g *guestLogs) limit(m *manifest.Manifest, s *settings.Settings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	room := min(max(guestsRoom/max(1, len(m.Components)), leastRoom), mostRoom)
	for _, c := range m.Components {
		l := backlog.Limits{Room: room, Rate: cmp.Or(int64(s.LogRate), c.Log.Rate, guestRate), Burst: c.Log.Burst}
		if l.Burst == 0 || s.LogRate > 0 {
			l.Burst = guestBurst * l.Rate
		}
		// A line that is as long as it may be must pass, if it waits long enough.
		l.Burst = max(l.Burst, longestLine)
		g.limits[c.Name] = l
	}
}

// longestLine is how many bytes an entry for one line takes at the most: JSON has up to
// six for a character.
const longestLine = 8 * telemetry.MaxLine

// of is the log of a component.
func (g *guestLogs) of(component string) *telemetry.ComponentLog {
	g.mu.Lock()
	defer g.mu.Unlock()
	if log := g.logs[component]; log != nil {
		return log
	}
	limits, ok := g.limits[component]
	if !ok {
		limits = backlog.Limits{Room: leastRoom, Rate: guestRate, Burst: guestBurst * guestRate}
	}
	source := g.behind.Source(component, limits)
	log := &telemetry.ComponentLog{Log: g.logger(source), Source: source}
	g.logs[component] = log
	return log
}

// lost is what the log has lost of a component so far, and of sidecall itself by the name
// ownLines.
func (g *guestLogs) lost(source string) backlog.Lost {
	if source == ownLines {
		return g.own.Lost()
	}
	g.mu.Lock()
	log := g.logs[source]
	g.mu.Unlock()
	if log == nil {
		return backlog.Lost{}
	}
	return log.Source.Lost()
}

// guestLogger makes a log for what components say, and what is said of lost lines. They
// have been asked to say it, so it comes out even where the host's own log is silent, down
// to the level info.
func (a *app) guestLogger(w io.Writer) zerolog.Logger {
	s := *a.settings
	s.LogLevel = min(s.LogLevel, zerolog.InfoLevel)
	return newLoggerBy(&s, a.stderr, w)
}

// guestLogging says where wasi:logging logs to. What a command logs is the result of its
// run: nothing of it is dropped, and the guest waits for who reads it.
func (a *app) guestLogging() logging.Config {
	cfg := logging.Config{Line: telemetry.MaxLine, Span: a.observed.span()}
	if a.guests != nil {
		cfg.Log = func(component string) *zerolog.Logger { return &a.guests.of(component).Log }
		return cfg
	}
	sink := a.errors()
	log := a.guestLogger(sinkWriter{sink})
	cfg.Log, cfg.Ready = func(string) *zerolog.Logger { return &log }, sink
	return cfg
}

// errors is standard error for what is not to wait for who reads it.
func (a *app) errors() *wasiio.Sink {
	a.errorsOnce.Do(func() {
		a.errorSink = wasiio.NewSink(a.stderr)
		a.drainLog = a.errorSink.Drain
	})
	return a.errorSink
}

// sinkWriter is a sink as a log writes to it. A log that cannot be written is nobody's
// fault here.
type sinkWriter struct{ *wasiio.Sink }

// Write gives a line to the sink, which may keep it: the log uses its memory again.
func (s sinkWriter) Write(line []byte) (int, error) {
	_ = s.Sink.Write(append([]byte(nil), line...))
	return len(line), nil
}
