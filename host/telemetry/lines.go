package telemetry

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/telemetry/backlog"
)

// MaxLine is how long a line of a guest may be, in bytes. Longer ones are cut into
// several.
const MaxLine = 16 << 10

// ComponentLog takes what one component prints and logs.
type ComponentLog struct {
	Log zerolog.Logger
	// Source is what Log writes to in the end, nil if that is nobody's business here.
	Source *backlog.Source
}

// refuses reports whether a line of n bytes would be dropped. An entry is longer than its
// line.
func (c *ComponentLog) refuses(n int) bool {
	return c.Source != nil && c.Source.Refuses(n+entryOverhead)
}

// entryOverhead is what an entry has besides the line, some bytes more or less.
const entryOverhead = 128

// GuestOutput makes of what components print entries of a log, one for each line,
// with the fields composition, component and stream, and trace_id and span_id if
// calls have a span. It is for host.InstanceOptions.StdioOf.
func GuestOutput(log func(component string) *ComponentLog, composition string) func(component string, running func() context.Context) host.Stdio {
	return func(component string, running func() context.Context) host.Stdio {
		to := log(component)
		of := func(stream string) *lines {
			return &lines{log: to.Log.With().Str("composition", composition).Str("component", component).Str("stream", stream).Logger(), to: to, running: running}
		}
		return host.Stdio{Out: of("stdout"), Err: of("stderr")}
	}
}

// lines logs what is written to it, line by line.
type lines struct {
	log     zerolog.Logger
	to      *ComponentLog
	running func() context.Context

	mu   sync.Mutex
	rest []byte // guarded by mu: a line without its end
}

var _ host.PromptWriter = (*lines)(nil)

// Prompt says that Write does not wait.
func (*lines) Prompt() {}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for {
		line, rest, whole := bytes.Cut(p, []byte("\n"))
		for len(l.rest)+len(line) > MaxLine {
			room := MaxLine - len(l.rest)
			l.entry(append(l.rest, line[:room]...))
			line, l.rest = line[room:], l.rest[:0]
		}
		if !whole {
			l.rest = append(l.rest, line...)
			return n, nil
		}
		if len(l.rest) > 0 {
			line = append(l.rest, line...)
			l.rest = l.rest[:0]
		}
		l.entry(line)
		p = rest
	}
}

// Close logs a last line that has no end.
func (l *lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.entry(l.rest)
		l.rest = nil
	}
	return nil
}

// entry logs a line. Bytes that are no UTF-8 cannot be in a log.
func (l *lines) entry(line []byte) {
	if l.to.refuses(len(line)) {
		return
	}
	e := l.log.Info()
	if traceID, spanID := Span(l.running()); traceID != "" {
		e = e.Str("trace_id", traceID).Str("span_id", spanID)
	}
	e.Msg(strings.ToValidUTF8(strings.TrimSuffix(string(line), "\r"), "\uFFFD"))
}
