package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
)

func (a *app) checkCommand() *cobra.Command {
	t := &target{}
	cmd := &cobra.Command{
		Use:   "check " + targetUse,
		Short: "Say everything that is wrong with a composition",
		Long: `check reads and links a composition without running it, and prints all errors, warnings
and notes. Its exit code is 3 if the manifest is wrong, 4 if the components do not fit.`,
		Example: `  sidecall check                      # the manifest in this directory
  sidecall check app.wasm --with logger.wasm
  sidecall check -o json | jq .ok`,
		Args:              noMore(1),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
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
			if r.Manifest != nil && t.ref == "" { // what a stranger names is not looked for
				r.Diagnostics = append(r.Diagnostics, missingDirectories(r.Manifest, diag.Warning)...)
				r.Diagnostics.Sort()
			}
			if r.Plan != nil {
				a.fits(r)
			}
			if format == "json" {
				err = report.DiagnosticsJSON(a.stdout, r.Diagnostics)
			} else {
				err = a.checked(r.Diagnostics)
			}
			if err != nil {
				return err
			}
			return statusOf(r.Diagnostics)
		},
	}
	t.flags(cmd.Flags())
	outputFlag(cmd, "text", "json")
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}

// fits warns if this machine, or the control group of this process, is too small for what was
// linked: it may be run elsewhere.
func (a *app) fits(r *linker.Result) {
	if err := host.Fits(r.Plan, a.hostConfig()); err != nil {
		r.Diagnostics.Add(diag.Diagnostic{Severity: diag.Warning, Stage: diag.Link, Message: "it cannot run here: " + err.Error()})
	}
}

// checked prints the diagnostics, to standard output as they are the answer, and a
// line that sums up.
func (a *app) checked(list diag.List) error {
	style := report.StyleFor(a.stdout, a.settings.Color, getenv)
	shown := list
	if a.settings.Quiet {
		shown = list.Errors()
	}
	if err := report.Diagnostics(a.stdout, style, shown); err != nil {
		return err
	}
	if a.settings.Quiet {
		return nil
	}
	summary := "ok"
	if errors := len(list.Errors()); errors > 0 {
		summary = count(errors, "error")
	}
	if warnings := len(list.Warnings()); warnings > 0 {
		summary += ", " + count(warnings, "warning")
	}
	_, err := fmt.Fprintln(a.stdout, summary)
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// statusOf is the exit code for diagnostics that have been printed already.
func statusOf(list diag.List) error {
	switch {
	case !list.HasErrors():
		return nil
	case list.Stage() == diag.Manifest:
		return &statusError{exitManifest}
	}
	return &statusError{exitLink}
}
