package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Guests of several toolchains that are not in this repository, but may lie beside it.
const guests = "../../../shared/guests/components"

// TestPairs runs every app with every sidecar: each app makes 100,003 calls or sends
// 5 MiB in one, or both, and prints what came back.
func TestPairs(t *testing.T) {
	if _, err := os.Stat(guests); err != nil {
		t.Skip("the guests are not beside the repository: ../shared/guests")
	}
	apps := []struct{ name, want string }{
		{"app-c", "app(c): log ok: 12\napp(c): log error: %s\napp(c): log ok: 5242880\napp(c): total 33300002\n"},
		{"app-tinygo", "app(tinygo): args [app-tinygo]\napp(tinygo): log: 17 \napp(tinygo): log: 0 %s\n" +
			"app(tinygo): 5 MiB: 5242880  total 67525944\n"},
		{"app-go", "app(go): args [app-go]\napp(go): log: 19 <nil>\napp(go): log: 0 %s\napp(go): goroutine+sleep ok true\n" +
			"app(go): 5 MiB message: 5242880 <nil>\napp(go): total 67525944 gcs>10: true heap 1000\n"},
	}
	sidecars := []struct{ name, refusal string }{
		{"sidecar-c", "sidecar(c): level 009 out of range"},
		{"sidecar-wat", "sidecar(wat): level out of range"},
		{"sidecar-assemblyscript", "sidecar(as): level out of range"},
		{"sidecar-rust", "sidecar(rust): level 9 out of range"},
		{"sidecar-tinygo", "sidecar(tinygo): level 9 out of range"},
		{"sidecar-go", "sidecar(go): level 9 out of range"},
		{"sidecar-go-nocaps", "sidecar(go): level 9 out of range"},
	}
	cache := t.TempDir()
	for _, app := range apps {
		for _, sidecar := range sidecars {
			t.Run(app.name+"+"+sidecar.name, func(t *testing.T) {
				if testing.Short() && strings.Contains(app.name+sidecar.name, "go") {
					t.Skip("the Go guests need seconds to compile, and minutes under the race detector: -short")
				}
				t.Parallel() // the cache of compiled code is made for that
				runPair(t, fmt.Sprintf(app.want, sidecar.refusal), app.name, sidecar.name, "--cache-dir", cache)
			})
		}
	}
	t.Run("interpreter", func(t *testing.T) {
		if testing.Short() {
			t.Skip("the interpreter needs seconds for this: -short")
		}
		runPair(t, fmt.Sprintf(apps[0].want, sidecars[0].refusal), apps[0].name, sidecars[0].name, "--engine", "interpreter")
	})
}

var memory = regexp.MustCompile(` \d+ MiB sys \d+`)

func runPair(t *testing.T, want, app, sidecar string, flags ...string) {
	args := append([]string{"run", filepath.Join(guests, app+".wasm"), "--with", filepath.Join(guests, sidecar+".wasm")}, flags...)
	// How much memory the Go app has taken in the end is its own business.
	got := memory.ReplaceAllString(sidecall(t, 2*time.Minute, args...), "")
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// sidecall runs a process, which must succeed, and returns what it prints.
func sidecall(t testing.TB, timeout time.Duration, args ...string) string {
	t.Helper()
	cmd := exec.Command("sidecall", args...) // TestMain puts it on the path
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(timeout, func() { _ = cmd.Process.Kill() }).Stop()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("sidecall %q: %v\n%s%s", args, err, &stdout, &stderr)
	}
	return stdout.String()
}
