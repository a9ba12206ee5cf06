package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
)

func (a *app) graphCommand() *cobra.Command {
	t := &target{}
	formats := []string{"text", "dot", "mermaid", "json"}
	cmd := &cobra.Command{
		Use:   "graph " + targetUse,
		Short: "Show which component gets each import from where",
		Long: `graph prints the links of a composition: who imports what, and who provides it. It prints
what could be linked even if there are errors, which go to standard error.`,
		Example: `  sidecall graph
  sidecall graph -o dot examples/01-hello | dot -Tsvg > hello.svg
  sidecall graph -o mermaid examples/01-hello`,
		Args:              noMore(1),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, formats...)
			if err != nil {
				return err
			}
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			r, err := a.link(t)
			if err != nil {
				return err
			}
			if r.Graph != nil {
				switch format {
				case "text":
					err = r.Graph.Text(a.stdout)
				case "dot":
					err = r.Graph.Dot(a.stdout)
				case "mermaid":
					err = r.Graph.Mermaid(a.stdout)
				case "json":
					err = r.Graph.JSON(a.stdout)
				}
			}
			a.warn(r.Diagnostics)
			return errors.Join(err, r.Diagnostics.Err())
		},
	}
	t.flags(cmd.Flags())
	settings.Flags(cmd.Flags(), settings.Output)
	completeFlag(cmd, settings.Output, formats...)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
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
