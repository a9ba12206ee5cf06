package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const refusedGuest = "testdata/refused/refused.wasm"

// warnings are the lines of a log at warn and above.
func warnings(t *testing.T, log string) (out []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q is no line of a log: %v", line, err)
		}
		if l := fields["level"]; l == "warn" || l == "error" {
			out = append(out, fields)
		}
	}
	return out
}

// TestRunTellsRefusals: who runs a command learns once what was refused, and what to write;
// with that in the manifest it is not refused any more.
func TestRunTellsRefusals(t *testing.T) {
	guest, err := filepath.Abs(refusedGuest)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "sidecall.yaml")
	run := func(allow string, flags ...string) []map[string]any {
		t.Helper()
		text := "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents: { app: { file: " + filepath.ToSlash(guest) + allow + " } }\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sidecall", append([]string{"run", "--max-memory", "4MiB", file}, flags...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		return warnings(t, stderr.String())
	}
	lines := run("")
	if len(lines) != 2 {
		t.Fatalf("told %v", lines)
	}
	const write = `components: { app: { allow: { outboundHosts: ["http://001.example"] } } }`
	if l := lines[0]; l["component"] != "app" || l["refused"] != "http" || l["target"] != "http://001.example" || l["write"] != write ||
		l["message"] != "app was refused an HTTP request to http://001.example" {
		t.Errorf("told %v", l)
	}
	if l := lines[1]; l["refused"] != "memory" || l["write"] != "--max-memory 8MiB" || !strings.Contains(l["message"].(string), "may have 4MiB of memory") {
		t.Errorf("told %v", l)
	}
	allow := strings.TrimSuffix(strings.TrimPrefix(write, "components: { app: {"), " } }")
	if lines := run("," + allow); len(lines) != 1 || lines[0]["refused"] != "memory" {
		t.Errorf("with that granted, told %v", lines)
	}
	for _, flag := range []string{"--quiet", "--log-level=off"} {
		if lines := run("", flag); len(lines) != 0 {
			t.Errorf("%s: told %v", flag, lines)
		}
	}
}

// TestRunTellsPeople is TestRunTellsRefusals in the form for people.
func TestRunTellsPeople(t *testing.T) {
	out, err := exec.Command("sidecall", "run", "--log-format=text", refusedGuest).CombinedOutput()
	const want = "warning: refused was refused an HTTP request to http://001.example\n" +
		"  hint: to allow it, write components: { refused: { allow: { outboundHosts: [\"http://001.example\"] } } }\n"
	if err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%v, printed:\n%s", err, out)
	}
}

// TestServeTellsRefusals: a server's log has each refusal once, however many requests meet
// it, and of very many only some.
func TestServeTellsRefusals(t *testing.T) {
	skipWithoutSignals(t)
	s := startServing(t, refusedGuest, "--max-memory", "4MiB")
	note := s.logged("refused imports wasi:http/outgoing-handler, but has no allow.outboundHosts")
	if note["level"] != "warn" {
		t.Errorf("noted %v", note)
	}
	for range 3 {
		s.get(s.url+"/ask", nil)
		s.get(s.url+"/grow", nil)
	}
	if line := s.logged("refused was refused an HTTP request to http://001.example"); line["level"] != "warn" || line["write"] == nil {
		t.Errorf("told %v", line)
	}
	s.logged("refused was refused more memory")
	s.get(s.url+"/many", nil)
	s.logged("refused was refused an HTTP request to http://032.example; more of this kind are not told")
	s.end()
	kinds := map[any]int{}
	for _, l := range s.lines {
		kinds[l["refused"]]++
	}
	if kinds["http"] != 33 || kinds["memory"] != 1 {
		t.Errorf("told so often: %v", kinds)
	}
}

// TestServeExits: a handler that exits with success after its answer has done nothing to
// warn of; one that has not answered, or exits otherwise, has.
func TestServeExits(t *testing.T) {
	skipWithoutSignals(t)
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/exit", 200, ""},
		{"/silent", 500, "guest did not answer"},
		{"/fail", 200, "guest exited"},
	} {
		s := startServing(t, refusedGuest)
		if resp, _ := s.get(s.url+tt.path, http.Header{}); resp.StatusCode != tt.status {
			t.Errorf("%s: status %d", tt.path, resp.StatusCode)
		}
		if tt.want != "" {
			s.logged(tt.want)
		} else {
			time.Sleep(50 * time.Millisecond) // for a line that should not come
		}
		s.end()
		var told []string
		for _, l := range s.lines {
			if m, _ := l["message"].(string); (l["level"] == "warn" || l["level"] == "error") && l["position"] == nil {
				told = append(told, m)
			}
		}
		if got := strings.Join(told, ", "); got != tt.want {
			t.Errorf("%s: warned of %q, want %q", tt.path, got, tt.want)
		}
	}
}

// TestCallTellsRefusals: who calls a function learns what that call was refused, each time,
// of a composition that runs and of a file.
func TestCallTellsRefusals(t *testing.T) {
	skipWithoutSignals(t)
	controlled(t)
	startServing(t, refusedGuest, "--max-memory", "4MiB")
	for range 2 {
		cmd := exec.Command("sidecall", "call", "run#run")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		for _, want := range []string{"warning: refused was refused an HTTP request to http://001.example\n", `write components: { refused: { allow: { outboundHosts: ["http://001.example"] } } }`,
			"warning: refused was refused more memory"} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("call says %q, not %q", &stderr, want)
			}
		}
	}
	out, err := exec.Command("sidecall", "call", "--max-memory", "4MiB", refusedGuest, "run#run").CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"target":"http://001.example"`) {
		t.Errorf("call of a file: %v\n%s", err, out)
	}
}
