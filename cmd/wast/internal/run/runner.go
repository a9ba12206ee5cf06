package run

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/compile"
)

// Runner runs scripts. Its fields are not changed while it runs.
type Runner struct {
	// Host configures the engine; its Interfaces are set for each script.
	Host host.Config
	// Compile tells how plans are compiled.
	Compile compile.Options
	// Timeout bounds one command; 0 means 10 seconds.
	Timeout time.Duration
}

// verdict is the outcome of one command.
type verdict struct {
	outcome   report.Outcome
	want, got string
}

var passed = verdict{outcome: report.Pass}

func failed(want, format string, args ...any) verdict {
	return verdict{report.Fail, want, fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) verdict {
	return verdict{report.Skip, "", fmt.Sprintf(format, args...)}
}

// Script runs all commands of a script, or all its vectors.
func (r *Runner) Script(ctx context.Context, s *script.Script) []report.Result {
	if s.Vectors != nil {
		return r.vectors(ctx, s)
	}
	st := newState(r, s)
	defer st.close()
	results := make([]report.Result, 0, len(s.Commands))
	for i := range s.Commands {
		c := &s.Commands[i]
		v := r.guarded(ctx, func(ctx context.Context) verdict { return st.command(ctx, c) })
		results = append(results, report.Result{Suite: s.Suite, Group: st.group(c), Type: c.Type, Script: s.Source, File: s.Path, Line: c.Line,
			Outcome: v.outcome, Want: v.want, Got: v.got})
	}
	return results
}

// guarded runs one command, which may neither panic nor run for ever.
func (r *Runner) guarded(ctx context.Context, command func(context.Context) verdict) (v verdict) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if x := recover(); x != nil {
			v = failed("no panic", "panic: %v\n%s", x, debug.Stack())
		}
	}()
	return command(ctx)
}

// command runs one command.
func (st *state) command(ctx context.Context, c *script.Command) verdict {
	switch c.Type {
	case "module":
		return st.module(ctx, c)
	case "module_definition":
		return st.define(c)
	case "module_instance":
		return st.instance(ctx, c)
	case "assert_return", "assert_trap", "action":
		return st.invoke(ctx, c)
	case "assert_invalid", "assert_malformed":
		return st.assertRejected(c)
	case "assert_unlinkable":
		return st.assertUnlinkable(ctx, c)
	case "assert_uninstantiable":
		return st.assertUninstantiable(ctx, c)
	}
	return skipped("command not supported: %s", c.Type)
}
