package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSignals ends guests that would never end: in a loop of their own, asleep in the
// host, and waiting for input that does not come.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send signals to a process")
	}
	tests := []struct {
		name   string
		do     []string
		signal syscall.Signal
		want   int
	}{
		{"loop", []string{"loop"}, syscall.SIGINT, 130},
		{"sleep", []string{"sleep", "3600000"}, syscall.SIGINT, 130},
		{"input", []string{"cat", "-"}, syscall.SIGINT, 130},
		{"loop, terminated", []string{"loop"}, syscall.SIGTERM, 143},
	}
	for _, engine := range []string{"compiler", "interpreter"} {
		for _, test := range tests {
			t.Run(engine+"/"+test.name, func(t *testing.T) {
				// The machine may be busy: one prompt end of ten shows that it can be.
				best := time.Hour
				for range 10 {
					args := append([]string{"run", "--engine", engine, "testdata/guest/guest.wasm", "--", "say", "ready", "flush"}, test.do...)
					took, code := interrupt(t, args, test.signal)
					if code != test.want {
						t.Fatalf("exit code %d, not %d", code, test.want)
					}
					if best = min(best, took); best <= 100*time.Millisecond {
						return
					}
				}
				t.Errorf("took %s from the signal to the end of the process, more than 100 ms", best)
			})
		}
	}
}

// interrupt sends a process a signal once it is ready, and waits for its end.
func interrupt(t *testing.T, args []string, signal syscall.Signal) (time.Duration, int) {
	t.Helper()
	cmd := exec.Command("sidecall", args...)
	stdin, err := cmd.StdinPipe() // stays open: nobody types anything
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v and %s", line, err, &stderr)
	}
	start := time.Now()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, stdout)
	err = cmd.Wait()
	took := time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return took, cmd.ProcessState.ExitCode()
}

// A second run of the same program takes its compiled code from the disk, and a
// damaged cache is no harm.
func TestCache(t *testing.T) {
	cache := t.TempDir()
	run := func() string {
		return sidecall(t, time.Minute, "run", "--cache-dir", cache, "testdata/guest/guest.wasm", "--", "say", "hi")
	}
	if got := run(); got != "hi\n" {
		t.Fatalf("got %q", got)
	}
	var files []string
	for _, f := range cached(t, cache) {
		if strings.HasPrefix(filepath.Base(f), ".") {
			continue // it says when the cache was looked at, no more
		}
		files = append(files, f)
		if err := os.WriteFile(f, []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) == 0 {
		t.Fatal("nothing was cached")
	}
	if got := run(); got != "hi\n" {
		t.Fatalf("with a damaged cache: got %q", got)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if string(data) == "damaged" {
			t.Errorf("%s was not rebuilt", f)
		}
	}
}

func cached(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
