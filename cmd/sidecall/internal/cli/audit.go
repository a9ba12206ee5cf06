package cli

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/grants"
	"github.com/sidecall/sidecall/linker/audit"
)

func (a *app) auditCommand() *cobra.Command {
	t := &target{}
	var diff bool
	cmd := &cobra.Command{
		Use:   "audit " + targetUse + " | audit --diff OLD NEW",
		Short: "Show what each component can reach, and through whom",
		Long: `audit tells for each component what it can reach: directories, hosts, sockets, buckets, the
names of its configuration and variables, and what needs no grant. What it reaches only
through a component that it calls stands below that call. Ways to pass data that are no
calls, such as a bucket that two components use, stand at the end. Of an image it tells what
was granted, and what it asks for.

With --diff it tells what grew (+) and shrank (-) from one composition to another; of images,
as if they had all that they ask for. The exit code is 1 if anything grew, 0 if not, and 2 or
more if there was an error. docs/audit.md says what is compared, and has the JSON form.`,
		Example: `  sidecall audit
  sidecall audit --diff v1.yaml v2.yaml
  sidecall audit ghcr.io/acme/orders:2 --allow outboundHosts=https://api.example.com
  sidecall audit -o json | jq '.components[] | select(.reach[].kind == "outboundHosts") | .name'`,
		Args:              noMore(2),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			if diff {
				return a.auditDiff(t, args, format)
			}
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			r, err := a.audit(t, false)
			if err != nil {
				return err
			}
			if format == "json" {
				return a.printJSON(r)
			}
			return r.Text(a.stdout)
		},
	}
	t.flags(cmd.Flags())
	cmd.Flags().StringArrayVar(&t.allow, "allow", nil, "grant an image `KIND=VALUE` of what it asks for, or all, or none; may be repeated")
	cmd.Flags().BoolVar(&diff, "diff", false, "tell what grew and what shrank from OLD to NEW")
	outputFlag(cmd, "text", "json")
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}

// audit links the target and tells what it reaches. Of an image's requests only those count
// that are granted, by a flag or before, unless all are to.
func (a *app) audit(t *target, all bool) (*audit.Report, error) {
	m, problems, err := a.load(t)
	if err != nil {
		return nil, err
	}
	var asks []audit.Ask
	if t.ref != "" && t.own == "" && !all && !problems.HasErrors() {
		allowed, err := grants.Parse(t.allow)
		if err != nil {
			return nil, grantsError(err)
		}
		out, open, err := allowed.Decide(m, nil, grants.OpenMemory().Granted(t.digest))
		if err != nil {
			return nil, grantsError(err)
		}
		has := grants.Of(out)
		for _, r := range grants.Of(m) {
			granted := !slices.Contains(open, r) && slices.ContainsFunc(has, func(h grants.Request) bool {
				return h.Component == r.Component && h.Kind == r.Kind && (h.Value == r.Value || r.Kind == grants.Files)
			})
			asks = append(asks, audit.Ask{Component: r.Component, Allow: r.Flag(), Means: r.Means, Granted: granted})
		}
		t.loaded.manifest = out
	}
	r, err := a.link(t)
	if err != nil {
		return nil, err
	}
	if err := r.Diagnostics.Err(); err != nil {
		return nil, err
	}
	report, err := audit.Of(r.Graph)
	if err != nil {
		return nil, err
	}
	report.Asks = asks
	return report, nil
}

func (a *app) auditDiff(t *target, args []string, format string) error {
	if len(args) != 2 {
		return &usageError{message: "audit: --diff compares two compositions", hint: "write sidecall audit --diff OLD NEW"}
	}
	if len(t.with) > 0 || len(t.allow) > 0 || t.own != "" {
		return &usageError{message: "audit: --with, --allow and --manifest are for one composition, and --diff compares two",
			hint: "write a manifest for each"}
	}
	var reports [2]*audit.Report
	for i := range reports {
		one := *t
		one.path = args[i]
		r, err := a.audit(&one, true)
		if err != nil {
			return a.notCompared(err)
		}
		reports[i] = r
	}
	d := audit.Compare(reports[0], reports[1])
	err := error(nil)
	if format == "json" {
		err = a.printJSON(d)
	} else {
		err = d.Text(a.stdout)
	}
	switch {
	case err != nil:
		return a.notCompared(err)
	case d.Grew:
		return &statusError{exitFailure}
	}
	return nil
}

// notCompared reports an error by a code that does not say that something grew.
func (a *app) notCompared(err error) error {
	var status *statusError
	if errors.As(err, &status) {
		return err
	}
	return &statusError{max(a.finish(err), exitUsage)}
}
