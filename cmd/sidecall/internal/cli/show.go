package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/linker/graph"
)

func (a *app) graphCommand() *cobra.Command {
	t := &target{}
	var process, hosts string
	formats := []string{"text", "svg", "dot", "mermaid", "json"}
	cmd := &cobra.Command{
		Use:   "graph " + targetUse,
		Short: "Show which component gets each import from where",
		Long: `graph prints the links of a composition: who imports what, and who provides it. It prints
what could be linked even if there are errors, which go to standard error. Components of
images have the digest of their bytes.

With -o svg it is a picture that any browser shows, from the left to the right: who calls
whom, and in each component what it has from the host. In pictures the host's interfaces are
grouped by package; --host says otherwise.

With --running it is the composition of a process that runs, as it was linked there. In
a container of a pod that is so by itself: kubectl exec POD -- sidecall graph`,
		Example: `  sidecall graph
  sidecall graph -o svg examples/02-http > shop.svg
  sidecall graph -o svg --host none > calls.svg
  sidecall graph -o dot examples/01-hello | dot -Tsvg > hello.svg
  sidecall graph -o mermaid examples/01-hello
  sidecall graph --running=shop`,
		Args:              noMore(1),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, formats...)
			if err != nil {
				return err
			}
			view, ok := hostViews[hosts]
			if !ok {
				return &usageError{message: fmt.Sprintf("--host %q: there is no such view", hosts), hint: "write packages, all or none"}
			}
			if len(args) == 0 && !cmd.Flags().Changed("running") && a.inContainer() {
				process = anyProcess
			}
			if process != "" {
				if cmd.Flags().Changed("host") {
					return &usageError{message: "graph: --host is not for --running", hint: "leave one of them out"}
				}
				return a.runningGraph(cmd.Context(), process, format, args)
			}
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			r, err := a.link(t)
			if err != nil {
				return err
			}
			if r.Graph != nil {
				err = graphFormats(r.Graph, view)[format](a.stdout)
			}
			a.warn(r.Diagnostics)
			return errors.Join(err, r.Diagnostics.Err())
		},
	}
	t.flags(cmd.Flags())
	cmd.Flags().StringVar(&hosts, "host", "packages", "how pictures show what the host provides: `VIEW` is packages, all (interfaces) or none")
	completeFlag(cmd, "host", "packages", "all", "none")
	cmd.Flags().StringVar(&process, "running", "", "the graph of the `PROCESS` that runs, by its number or composition's name; alone, of the only one")
	cmd.Flags().Lookup("running").NoOptDefVal = anyProcess
	settings.Flags(cmd.Flags(), settings.Control)
	outputFlag(cmd, formats...)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}

// hostViews are what --host takes.
var hostViews = map[string]graph.HostView{"packages": graph.HostPackages, "all": graph.HostInterfaces, "none": graph.HostHidden}

// graphFormats are the ways to print a graph.
func graphFormats(g *graph.Graph, view graph.HostView) map[string]func(io.Writer) error {
	if g == nil {
		return nil
	}
	picture := func(print func(io.Writer, graph.HostView) error) func(io.Writer) error {
		return func(w io.Writer) error { return print(w, view) }
	}
	return map[string]func(io.Writer) error{"text": g.Text, "svg": picture(g.SVG), "dot": picture(g.Dot), "mermaid": picture(g.Mermaid), "json": g.JSON}
}

// runningGraph prints the graph that a process has.
func (a *app) runningGraph(ctx context.Context, process, format string, args []string) error {
	if len(args) > 0 {
		return &usageError{message: fmt.Sprintf("graph: --running and %s are two compositions", args[0]), hint: "to name a process, write --running=PROCESS"}
	}
	c, err := a.process(ctx, process)
	if err != nil {
		return err
	}
	text, err := c.Graph(ctx, format)
	if err != nil {
		return err
	}
	if format == "json" {
		_, err = report.CleanJSON(a.stdout).Write([]byte(text))
		return err
	}
	_, err = io.WriteString(a.stdout, printable.Lines(text, ""))
	return err
}

func (a *app) planCommand() *cobra.Command {
	t := &target{}
	cmd := &cobra.Command{
		Use:   "plan " + targetUse,
		Short: "Show the steps that a composition is compiled to",
		Long: `plan prints what the linker hands to the host: the instances, the core modules, the adapters
between components, and the steps that instantiate them. The same composition always has
the same plan.`,
		Example: `  sidecall plan examples/01-hello
  sidecall plan app.wasm --with logger.wasm | diff - plan.txt`,
		Args:              noMore(1),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			r, err := a.link(t)
			if err != nil {
				return err
			}
			a.warn(r.Diagnostics)
			if err := r.Diagnostics.Err(); err != nil {
				return err
			}
			return r.Plan.Print(a.stdout)
		},
	}
	t.flags(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}
