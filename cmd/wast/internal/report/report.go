package report

import (
	"fmt"
	"slices"
	"strings"
)

// Counts are the results of one type of command in one group of one suite.
type Counts struct {
	Pass int `json:"pass"`
	Fail int `json:"fail"`
	Skip int `json:"skip"`
}

func (c *Counts) add(o Outcome) {
	switch o {
	case Pass:
		c.Pass++
	case Fail:
		c.Fail++
	case Skip:
		c.Skip++
	}
}

// Report is the outcome of a run.
type Report struct {
	// Counts are by suite, group and type of command.
	Counts map[string]map[string]map[string]*Counts
	// Failures are the unexpected ones, in the order of the run.
	Failures []Result
	// Skipped counts the reasons.
	Skipped map[string]int
	// Expected are the failures that were expected, with the reason in Got.
	Expected []Result
}

// OK says whether everything was as expected.
func (r *Report) OK() bool { return len(r.Failures) == 0 }

// New counts results. A failure that is expected counts as a skip; an entry of
// expected whose command passes, or which names no command of a script that ran,
// is a failure. expectedFile is the name under which such a failure is reported.
func New(results []Result, expected []Expected, engine, expectedFile string) *Report {
	r := &Report{Counts: map[string]map[string]map[string]*Counts{}, Skipped: map[string]int{}}
	byKey := map[string]Expected{}
	for _, e := range expected {
		if e.Engine == "" || e.Engine == engine {
			byKey[e.Key] = e
		}
	}
	seen := map[string]bool{}
	scripts := map[string]bool{}
	for _, res := range results {
		key := res.Key()
		scripts[script(key)] = true
		e, listed := byKey[key]
		seen[key] = true
		switch {
		case listed && res.Outcome == Fail:
			res.Outcome, res.Got = Skip, "expected failure: "+e.Reason
			r.Expected = append(r.Expected, res)
		case listed && res.Outcome == Pass:
			res.Outcome, res.Want = Fail, fmt.Sprintf("a failure, expected by line %d of %s: %s", e.Line, expectedFile, e.Reason)
			res.Got = "it passes: remove the line"
		}
		r.count(res)
	}
	for _, e := range expected {
		if _, ok := byKey[e.Key]; ok && !seen[e.Key] && scripts[script(e.Key)] {
			suite, _, _ := strings.Cut(e.Key, "/")
			r.count(Result{Suite: suite, Group: "sync", Type: "expected", File: expectedFile, Line: e.Line, Outcome: Fail,
				Want: "a command " + e.Key, Got: "the script has no command at that line"})
		}
	}
	return r
}

// script cuts the line off a key.
func script(key string) string { return key[:strings.LastIndexByte(key, ':')] }

func (r *Report) count(res Result) {
	groups := r.Counts[res.Suite]
	if groups == nil {
		groups = map[string]map[string]*Counts{}
		r.Counts[res.Suite] = groups
	}
	types := groups[res.Group]
	if types == nil {
		types = map[string]*Counts{}
		groups[res.Group] = types
	}
	c := types[res.Type]
	if c == nil {
		c = &Counts{}
		types[res.Type] = c
	}
	c.add(res.Outcome)
	switch res.Outcome {
	case Fail:
		r.Failures = append(r.Failures, res)
	case Skip:
		r.Skipped[reason(res.Got)]++
	}
}

// reason shortens a skip's reason to what can be counted.
func reason(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s, _, _ = strings.Cut(s, ": ")
	return s
}

// keys returns the keys of a map in order.
func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
