package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
)

// report is what came of a night.
type report struct {
	Seconds    float64  `json:"seconds"`
	Executions int64    `json:"executions"`
	Found      int      `json:"found"`
	Targets    []result `json:"targets"`
	// Packages are what all targets together reached of the packages that they reach, in
	// percent of their statements.
	Packages map[string]float64 `json:"packages"`

	covered map[string]block
}

func (r *report) add(res result) {
	r.Seconds += res.Seconds
	r.Executions += res.Executions
	r.Targets = append(r.Targets, res)
	if len(res.Found) > 0 || res.Failure != "" {
		r.Found++
	}
}

// sum fills in Packages.
func (r *report) sum() {
	type count struct{ reached, whole int }
	counts := map[string]count{}
	for place, b := range r.covered {
		p := path.Dir(place[:strings.LastIndex(place, ":")])
		c := counts[p]
		c.whole += b.statements
		if b.reached {
			c.reached += b.statements
		}
		counts[p] = c
	}
	r.Packages = map[string]float64{}
	for p, c := range counts {
		if c.reached > 0 {
			r.Packages[p] = percent(c.reached, c.whole)
		}
	}
}

func (r *report) print(out io.Writer) {
	r.sum()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\ntarget\texecutions\tper second\tnew\tcorpus\tcovers of its package\tfound")
	for _, t := range r.Targets {
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%d\t%d\t%.1f %%\t%d\n",
			t.Target, t.Executions, float64(t.Executions)/max(t.Seconds, 1), t.New, t.Corpus, t.Coverage, len(t.Found))
	}
	fmt.Fprintln(w, "\npackage\tall targets cover")
	for _, p := range slices.Sorted(maps.Keys(r.Packages)) {
		fmt.Fprintf(w, "%s\t%.1f %%\n", p, r.Packages[p])
	}
	w.Flush()
	fmt.Fprintf(out, "\n%.2f hours, %d executions, %d targets, %d of them with findings\n",
		r.Seconds/3600, r.Executions, len(r.Targets), r.Found)
}

func (r *report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}
