package main

import (
	"os/exec"
	"testing"
)

// TestExampleKeyValue runs example 05 twice with a directory for its bucket: the second
// run counts on from the first.
func TestExampleKeyValue(t *testing.T) {
	dir := t.TempDir()
	vote := func(pet string) string {
		cmd := exec.Command("sidecall", "run", "--keyvalue-dir", dir, "examples/05-config-keyvalue", "--", pet)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return withoutRefusals(string(out))
	}
	const refused = "cannot open salaries: access denied\n"
	if got, want := vote("cat"), "The pets we want:\n  cat 1\n"+refused; got != want {
		t.Errorf("the first run printed:\n%s\nwant:\n%s", got, want)
	}
	if got, want := vote("dog"), "The pets we want:\n  cat 1\n  dog 1\n"+refused; got != want {
		t.Errorf("the second run printed:\n%s\nwant:\n%s", got, want)
	}
}
