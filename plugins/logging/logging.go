package logging

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Plugin is wasi:logging with where it logs to.
type Plugin struct {
	log  *zerolog.Logger
	span func(context.Context) (traceID, spanID string)
}

// New makes a Plugin which writes to log, with the fields composition, component and context, and
// trace_id and span_id if span, which may be nil, knows them. If log is nil, each entry is a line on
// the component's standard error.
func New(log *zerolog.Logger, span func(context.Context) (traceID, spanID string)) *Plugin {
	return &Plugin{log, span}
}

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
	if p.log == nil {
		return value.Value{}, writeLine(c, level.name, topic, message)
	}
	e := p.log.WithLevel(level.level).Str("composition", c.Composition()).Str("component", c.Component().Name)
	if topic != "" {
		e = e.Str("context", topic)
	}
	if p.span != nil {
		if traceID, spanID := p.span(c.Context()); traceID != "" {
			e = e.Str("trace_id", traceID).Str("span_id", spanID)
		}
	}
	e.Msg(message)
	return value.Value{}, nil
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
