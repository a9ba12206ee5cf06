package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
	wasiio "github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/shim/pod"
)

// app is one run of the command line.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	settings *settings.Settings
	style    report.Style // of standard error
	log      zerolog.Logger

	interfaces []*host.Interface // see hostInterfaces
	observed   *observation      // nil for commands that nobody observes
	guests     *guestLogs        // of serve, nil for other commands

	errorsOnce sync.Once
	errorSink  *wasiio.Sink                // see errors
	drainLog   func(context.Context) error // if not nil, waits until what guests logged is written

	variables func(name string) (string, bool) // for ${VAR} in manifests

	asking    string // the image that runs, if what it is granted is for who runs it to say
	contained bool   // a container is what the guests see of the machine
	cacheSeed string // see host.Config
	bounds    bool   // whether --cache-size is kept, see tidyCache
	tidy      tidying
	// budget is what compositions may have, nil for what the process has.
	budget *budget.Process
	narrow pod.Narrow // what is not honoured of manifests

	linked   func(*linker.Result)    // if not nil, is told what has been linked, before anybody else
	compiled func(*host.Composition) // if not nil, is told what has been compiled
}

// Main runs sidecall with the process's arguments (without the program's name) and
// standard streams, and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(stdin, stdout, stderr)
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	code := a.finish(root.Execute())
	a.endTidying()
	return code
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{stdin: stdin, stdout: stdout, stderr: stderr,
		settings: &settings.Settings{}, style: report.StyleFor(stderr, "auto", os.Getenv), log: zerolog.Nop(), variables: os.LookupEnv}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:                   "sidecall COMMAND [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Run WebAssembly components, linked in one process",
		Long: `sidecall links WebAssembly components by the WIT interfaces that they import and
export, and runs them in one process: what used to be a sidecar becomes a function call.

Settings come from flags, from the environment (` + settings.EnvName(settings.LogLevel) + ` and so on), and from
config.yaml in the folder sidecall of the user's configuration directory, in this order.`,
		Example: `  sidecall run                                  # the composition in this directory
  sidecall run app.wasm --with logger.wasm      # two components, no manifest
  sidecall check examples/01-hello              # what is wrong with it, all at once`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if asked, _ := cmd.Flags().GetBool("version"); asked {
				return a.version("text")
			}
			if len(args) == 0 {
				cmd.SetOut(a.stderr)
				_ = cmd.Help()
				return &statusError{exitUsage}
			}
			return unknownCommand(cmd, args[0])
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.configure(cmd) },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(a.flagError)
	root.SetHelpCommand(helpCommand(root))
	root.SetUsageFunc(usage)

	root.Flags().Bool("version", false, "say which version this is, as sidecall version does")
	flags := root.PersistentFlags()
	flags.SortFlags, root.Flags().SortFlags = false, false
	settings.Flags(flags, settings.Quiet, settings.Color, settings.LogLevel, settings.LogFormat)
	flags.StringP("directory", "C", "", "change to `DIR` first")
	flags.String(settings.ConfigFlag, "", "read configuration `FILE` instead of the user's")

	root.AddGroup(&cobra.Group{ID: "use", Title: "Compositions:"}, &cobra.Group{ID: "running", Title: "What runs:"}, &cobra.Group{ID: "look", Title: "Components and sidecall itself:"})
	for _, c := range []*cobra.Command{a.runCommand(), a.serveCommand(), a.checkCommand(), a.graphCommand(), a.whyCommand(), a.auditCommand(), a.planCommand()} {
		c.GroupID = "use"
		root.AddCommand(c)
	}
	for _, c := range []*cobra.Command{a.psCommand(), a.topCommand(), a.callCommand(), a.drainCommand()} {
		c.GroupID = "running"
		root.AddCommand(c)
	}
	for _, c := range []*cobra.Command{a.cacheCommand(), a.inspectCommand(), a.schemaCommand(), a.versionCommand(), a.completionCommand()} {
		c.GroupID = "look"
		root.AddCommand(c)
	}
	a.addImageCommands(root)
	for _, c := range append(root.Commands(), root) {
		completeChoices(c)
	}
	return root
}

