package logging

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Config says where entries go.
type Config struct {
	// Log is the log of a component, with the fields composition, component and context
	// added, and trace_id and span_id if Span knows them. If it is nil, each entry is a line
	// on the component's standard error.
	Log func(component string) *zerolog.Logger
	// Ready, if it is not nil, is when the log takes an entry: guests wait for it, as long
	// as their call may last.
	Ready io.Event
	// Line is how long a message may be, in bytes; longer ones become several entries. 0
	// is any.
	Line int
	// Span, if it is not nil, tells which trace and span a context belongs to.
	Span func(context.Context) (traceID, spanID string)
}

// Plugin is wasi:logging with where it logs to.
type Plugin struct{ cfg Config }

// New makes a Plugin.
func New(cfg Config) *Plugin { return &Plugin{cfg} }

// Interfaces returns the drafts of wasi:logging. They differ in their names alone.
func (p *Plugin) Interfaces() []*host.Interface {
	var all []*host.Interface
	for _, name := range []string{"wasi:logging/logging", "wasi:logging/logging@0.1.0-draft"} {
		all = append(all, wit.Implement(name, map[string]host.Func{"log": p.write}))
	}
	return all
}

// levels are the cases of the enum level. What is critical to a guest does not end
// the host.
var levels = [...]struct {
	name  string
	level zerolog.Level
}{
	{"trace", zerolog.TraceLevel}, {"debug", zerolog.DebugLevel}, {"info", zerolog.InfoLevel},
	{"warn", zerolog.WarnLevel}, {"error", zerolog.ErrorLevel}, {"critical", zerolog.FatalLevel},
}

func (p *Plugin) write(c *host.Call, args []value.Value) (value.Value, error) {
	level, topic, message := levels[args[0].Case()], args[1].Str(), args[2].Str()
	if p.cfg.Log == nil {
		return value.Value{}, writeLine(c, level.name, topic, message)
	}
	log := p.cfg.Log(c.Component().Name)
	if log.GetLevel() > level.level {
		return value.Value{}, nil
	}
	topic, _ = p.cut(topic)
	for {
		if p.cfg.Ready != nil {
			if err := io.Wait(c.Context(), p.cfg.Ready); err != nil {
				return value.Value{}, err
			}
		}
		part, rest := p.cut(message)
		p.entry(c, log.WithLevel(level.level), topic, part)
		if message = rest; message == "" {
			return value.Value{}, c.Context().Err()
		}
	}
}

func (p *Plugin) entry(c *host.Call, e *zerolog.Event, topic, message string) {
	e = e.Str("composition", c.Composition()).Str("component", c.Component().Name)
	if topic != "" {
		e = e.Str("context", topic)
	}
	if p.cfg.Span != nil {
		if traceID, spanID := p.cfg.Span(c.Context()); traceID != "" {
			e = e.Str("trace_id", traceID).Str("span_id", spanID)
		}
	}
	e.Msg(message)
}

// cut returns as much of a text as may be in one entry.
func (p *Plugin) cut(text string) (part, rest string) {
	n := p.cfg.Line
	if n <= 0 || len(text) <= n {
		return text, ""
	}
	for n > p.cfg.Line-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n], text[n:]
}

type lineKey struct{}

// writeLine writes a line, waiting for a reader that is slow.
func writeLine(c *host.Call, level, topic, message string) error {
	s := c.State(lineKey{}, func() any { return io.NewSink(c.Stdio().Err) }).(*io.Sink)
	if topic != "" {
		topic = " " + topic
	}
	if err := io.Wait(c.Context(), s); err != nil {
		return err
	}
	_ = s.Write(fmt.Appendf(nil, "%s%s: %s\n", level, topic, message)) // a log that cannot be written is no fault of the guest
	return nil
}
