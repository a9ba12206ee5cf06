package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components/printable"
)

func (a *app) callCommand() *cobra.Command {
	var process string
	t := &target{}
	cmd := &cobra.Command{
		Use:   "call [flags] [FILE | DIRECTORY | IMAGE] [FUNCTION [ARGUMENT...]]",
		Short: "Call a function of a composition",
		Long: `call makes a fresh instance of a composition, calls one of its exported functions, and
closes the instance. It prints the result; what the guest writes goes to standard output
and error. Without FUNCTION it lists what can be called.

Of a FILE, DIRECTORY or IMAGE it is linked as for sidecall run, with the same grants.
Without one, a process that runs a composition does it: nothing else that runs in it is
touched, but for components that the manifest makes singletons.

FUNCTION is a name as the list has it, or enough of it: the package, the version, or all
but the function's own name may be left out. Arguments are values in the syntax of WAVE:
1, -1.5, true, 'c', "text", [1, 2], (1, "b"), {name: "x"}, some(1), none, ok(1), err("x"),
and cases, enums and {flags} by their names. They come one by one, where a string may do
without its quotes, or all in parentheses behind the function's name. With -o json they
are in JSON, and so is the result.

The exit code is that of sidecall run: 134 for a trap, 124 after --timeout.`,
		Example: `  sidecall call ./limits.wasm 'allow("bob")'
  sidecall call ghcr.io/acme/limits:1.0
  sidecall call
  sidecall call 'price("apple", 3)'
  sidecall call --process shop acme:shop/orders#get 17
  sidecall call -o json orders#find '{"name":"apple"}'
  kubectl exec POD -- sidecall call orders#get 17`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			if at := cmd.ArgsLenAtDash(); at < 0 && len(args) > 0 && isCallTarget(args[0]) {
				t.path = args[0]
				return a.callTarget(t, args[1:], format)
			}
			if err := t.noFlags(cmd); err != nil {
				return err
			}
			if a.settings.Timeout > control.MaxTimeout {
				return &usageError{message: fmt.Sprintf("--timeout: %s is too long", a.settings.Timeout), hint: "the most is " + control.MaxTimeout.String()}
			}
			c, err := a.process(cmd.Context(), process)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return a.listFunctions(cmd.Context(), c, format)
			}
			return a.call(cmd.Context(), c, callRequest(args, format == "json", a.settings.Timeout))
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.SetInterspersed(false) // -1 is an argument of the function
	flags.StringVar(&process, "process", anyProcess, "the `PROCESS` by its number or composition's name, where several run")
	settings.Flags(flags, settings.Timeout, settings.Control)
	outputFlag(cmd, "text", "json")
	t.flags(flags)
	t.grantFlags(flags)
	settings.Flags(flags, callTargetSettings...)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	_ = cmd.MarkFlagDirname(settings.CacheDir)
	_ = cmd.MarkFlagDirname(settings.KeyValue)
	return cmd
}

// callRequest makes a request of a command line.
func callRequest(args []string, json bool, timeout time.Duration) control.CallRequest {
	r := control.CallRequest{Function: args[0], Args: args[1:], JSON: json, Timeout: timeout.Milliseconds()}
	if timeout > 0 && r.Timeout == 0 {
		r.Timeout = 1
	}
	if name, ok := strings.CutSuffix(args[0], "()"); ok && len(args) == 1 {
		r.Function = name // so in JSON too
		return r
	}
	if name, rest, ok := strings.Cut(args[0], "("); ok && len(args) == 1 && strings.HasSuffix(rest, ")") && !json {
		r.Function, r.Args, r.Whole = name, []string{strings.TrimSuffix(rest, ")")}, true
	}
	return r
}

func (a *app) call(ctx context.Context, c *control.Client, r control.CallRequest) error {
	reply, err := c.Call(ctx, r)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(a.stdout, forTerminal(a.stdout, reply.Stdout)); err != nil {
		return err
	}
	if _, err := io.WriteString(a.stderr, forTerminal(a.stderr, reply.Stderr)+printable.Lines(reply.Message, "")); err != nil {
		return err
	}
	if reply.Exit != 0 {
		return &statusError{reply.Exit}
	}
	if reply.Result == "" {
		return nil
	}
	_, err = report.CleanJSON(a.stdout).Write([]byte(reply.Result + "\n"))
	return err
}

// forTerminal is what a guest of another process has printed: a program or a file gets it
// as it is, a terminal what can be shown of it.
func forTerminal(w io.Writer, text string) string {
	if report.IsTerminal(w) {
		return printable.Lines(text, "")
	}
	return text
}

func (a *app) listFunctions(ctx context.Context, c *control.Client, format string) error {
	fs, err := c.Functions(ctx)
	if err != nil {
		return err
	}
	return a.printFunctions(fs, format)
}

func (a *app) printFunctions(fs []control.Function, format string) error {
	if format == "json" {
		return a.printJSON(fs)
	}
	var b strings.Builder
	for _, f := range fs {
		fmt.Fprintf(&b, "%s: %s\n", printable.Text(f.Name), printable.Text(f.Type))
		if f.Why != "" {
			fmt.Fprintf(&b, "  cannot be called: %s\n", printable.Text(f.Why))
		}
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}