// configure applies what every command shares, before the command itself runs.
func (a *app) configure(cmd *cobra.Command) error {
	if dir, _ := cmd.Flags().GetString("directory"); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return &usageError{message: "-C: " + plainError(err)}
		}
	}
	s, problems := settings.Load(cmd.Flags(), os.Environ())
	a.settings = s
	a.bounds = cmd.Flags().Lookup(settings.CacheSize) != nil
	a.style = report.StyleFor(a.stderr, s.Color, os.Getenv)
	if problems.HasErrors() {
		return &configError{problems}
	}
	a.log = newLogger(s, a.stderr)
	// Some of what other hosts do wrong net/http tells nobody but Go's standard log.
	stdlog.SetFlags(0)
	stdlog.SetOutput(warnings{a.log})
	return nil
}

// warnings is a log as a Writer of lines.
type warnings struct{ log zerolog.Logger }

func (w warnings) Write(line []byte) (int, error) {
	w.log.Warn().Msg(strings.TrimRight(string(line), "\n"))
	return len(line), nil
}

func newLogger(s *settings.Settings, w io.Writer) zerolog.Logger { return newLoggerBy(s, w, w) }

// newLoggerBy makes a log in the form that is right for to, but writes it by w.
func newLoggerBy(s *settings.Settings, to, w io.Writer) zerolog.Logger {
	if s.LogLevel == zerolog.Disabled {
		return zerolog.Nop()
	}
	if s.LogFormat == "text" || s.LogFormat == "auto" && report.IsTerminal(to) {
		style := report.StyleFor(to, s.Color, os.Getenv)
		w = zerolog.ConsoleWriter{Out: w, NoColor: !style.Color, TimeFormat: "15:04:05.000", FormatPrepare: report.CleanEvent}
	} else {
		w = report.CleanJSON(w)
	}
	// Zerolog's own timestamp has no milliseconds, but for a variable of its package.
	return zerolog.New(w).Level(s.LogLevel).Hook(zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) {
		e.Str(zerolog.TimestampFieldName, time.Now().Format(logTime))
	}))
}

// logTime is RFC 3339 with milliseconds.
const logTime = "2006-01-02T15:04:05.000Z07:00"

// unknownCommand says which command was probably meant.
func unknownCommand(root *cobra.Command, name string) error {
	out := &usageError{message: fmt.Sprintf("unknown command %q", name), hint: "see sidecall --help"}
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	if near, ok := diag.Similar(name, names); ok {
		out.hint = fmt.Sprintf("did you mean sidecall %s?", near)
	} else if _, err := os.Stat(name); err == nil || strings.HasSuffix(name, ".wasm") {
		out.hint = "to run it, write: sidecall run " + name
	}
	return out
}

// helpCommand is cobra's, but for an unknown command, which is an error like any other.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Show the help of a command",
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, strings.Join(args, " "))
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// completeChoices offers the values of flags that have only a few.
func completeChoices(c *cobra.Command) {
	for _, fs := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
		fs.VisitAll(func(f *pflag.Flag) {
			if choices := settings.Choices(f.Name); choices != nil {
				_ = c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
			}
		})
	}
}

// outputFormat is the -o of a command that can print in some formats, the first one
// unless the user says otherwise.
func (a *app) outputFormat(cmd *cobra.Command, formats ...string) (string, error) {
	if slices.Contains(formats, a.settings.Output) {
		return a.settings.Output, nil
	}
	return "", &usageError{message: fmt.Sprintf("%s does not print %q", cmd.Name(), a.settings.Output),
		hint: "it prints " + strings.Join(formats, ", ")}
}

// noMore refuses positional arguments beyond max.
func noMore(max int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= max {
			return nil
		}
		return &usageError{message: fmt.Sprintf("%s: unexpected argument %q", cmd.Name(), args[max]),
			hint: "usage: " + cmd.UseLine()}
	}
}

// plainError leaves out the operation that a failed file access begins with.
func plainError(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Path + ": " + p.Err.Error()
	}
	return err.Error()
}
