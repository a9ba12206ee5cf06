// Command fuzz runs every fuzz target of the repository for its share of some hours, and
// keeps what they find:
//
//	go run ./.ci/fuzz -time 8h -corpus DIR [-run REGEXP] [-parallel N] [-minimise] [-o FILE]
//
// DIR/corpus holds each target's inputs from night to night, DIR/found those that failed.
// It works on a copy of the tree, which stays as it is. For each target it prints its
// executions, the inputs that are new, what its corpus covers of its package, and what
// was found. It exits with 1 if anything was found, and with 2 if it could not run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	total    time.Duration
	store    string // where corpora and findings are kept
	run      *regexp.Regexp
	parallel int
	minimise bool
	report   string // a file for the report as JSON, or ""
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command is main, testable.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	r, err := night(ctx, o, stdout)
	if err == nil {
		r.print(stdout)
		if o.report != "" {
			err = r.write(o.report)
		}
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "fuzz:", err)
		return 2
	case r.Found > 0:
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("fuzz", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "usage: go run ./.ci/fuzz [flags]\n\n"+
			"Runs every fuzz target for its share of a time, and keeps corpora.\n\n"+
			"examples:\n"+
			"  go run ./.ci/fuzz -time 8h -corpus ~/.cache/sidecall-fuzz\n"+
			"  go run ./.ci/fuzz -time 5m -run 'core:FuzzEngines'\n\nflags:\n")
		flags.PrintDefaults()
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	flags.DurationVar(&o.total, "time", time.Hour, "`how long` all targets together may run")
	flags.StringVar(&o.store, "corpus", filepath.Join(cache, "sidecall-fuzz"), "`directory` for corpora and for what is found")
	run := flags.String("run", "", "only targets whose \"folder:name\" this `expression` matches")
	flags.IntVar(&o.parallel, "parallel", 0, "`workers` of each target (default: one for each processor)")
	flags.BoolVar(&o.minimise, "minimise", false, "drop inputs that cover nothing which smaller ones do not; a process for each input")
	flags.StringVar(&o.report, "o", "", "write the report to `FILE` too, as JSON")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	fail := func(format string, args ...any) (options, error) {
		err := fmt.Errorf(format, args...)
		fmt.Fprintln(stderr, "fuzz:", err)
		return o, err
	}
	if flags.NArg() > 0 {
		return fail("unexpected argument %q: targets are chosen by -run", flags.Arg(0))
	}
	if o.total <= 0 {
		return fail("-time must be more than nothing, as in -time 8h")
	}
	if o.run, err = regexp.Compile(*run); err != nil {
		return fail("-run: %v", err)
	}
	if o.store, err = filepath.Abs(o.store); err != nil {
		return fail("-corpus: %v", err)
	}
	return o, nil
}

// night runs the targets one after the other.
func night(ctx context.Context, o options, log io.Writer) (*report, error) {
	t, err := copyTree(ctx)
	if err != nil {
		return nil, err
	}
	defer t.remove()
	targets, err := t.targets(o.run)
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("no target matches %q", o.run)
	}
	share := o.total / time.Duration(len(targets))
	fmt.Fprintf(log, "%d targets, %v each\n", len(targets), share.Round(time.Second))
	r := &report{covered: map[string]block{}}
	for _, target := range targets {
		if ctx.Err() != nil {
			break // what has been done so far is reported
		}
		res := t.fuzz(ctx, target, share, o)
		if ctx.Err() == nil {
			if err := t.cover(ctx, target, o, &res, r.covered); err != nil && ctx.Err() == nil {
				res.Failure = err.Error()
			}
		}
		r.add(res)
		fmt.Fprintln(log, res)
	}
	return r, nil
}
