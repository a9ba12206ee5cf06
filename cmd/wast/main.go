// Command wast runs test scripts of the Component Model that were converted to
// JSON, and reports what did not happen as they say.
//
//	go run ./cmd/wast [-engine compiler|interpreter] [-fuse auto|off] [-report FILE] [-expected FILE] DIR…
//
// It exits with 1 if anything unexpected happened, and with 2 if it could not run.
//
// In: directories of scripts. Out: a table, a JSON report. Next: nothing.
// Must not import: plugins.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/run"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/compile"
)

//go:embed expected.txt
var expectedText string

// expectedName is how messages call the built-in file of expected failures.
const expectedName = "cmd/wast/expected.txt"

// fuseOption is the meaning of a value of -fuse.
func fuseOption(name string) (fuse compile.Fuse, ok bool) {
	switch name {
	case "auto":
		return compile.FuseAuto, true
	case "off":
		return compile.FuseOff, true
	}
	return 0, false
}

func main() { os.Exit(command(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

// command is main, testable.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("wast", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: wast [flags] DIR…\n\nRuns the test scripts (*.json) under the directories.\n\nflags:")
		flags.PrintDefaults()
	}
	engine := flags.String("engine", "compiler", "`engine` to run core modules on: compiler or interpreter")
	fuse := flags.String("fuse", "auto", "`which` calls between components become generated code: auto or off")
	reportFile := flags.String("report", "", "write the counts and failures to `FILE`, as JSON")
	expectedFile := flags.String("expected", "", "read the expected failures from `FILE` (default: those built in)")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if *engine != "compiler" && *engine != "interpreter" {
		fmt.Fprintf(stderr, "wast: unknown engine %q: it is compiler or interpreter\n", *engine)
		return 2
	}
	calls, ok := fuseOption(*fuse)
	if !ok {
		fmt.Fprintf(stderr, "wast: unknown -fuse %q: it is auto or off\n", *fuse)
		return 2
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	r, err := execute(ctx, flags.Args(), *engine, calls, *expectedFile)
	if err == nil {
		err = r.Table(stdout)
	}
	if err == nil && *reportFile != "" {
		err = writeReport(r, *reportFile)
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "wast:", err)
		return 2
	case !r.OK():
		return 1
	}
	return 0
}

// execute runs all scripts under the directories.
func execute(ctx context.Context, dirs []string, engine string, fuse compile.Fuse, expectedFile string) (*report.Report, error) {
	name, text := expectedName, expectedText
	if expectedFile != "" {
		b, err := os.ReadFile(expectedFile)
		if err != nil {
			return nil, err
		}
		name, text = expectedFile, string(b)
	}
	expected, err := report.ParseExpected(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	scripts, err := script.Find(dirs)
	if err != nil {
		return nil, err
	}
	if len(scripts) == 0 {
		return nil, fmt.Errorf("there are no scripts under %s", strings.Join(dirs, ", "))
	}
	// Some scripts make memories of 4 GiB, which cost nothing until they are used.
	chosen := engine
	if engine == "compiler" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") {
		chosen = "" // as users have it: what it gets wrong is interpreted
	}
	runner := &run.Runner{Host: host.Config{Engine: chosen, MaxMemory: 16 << 30}, Compile: compile.Options{Fuse: fuse}}
	var results []report.Result
	for _, s := range scripts {
		results = append(results, runner.Script(ctx, s)...)
	}
	return report.New(results, expected, engine, name), nil
}

func writeReport(r *report.Report, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(r.JSON(f), f.Close())
}
