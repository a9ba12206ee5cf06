package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table prints suite × group × type of command, then the reasons of skips, the
// expected failures and every failure.
func (r *Report) Table(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "suite\tgroup\tcommand\tpass\tfail\tskip")
	var all Counts
	for _, suite := range keys(r.Counts) {
		for _, group := range keys(r.Counts[suite]) {
			types := r.Counts[suite][group]
			var sum Counts
			for _, typ := range keys(types) {
				c := types[typ]
				fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\t%d\n", suite, group, typ, c.Pass, c.Fail, c.Skip)
				sum.Pass, sum.Fail, sum.Skip = sum.Pass+c.Pass, sum.Fail+c.Fail, sum.Skip+c.Skip
			}
			if len(types) > 1 {
				fmt.Fprintf(tw, "%s\t%s\ttotal\t%d\t%d\t%d\n", suite, group, sum.Pass, sum.Fail, sum.Skip)
			}
			all.Pass, all.Fail, all.Skip = all.Pass+sum.Pass, all.Fail+sum.Fail, all.Skip+sum.Skip
		}
	}
	fmt.Fprintf(tw, "total\t\t\t%d\t%d\t%d\n", all.Pass, all.Fail, all.Skip)
	if err := tw.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	if len(r.Skipped) > 0 {
		b.WriteString("\nskipped:\n")
		for _, k := range keys(r.Skipped) {
			fmt.Fprintf(&b, "  %5d  %s\n", r.Skipped[k], k)
		}
	}
	if len(r.Expected) > 0 {
		b.WriteString("\nexpected failures:\n")
		for _, f := range r.Expected {
			fmt.Fprintf(&b, "  %s: %s\n", f.Key(), f.Got)
		}
	}
	if len(r.Failures) > 0 {
		b.WriteString("\nfailures:\n")
		for _, f := range r.Failures {
			fmt.Fprintf(&b, "  %s:%d: %s (group %s)\n    want %s\n    got  %s\n", f.File, f.Line, f.Type, f.Group, indent(f.Want), indent(f.Got))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(s string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n         ")
}

// failure is a failure as the JSON report has it.
type failure struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Type string `json:"type"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// JSON writes the report: counts by suite, group and type, and the failures.
func (r *Report) JSON(w io.Writer) error {
	out := map[string]any{}
	for suite, groups := range r.Counts {
		out[suite] = groups
	}
	failures := []failure{}
	for _, f := range r.Failures {
		failures = append(failures, failure{f.File, f.Line, f.Type, f.Want, f.Got})
	}
	out["failures"] = failures
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
