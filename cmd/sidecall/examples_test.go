package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples runs what the examples' README files show: each command line that begins
// with a prompt, in the root of the repository, must print the lines that follow it.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/README.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), prompt) {
				t.Fatal("shows no command")
			}
			for args, want := range transcripts(string(text)) {
				cmd := exec.Command("sidecall", strings.Fields(args)...)
				cmd.Dir = "../.."
				out, err := cmd.CombinedOutput()
				got := withoutRefusals(string(out))
				if err != nil || got != want {
					t.Errorf("sidecall %s: %v, and printed:\n%s\nwant:\n%s", args, err, got, want)
				}
			}
		})
	}
}

// withoutRefusals leaves out what sidecall tells of what it refused: it has times in it.
func withoutRefusals(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, `{"level":"warn"`) || !strings.Contains(line, `"refused":`) {
			out.WriteString(line)
		}
	}
	return out.String()
}

const prompt = "\n    $ go run ./cmd/sidecall "

// transcripts finds the commands' arguments and what they print.
func transcripts(text string) map[string]string {
	out := map[string]string{}
	for _, block := range strings.Split(text, prompt)[1:] {
		args, rest, _ := strings.Cut(block, "\n")
		var printed strings.Builder
		for line := range strings.Lines(rest) {
			line, ok := strings.CutPrefix(line, "    ")
			if !ok {
				break
			}
			printed.WriteString(line)
		}
		out[args] = printed.String()
	}
	return out
}
