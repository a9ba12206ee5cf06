package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/plan"
)

func (a *app) runCommand() *cobra.Command {
	t := &target{}
	cmd := &cobra.Command{
		Use:   "run " + targetUse + " [-- ARGUMENT...]",
		Short: "Run a composition's command",
		Long: `run links a composition and calls wasi:cli/run of its main component, with sidecall's own
standard streams. A component file needs no manifest: the sidecars are named by --with.

The guest is given nothing but what the manifest allows, and what --env and --dir allow
the main component. The manifest of an image only asks for files, hosts and the like; you
grant by --allow, by a --manifest of your own, or at the terminal, where the answer is
remembered for this image.

The guest's exit code is sidecall's. Else it is 1 if running failed, 2 for a wrong command
line or an image that asks for what is not granted, 3 for a wrong manifest, 4 if components
do not fit together, 124 after --timeout, 130 after Ctrl-C, and 134 if the guest trapped.`,
		Example: `  sidecall run                                  # the composition in this directory
  sidecall run examples/01-hello -- Ada Grace   # with arguments for the guest
  sidecall run app.wasm --with logger.wasm      # without a manifest
  sidecall run app.wasm --dir ./data::/data::ro --env LOG_LEVEL=debug --timeout 10s
  sidecall run ghcr.io/acme/report:1.0 --allow files=./data::/data::ro --set LANG
  sidecall run ghcr.io/acme/report:1.0 --manifest my-report.yaml`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			r, err := a.linkToRun(t)
			if err != nil {
				return err
			}
			return a.runPlan(r)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	t.flags(flags)
	t.grantFlags(flags)
	settings.Flags(flags, settings.Timeout, settings.Engine, settings.MaxMemory, settings.KeyValue, settings.CacheDir, settings.CacheSize, settings.NoCache, settings.Control)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	_ = cmd.MarkFlagDirname(settings.CacheDir)
	_ = cmd.MarkFlagDirname(settings.KeyValue)
	return cmd
}

// runPlan compiles a linked composition, runs its command and cleans up.
func (a *app) runPlan(r *linker.Result) (err error) {
	p := r.Plan
	command, err := findCommand(p)
	if err != nil {
		return err
	}
	ctx, stop := a.untilTimeout("the guest")
	defer stop()

	start := time.Now()
	c, err := a.compile(ctx, p)
	a.took("compiled", start)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	defer limitHeap(c)()
	_, unwatch := a.watched(c, r, "run")
	defer unwatch()

	start = time.Now()
	inst, err := c.Instantiate(ctx, host.InstanceOptions{Stdio: host.Stdio{In: a.stdin, Out: a.stdout, Err: a.stderr, Until: ctx}})
	a.took("instantiated", start)
	if err != nil {
		return interrupted(ctx, err)
	}
	start = time.Now()
	result, err := inst.Call(ctx, command, "run")
	a.took("ran", start)
	// Closing has a context of its own: the guest's destructors run even after Ctrl-C.
	closeErr := inst.Close(context.WithoutCancel(ctx))
	if a.drainLog != nil {
		_ = a.drainLog(ctx) // who cannot be told more needs no error
	}
	if err != nil {
		return interrupted(ctx, err)
	}
	if closeErr != nil {
		return closeErr
	}
	if result.Case() != 0 {
		return &statusError{exitFailure}
	}
	return nil
}

// untilTimeout is done when a signal or --timeout ends what.
func (a *app) untilTimeout(what string) (context.Context, func()) {
	ctx, stop := a.untilSignal(context.Background())
	if a.settings.Timeout == 0 {
		return ctx, stop
	}
	ctx, cancel := context.WithTimeoutCause(ctx, a.settings.Timeout, fmt.Errorf("%w: %s was ended after %s", errTimeout, what, a.settings.Timeout))
	return ctx, func() {
		cancel()
		stop()
	}
}

func (a *app) took(what string, start time.Time) {
	a.log.Debug().TimeDiff("took", time.Now(), start).Msg(what)
}

// findCommand returns the name of the exported interface wasi:cli/run, any 0.2.
func findCommand(p *plan.Plan) (string, error) {
	for _, e := range p.Exports {
		if name, version, _ := strings.Cut(e.Interface, "@"); name == "wasi:cli/run" && e.Name == "run" && strings.HasPrefix(version, "0.2.") {
			return e.Interface, nil
		}
	}
	hint := "build it as a command (a main function, in most languages), or make the component that has one the main component"
	if _, err := findHandler(p); err == nil {
		hint = "it answers requests; to serve it, write: sidecall serve"
	}
	return "", notExported(p, "the main component is not a command: it does not export wasi:cli/run@0.2.x", hint)
}

func (a *app) hostConfig() host.Config {
	cfg := host.Config{
		Interfaces: a.hostInterfaces(),
		CacheDir:   a.cacheDir(),
		CacheSeed:  a.cacheSeed,
		MaxMemory:  a.settings.MaxMemory,
		Tracer:     a.observed.tracer(),
		Refused:    a.refused,
		Log:        a.log,
		Budget:     a.budget,
	}
	if a.settings.Engine != "auto" {
		cfg.Engine = a.settings.Engine
	}
	return cfg
}

func (a *app) compile(ctx context.Context, p *plan.Plan) (*host.Composition, error) {
	defer a.progress("compiling " + p.Name)()
	defer limitHeapAlone()()
	cfg := a.hostConfig()
	cfg.CacheKept = a.noted(cfg.CacheDir, p.Name)
	defer a.tidyCache()
	c, err := host.Compile(ctx, p, cfg)
	if err == nil && a.compiled != nil {
		a.compiled(c)
	}
	if err != nil && ctx.Err() != nil && errors.Is(context.Cause(ctx), errTimeout) {
		err = fmt.Errorf("%w: %s was not compiled after %s", errTimeout, p.Name, a.settings.Timeout)
	}
	return c, err
}

// cacheDir is where compiled code is kept; empty is nowhere.
func (a *app) cacheDir() string {
	if a.settings.NoCache {
		return ""
	}
	dir, err := a.cacheRoot()
	if err != nil {
		a.log.Info().Err(err).Msg("compiled code is not cached")
		return ""
	}
	return dir
}

// interrupted replaces what the host says of an ended call by why it was ended.
func interrupted(ctx context.Context, err error) error {
	var exit *host.ExitError
	if errors.As(err, &exit) {
		if exit.Code == 0 {
			return nil
		}
		return &statusError{exit.Code}
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}
