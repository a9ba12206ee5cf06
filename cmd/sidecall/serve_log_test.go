package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestServeStoppedLog serves while nobody reads the log for a while: what a component
// prints after it has answered is dropped and counted, and nothing waits for it.
func TestServeStoppedLog(t *testing.T) {
	skipWithoutSignals(t)
	control := filepath.Join(t.TempDir(), "c")
	cmd := exec.Command("sidecall", "serve", "../../examples/02-http", "--listen", "127.0.0.1:0", "--control", control)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stderr = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var line struct{ Address string }
	in := json.NewDecoder(r)
	if err := in.Decode(&line); err != nil {
		t.Fatal(err)
	}

	var answered atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			c := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}
			defer c.CloseIdleConnections()
			for range 1500 {
				req, _ := http.NewRequest(http.MethodGet, line.Address, nil)
				req.Header.Set("Authorization", "Bearer open-sesame")
				resp, err := c.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					answered.Add(1)
				}
			}
		})
	}
	clients.Wait()
	if n := answered.Load(); n != 6000 {
		t.Errorf("%d requests were answered", n)
	}
	out, err := exec.Command("sidecall", "ps", "-o", "json", "--control", control).Output()
	if err != nil {
		t.Fatal(err)
	}
	var status []struct {
		LostLines  uint64
		Requests   struct{ AfterAnswer int64 }
		Components []struct {
			Name      string
			LostLines uint64
		}
	}
	if err := json.Unmarshal(out, &status); err != nil || len(status) != 1 {
		t.Fatalf("ps: %v, %s", err, out)
	}
	for _, c := range status[0].Components {
		if lost := c.LostLines > 0; lost != (c.Name == "accesslog") {
			t.Errorf("%s has lost %d lines", c.Name, c.LostLines)
		}
	}
	if status[0].LostLines != 0 || status[0].Requests.AfterAnswer > 1 {
		t.Errorf("ps says %s", out)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(io.MultiReader(in.Buffered(), r))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{`"message":"log lines were dropped: who reads the log is too slow"`, `"message":"served"`} {
		if !strings.Contains(string(rest), want) {
			t.Errorf("the log does not say %s, but ends with %s", want, rest[max(0, len(rest)-1500):])
		}
	}
	if kept := bytes.Count(rest, []byte(`"message":"GET / answered`)); kept < 1000 {
		t.Errorf("%d lines arrived of those that there was room for", kept)
	}
}

// say makes a command say much more than a pipe holds.
func say() (args []string) {
	for range 80 {
		args = append(args, "say", strings.Repeat("x", 4000))
	}
	return append([]string{"--"}, args...)
}

// TestRunStuckOutput runs a command whose output nobody takes: it waits, as that is data,
// and its time ends it.
func TestRunStuckOutput(t *testing.T) {
	skipWithoutSignals(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := exec.CommandContext(t.Context(), "sidecall", append([]string{"run", "testdata/guest/guest.wasm", "--timeout", "500ms"}, say()...)...)
	cmd.Stdout = w
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 124 {
		t.Errorf("ended with %v", err)
	}
}

// TestRunSlowOutput: who takes it late gets all.
func TestRunSlowOutput(t *testing.T) {
	skipWithoutSignals(t)
	cmd := exec.CommandContext(t.Context(), "sidecall", append([]string{"run", "testdata/guest/guest.wasm"}, say()...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("x")); n != 80*4000 {
		t.Errorf("%d bytes arrived", n)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
