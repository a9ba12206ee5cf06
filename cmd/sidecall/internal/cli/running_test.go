package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// watch compiles a component and lets commands see it, as a process that runs it does.
func watch(t *testing.T, file string) *running {
	t.Helper()
	dir, err := os.MkdirTemp("", "sc") // short: the names of sockets have little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is temporary anyway
	t.Setenv("SIDECALL_CONTROL", filepath.Join(dir, "control"))
	a := newApp(nil, &bytes.Buffer{}, &bytes.Buffer{})
	a.settings.Control = filepath.Join(dir, "control")
	r, err := a.link(&target{path: file})
	if err != nil || r.Diagnostics.HasErrors() {
		t.Fatal(err, r)
	}
	c, err := a.compile(context.Background(), r.Plan)
	if err != nil {
		t.Fatal(err)
	}
	w, stop := a.watched(c, r, "run")
	if w == nil {
		t.Fatal("nobody can see it")
	}
	t.Cleanup(func() {
		stop()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// TestServedWhileAsked asks a process that is just beginning to serve.
func TestServedWhileAsked(t *testing.T) {
	w := watch(t, journal)
	began := make(chan struct{})
	go func() {
		defer close(began)
		w.count(&server.Config{}, pool.New(w.comp, pool.Policy{}, host.InstanceOptions{}), nil)
	}()
	if s := w.Status(); s.Requests == nil && s.Instances.Policy != "once" {
		t.Errorf("a command with the policy %s", s.Instances.Policy)
	}
	<-began
	if s := w.Status(); s.Requests == nil || s.Instances.Policy != "per-request" {
		t.Errorf("a server with %v and the policy %s", s.Requests, s.Instances.Policy)
	}
}

// sidecall runs a command line in this process.
func sidecall(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = Main(args, nil, &out, &errs)
	return out.String(), errs.String(), code
}

const journal = "../../../../examples/01-hello/journal.wasm"

func TestCall(t *testing.T) {
	watch(t, journal)
	const signature = "its type is func(entry: record { level: enum { debug, info, warning }, text: string }) -> result<u32, string>"
	for _, tc := range []struct {
		args           []string
		stdout, stderr string
		code           int
	}{
		{[]string{"journal#entries"}, "[]\n", "", 0},
		{[]string{"example:hello/journal#write", `{level: info, text: "hi"}`}, "ok(1)\n", "journal: info: hi\n", 0},
		{[]string{`write({text: "a, (b)", level: debug})`}, "ok(1)\n", "journal: debug: a, (b)\n", 0},
		{[]string{"-o", "json", "write", `{"level": "warning", "text": "j"}`}, `{"ok":1}` + "\n", "journal: warning: j\n", 0},
		{[]string{"write"}, "", "sidecall: error: example:hello/journal#write takes 1 arguments, and was given 0\n  hint: " + signature + "\n", 2},
		{[]string{"write", "{level: loud}"}, "", "sidecall: error: argument entry, {level: loud}: at byte 8: a case is missing, one of debug, info, warning before \"loud}\"\n  hint: " + signature + "\n", 2},
		{[]string{"read"}, "", "sidecall: error: the composition does not export a function read\n  hint: it exports example:hello/journal#write, example:hello/journal#entries\n", 2},
		{[]string{"--process", "nobody", "write"}, "", "sidecall: error: no process here has the number or runs the composition nobody\n  hint: sidecall ps shows what runs\n", 2},
		{[]string{"--timeout", "1h", "write"}, "", "sidecall: error: --timeout: 1h0m0s is too long\n  hint: the most is 10m0s\n", 2},
	} {
		stdout, stderr, code := sidecall(append([]string{"call"}, tc.args...)...)
		if stdout != tc.stdout || code != tc.code || stderr != tc.stderr {
			t.Errorf("%q: exit code %d\n%s%s\nwant %d\n%s%s", tc.args, code, stdout, stderr, tc.code, tc.stdout, tc.stderr)
		}
	}
	if stdout, _, code := sidecall("call"); code != 0 || !strings.Contains(stdout, "example:hello/journal#entries: func() -> list<record {") {
		t.Errorf("%d, %s", code, stdout)
	}
}

func TestPs(t *testing.T) {
	watch(t, journal)
	stdout, stderr, code := sidecall("ps", "-o", "json")
	var stats []control.Status
	if err := json.Unmarshal([]byte(stdout), &stats); err != nil || code != 0 || len(stats) != 1 {
		t.Fatalf("%d, %v\n%s%s", code, err, stdout, stderr)
	}
	s := stats[0]
	if s.PID != os.Getpid() || s.Composition != "journal" || s.Command != "run" || s.Instances.Policy != "once" || s.Requests != nil ||
		len(s.Components) != 1 || s.Components[0].Memory != 0 || !strings.HasPrefix(s.Components[0].Digest, "sha256:") {
		t.Errorf("%s", stdout)
	}
	for _, args := range [][]string{{"ps"}, {"ps", "journal"}, {"top", "--once", "-d", "100ms"}, {"top", "journal", "-n", "1", "-d", "100ms"}, {"graph", "--running"}, {"graph"}} {
		if stdout, stderr, code := sidecall(args...); code != 0 || !strings.Contains(stdout, "journal") || strings.Contains(stdout, "\x1b") {
			t.Errorf("%q: %d\n%s%s", args, code, stdout, stderr)
		}
	}
	stdout, stderr, code = sidecall("top", "-n", "2", "-d", "100ms", "-o", "json")
	if lines := strings.Count(stdout, "\n"); code != 0 || lines != 2 {
		t.Errorf("%d, %d lines\n%s%s", code, lines, stdout, stderr)
	}
	var v view
	if err := json.Unmarshal([]byte(stdout[:strings.IndexByte(stdout, '\n')]), &v); err != nil || len(v.Processes) != 1 || v.Processes[0].Rates.TrapsPerSecond == nil {
		t.Errorf("%v\n%s", err, stdout)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"ps", "a", "b"}, "sidecall: error: ps: unexpected argument \"b\"\n  hint: usage: sidecall ps [PROCESS] [flags]\n"},
		{[]string{"ps", "other"}, "sidecall: error: no process here has the number or runs the composition other\n  hint: sidecall ps shows what runs\n"},
		{[]string{"ps", "--control", "off"}, "sidecall: error: --control is off: nothing can be seen\n  hint: leave it out, or say where the processes have it\n"},
		{[]string{"top", "-d", "1ms"}, "sidecall: error: --interval: 1ms is too short\n  hint: the least is 100ms\n"},
		{[]string{"graph", "--running", journal}, "sidecall: error: graph: --running and " + journal + " are two compositions\n  hint: to name a process, write --running=PROCESS\n"},
	} {
		if _, stderr, code := sidecall(tc.args...); stderr != tc.want || code != exitUsage {
			t.Errorf("%q: %d\n%s\nwant\n%s", tc.args, code, stderr, tc.want)
		}
	}
}

// TestNothingRuns: without a process there is a table without rows.
func TestNothingRuns(t *testing.T) {
	t.Setenv("SIDECALL_CONTROL", filepath.Join(t.TempDir(), "none"))
	if stdout, _, code := sidecall("ps"); code != 0 || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%d, %s", code, stdout)
	}
	if stdout, _, code := sidecall("ps", "-o", "json"); code != 0 || strings.TrimSpace(stdout) != "[]" {
		t.Errorf("%d, %s", code, stdout)
	}
	if _, stderr, code := sidecall("call"); code != exitUsage || !strings.Contains(stderr, "no composition runs here") {
		t.Errorf("%d, %s", code, stderr)
	}
}

func TestTexts(t *testing.T) {
	for n, want := range map[uint64]string{0: "", 1: "1 B", 999: "999 B", 1000: "0.98 KiB", 65536: "64 KiB", 5 << 20: "5.00 MiB", 1 << 40: "1.00 TiB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
