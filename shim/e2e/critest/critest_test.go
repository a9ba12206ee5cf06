//go:build linux

package critest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

// TestCRI compares critest's cases.
func TestCRI(t *testing.T) {
	if missing := testnode.Missing(); missing != "" {
		t.Skip(missing + "; see run.sh")
	}
	dir := os.Getenv(testnode.Env)
	registry := testnode.NewRegistry()
	t.Cleanup(registry.Close)
	if err := pushImages(registry); err != nil {
		t.Fatal(err)
	}
	c, err := testnode.StartContainerd(registry.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	if out, err := exec.Command(filepath.Join(dir, "tested", "sidecall"), "node", "install", "--restart").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, after := critest(t, dir, "runc"), critest(t, dir, "sidecall")
	for _, name := range slices.Sorted(maps.Keys(before)) {
		runc, ours := before[name], after[name]
		t.Run(name, func(t *testing.T) {
			switch {
			case runc.State == "skipped" && ours.State == "skipped":
				t.Skip("critest leaves it out here: " + runc.reason())
			case runc.State != "passed" && ours.State == runc.State:
				t.Skip("it does not pass with runc here: " + runc.reason())
			case runc.State == "passed" && ours.State != "passed":
				t.Errorf("%s with the shim, but not with runc: %s", ours.State, ours.reason())
			}
		})
	}
	if len(after) != len(before) {
		t.Errorf("%d cases with the shim, %d with runc", len(after), len(before))
	}
}

// spec is one case in a report of critest.
type spec struct {
	ContainerHierarchyTexts []string
	LeafNodeType            string
	LeafNodeText            string
	State                   string
	Failure                 struct{ Message string }
}

func (s spec) reason() string {
	if s.Failure.Message == "" {
		return "it gives no reason"
	}
	return strings.ReplaceAll(s.Failure.Message, "\n", " ")
}

// critest runs all cases with a handler, except those that are left out as they are of
// other systems.
func critest(t *testing.T, dir, handler string) map[string]spec {
	t.Helper()
	report := filepath.Join(dir, "log", handler+".json")
	log, err := os.Create(testnode.LogFile("critest-" + handler))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(dir, "critest", "critest"), "-runtime-endpoint", "unix://"+testnode.Socket, "-runtime-handler", handler,
		"-ginkgo.json-report", report, "-ginkgo.seed", "1", "-ginkgo.focus", os.Getenv("CRITEST_FOCUS"))
	cmd.Stdout, cmd.Stderr = log, log
	failed := cmd.Run() // some cases fail here with any runtime; the report has them
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("critest: %v; %v", failed, err)
	}
	var suites []struct{ SpecReports []spec }
	if err := json.Unmarshal(data, &suites); err != nil {
		t.Fatal(err)
	}
	out, counts, seen := map[string]spec{}, map[string]int{}, map[string]int{}
	for _, suite := range suites {
		for _, s := range suite.SpecReports {
			if s.LeafNodeType != "It" || strings.Contains(s.LeafNodeText, "benchmark") {
				continue
			}
			name := strings.Join(append(slices.Clone(s.ContainerHierarchyTexts), s.LeafNodeText), " ")
			if seen[name]++; seen[name] > 1 {
				name = fmt.Sprintf("%s (%d)", name, seen[name])
			}
			out[name] = s
			counts[s.State]++
		}
	}
	t.Logf("%s: %v", handler, counts)
	if counts["passed"] == 0 {
		t.Fatalf("nothing has passed: %v; see %s", failed, log.Name())
	}
	return out
}
