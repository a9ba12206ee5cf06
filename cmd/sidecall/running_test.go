package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// processes are what sidecall ps -o json says, as far as these tests want to know.
type processes []struct {
	PID         int
	Composition string
	Address     string
	Requests    *struct {
		InFlight      int
		Total, Failed int
	}
	Instances  struct{ Policy string }
	Traps      int
	Components []struct {
		Name, Policy  string
		Busy, Idle    int
		Memory, Traps int
	}
}

// controlled gives processes of this test a place of their own to be seen.
func controlled(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("not tried on Windows")
	}
	dir, err := os.MkdirTemp("", "sc") // short: the names of sockets have little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is temporary anyway
	t.Setenv("SIDECALL_CONTROL", filepath.Join(dir, "control"))
	return filepath.Join(dir, "control")
}

func ps(t *testing.T) (out processes) {
	t.Helper()
	text, err := exec.Command("sidecall", "ps", "-o", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// until waits for what ps says to be as f wants it.
func until(t *testing.T, f func(processes) bool) {
	t.Helper()
	var got processes
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if got = ps(t); f(got) {
			return
		}
	}
	t.Fatalf("ps says %+v", got)
}

// TestPsServing looks at a server from outside: requests under way, memory, traps.
func TestPsServing(t *testing.T) {
	dir := controlled(t)
	s := startServing(t, "../../plugins/http/testdata/server/server.wasm")
	s.get(s.url+"/hello", nil)
	s.get(s.url+"/trap", nil)
	until(t, func(p processes) bool {
		return len(p) == 1 && p[0].PID == s.cmd.Process.Pid && p[0].Address == s.url && p[0].Requests.Total == 2 && p[0].Requests.Failed == 1 &&
			p[0].Traps == 1 && p[0].Components[0].Traps == 1 && p[0].Components[0].Memory == 0 && p[0].Requests.InFlight == 0
	})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	asleep := make(chan struct{})
	go func() {
		defer close(asleep)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/sleep", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if answer, err := http.DefaultClient.Do(r); err == nil { // it is not waited for
			_ = answer.Body.Close()
		}
	}()
	until(t, func(p processes) bool {
		return len(p) == 1 && p[0].Requests.InFlight == 1 && p[0].Components[0].Memory > 0
	})
	leave()
	<-asleep
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestCallRunning calls into a composition that runs, which goes on undisturbed.
func TestCallRunning(t *testing.T) {
	controlled(t)
	guest := exec.Command("sidecall", "run", "testdata/guest/guest.wasm", "--", "say", "begun", "flush", "loop")
	if err := guest.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = guest.Process.Kill()
		_ = guest.Wait() // it was killed
		if p := ps(t); len(p) > 0 {
			t.Errorf("after it was killed: %+v", p)
		}
	}()
	until(t, func(p processes) bool {
		return len(p) == 1 && p[0].Instances.Policy == "once" && p[0].Components[0].Memory > 0
	})
	var stdout, stderr bytes.Buffer
	call := exec.Command("sidecall", "call", "--timeout", "200ms", "run")
	call.Stdout, call.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := call.Run(); !errors.As(err, &exit) || exit.ExitCode() != 124 || stdout.String() != "begun\n" ||
		stderr.String() != "sidecall: error: time is up: the call was ended after 200ms\n" {
		t.Errorf("%v\n%s%s", err, stdout.String(), stderr.String())
	}
	until(t, func(p processes) bool { return len(p) == 1 })
	out, err := exec.Command("sidecall", "ps", "--color", "always").Output()
	if err != nil || !strings.HasPrefix(string(out), "\x1b[1mPID\x1b[0m") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestUncontrolled: nothing is there that was not wanted.
func TestUncontrolled(t *testing.T) {
	dir := controlled(t)
	if out, err := exec.Command("sidecall", "run", "--control", "off", "testdata/guest/guest.wasm", "--", "say", "hello").Output(); err != nil || string(out) != "hello\n" {
		t.Errorf("%v, %s", err, out)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestPsSingleton: a component that stays has its own policy and its own memory beside
// those that are made for each request.
func TestPsSingleton(t *testing.T) {
	controlled(t)
	s := startServing(t, "testdata/limiter")
	s.get(s.url+"/", nil)
	until(t, func(p processes) bool {
		stays, made := 0, 0
		if len(p) != 1 || p[0].Instances.Policy != "per-request" {
			return false
		}
		for _, c := range p[0].Components {
			switch {
			case c.Policy == "singleton" && c.Idle == 1 && c.Busy == 0 && c.Memory > 0:
				stays++
			case c.Policy == "per-request" && c.Idle == 0 && c.Busy == 0 && c.Memory == 0:
				made++
			}
		}
		return stays > 0 && made > 0 && stays+made == len(p[0].Components)
	})
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
