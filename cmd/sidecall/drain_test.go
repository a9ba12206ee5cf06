package main

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestDrainCommand sends a server's clients away, which it answers until it is ended.
func TestDrainCommand(t *testing.T) {
	skipWithoutSignals(t)
	controlled(t)
	drain := func(args ...string) string {
		out, err := exec.Command("sidecall", append([]string{"drain"}, args...)...).CombinedOutput()
		if err != nil {
			return err.Error() + ": " + string(out)
		}
		return string(out)
	}
	start := time.Now()
	if got := drain("--wait", "300ms"); !strings.Contains(got, "exit status 2") || !strings.Contains(got, "no composition runs here") || time.Since(start) < 300*time.Millisecond {
		t.Errorf("without a process, after %v: %q", time.Since(start), got)
	}
	s := startServing(t, "testdata/limiter", "--health-listen", "127.0.0.1:0")
	c := &http.Client{Transport: &http.Transport{}}
	ask := func(url string) (status int, closed bool) {
		resp, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode, resp.Close
	}
	if status, closed := ask(s.url + "/"); status != 200 || closed {
		t.Error("before:", status, closed)
	}
	if got := drain("limited"); got != "" {
		t.Error(got)
	}
	if status, closed := ask(s.url + "/"); status != 200 || !closed {
		t.Error("then:", status, closed)
	}
	if status, _ := ask(s.hurl + "/readyz"); status != 503 {
		t.Error("readiness:", status)
	}
	s.logged("clients are sent away")
	if out, err := exec.Command("sidecall", "ps").CombinedOutput(); err != nil || !strings.Contains(string(out), "draining") {
		t.Errorf("ps: %v, %s", err, out)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
