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
	return value.Value{}, p.Write(c, &Entry{Level: levels[args[0].Case()].level, Topic: args[1].Str(), Message: args[2].Str()})
}

// Entry is what a component has to say.
type Entry struct {
	Level          zerolog.Level
	Topic, Message string
	// TraceID and SpanID are of the span that it is part of; if they are empty, it is that
	// of the call.
	TraceID, SpanID string
	// Fields adds others to what becomes of it in the host's log. It may be nil.
	Fields func(*zerolog.Event) *zerolog.Event
}

// Write makes entries of the log, or a line on the component's standard error. It waits as
// Config says; the error is that the call has to end.
func (p *Plugin) Write(c *host.Call, e *Entry) error {
	if p.cfg.Log == nil {
		return writeLine(c, levelName(e.Level), e.Topic, e.Message)
	}
	log := p.cfg.Log(c.Component().Name)
	if log.GetLevel() > e.Level {
		return nil
	}
	topic, _ := p.cut(e.Topic)
	for message := e.Message; ; {
		if p.cfg.Ready != nil {
			if err := io.Wait(c.Context(), p.cfg.Ready); err != nil {
				return err
			}
		}
		part, rest := p.cut(message)
		p.entry(c, log.WithLevel(e.Level), e, topic, part)
		if message = rest; message == "" {
			return c.Context().Err()
		}
	}
}

// levelName is what a guest calls a level.
func levelName(of zerolog.Level) string {
	for _, l := range levels {
		if l.level == of {
			return l.name
		}
	}
	return of.String()
}

func (p *Plugin) entry(c *host.Call, z *zerolog.Event, e *Entry, topic, message string) {
	z = z.Str("composition", c.Composition()).Str("component", c.Component().Name)
	if topic != "" {
		z = z.Str("context", topic)
	}
	traceID, spanID := e.TraceID, e.SpanID
	if traceID == "" && p.cfg.Span != nil {
		traceID, spanID = p.cfg.Span(c.Context())
	}
	if traceID != "" {
		z = z.Str("trace_id", traceID).Str("span_id", spanID)
	}
	if e.Fields != nil {
		z = e.Fields(z)
	}
	z.Msg(message)
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
