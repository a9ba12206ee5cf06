package wasmtime

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/run"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/host"
)

// TestSame runs every command of group sync on both: where both have a verdict, it
// is the same, but for what differences.txt lists.
func TestSame(t *testing.T) {
	roots := []string{"../testdata/pass"}
	const shared = "../../../../shared/conformance"
	if _, err := os.Stat(shared); err == nil {
		roots = append(roots, shared)
	} else {
		t.Logf("without the conformance data: %v", err)
	}
	scripts, err := script.Find(roots)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	differences, err := report.ParseExpected(strings.NewReader(string(text)))
	if err != nil {
		t.Fatalf("differences.txt: %v", err)
	}
	listed := map[string]report.Expected{}
	for _, d := range differences {
		listed[d.Key] = d
	}
	engine := NewEngine(Options{})
	defer engine.Close()
	runner := &run.Runner{Host: host.Config{MaxMemory: 16 << 30}}
	counts := map[string]int{}
	ran := map[string]bool{}
	for _, s := range scripts {
		if s.Vectors != nil {
			continue
		}
		results := runner.Script(context.Background(), s)
		st, err := newState(engine, s)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Commands {
			if results[i].Group != "sync" {
				continue
			}
			key := results[i].Key()
			ran[key] = true
			theirs := st.command(&s.Commands[i])
			counts[compared(t, listed, results[i], theirs, key)]++
		}
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[what], what)
	}
	for _, d := range differences {
		if len(roots) > 1 && !ran[d.Key] {
			t.Errorf("differences.txt:%d: there is no command %s", d.Line, d.Key)
		}
	}
}

// compared says what the comparison of a command came to.
func compared(t *testing.T, listed map[string]report.Expected, ours report.Result, theirs verdict, key string) string {
	d, known := listed[key]
	switch {
	case ours.Outcome == report.Skip || theirs.outcome == report.Skip:
		if known {
			t.Errorf("differences.txt:%d: %s is not compared", d.Line, key)
		}
		why, _, _ := strings.Cut(cmp.Or(theirs.text, ours.Got), ":")
		return "not compared: " + why
	case ours.Outcome == theirs.outcome:
		if known {
			t.Errorf("differences.txt:%d: %s is the same on both", d.Line, key)
		}
		return "the same, " + [...]string{report.Pass: "as the script says", report.Fail: "and not as the script says"}[ours.Outcome]
	case known:
		return "different, listed"
	}
	t.Errorf("%s: %s: Sidecall: %s; wasmtime: %s", key, ours.Type, describe(verdict{ours.Outcome, ours.Got}), describe(theirs))
	return "different"
}

func describe(v verdict) string {
	if v.outcome == report.Pass {
		return "as the script says"
	}
	return fmt.Sprintf("%q", v.text)
}
