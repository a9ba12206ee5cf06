package cli

import (
	"context"
	stdio "io"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func stdin() *host.Interface {
	return wit.Implement("wasi:cli/stdin", map[string]host.Func{"get-stdin": getStdin})
}

func stdout() *host.Interface {
	return wit.Implement("wasi:cli/stdout", map[string]host.Func{"get-stdout": getStdout})
}

func stderr() *host.Interface {
	return wit.Implement("wasi:cli/stderr", map[string]host.Func{"get-stderr": getStderr})
}

// The keys of a component's standard streams. All handles of one stream share what
// is behind it: what one has read, the other does not see.
type (
	stdinKey  struct{}
	stdoutKey struct{}
	stderrKey struct{}
)

func getStdin(c *host.Call, _ []value.Value) (value.Value, error) {
	s := c.State(stdinKey{}, func() any { return io.NewSource(c.Stdio().In) }).(*io.Source)
	return io.OwnInput(c, sharedInput{s}), nil
}

func getStdout(c *host.Call, _ []value.Value) (value.Value, error) {
	s := c.State(stdoutKey{}, func() any { return newOutput(c, c.Stdio().Out) }).(output)
	return io.OwnOutput(c, sharedOutput{s.Sink}), nil
}

func getStderr(c *host.Call, _ []value.Value) (value.Value, error) {
	s := c.State(stderrKey{}, func() any { return newOutput(c, c.Stdio().Err) }).(output)
	return io.OwnOutput(c, sharedOutput{s.Sink}), nil
}

// sharedInput is standard input as one handle has it: dropping it closes nothing.
type sharedInput struct{ *io.Source }

func (sharedInput) Close() error { return nil }

// output is standard output or error.
type output struct {
	*io.Sink
	until context.Context
}

func newOutput(c *host.Call, w stdio.Writer) output {
	until := c.Stdio().Until
	if until == nil {
		until = ended
	}
	return output{io.NewSink(w), until}
}

// ended is a context that is done.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// closePatience is how long the end of an instance waits for a reader of standard
// output that does not read, after the time that it was told to. What the guest has
// flushed was written before.
const closePatience = time.Second

// Close waits for what the guest has written and not flushed. If that fails, the
// guest did not ask to be told.
func (o output) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := context.AfterFunc(o.until, func() {
		select {
		case <-time.After(closePatience):
			cancel()
		case <-ctx.Done():
		}
	})
	defer stop()
	_ = o.Drain(ctx)
	return nil
}

// sharedOutput is a standard stream as one handle has it: dropping it closes nothing.
type sharedOutput struct{ *io.Sink }

func (sharedOutput) Close() error { return nil }
