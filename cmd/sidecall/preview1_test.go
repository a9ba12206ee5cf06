package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoProgram builds a program for GOOS=wasip1 and runs what comes out as it is.
func TestGoProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go's runtime for WebAssembly, which takes its time")
	}
	file, dir := filepath.Join(t.TempDir(), "program.wasm"), t.TempDir()
	build := exec.Command("go", "build", "-o", file, "main.go")
	build.Dir = filepath.Join("testdata", "preview1", "go")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("sidecall", "run", "--no-cache", "--dir", dir+"::/data", "--env", "GREETING=hi", file, "--", "one", "two words")
	cmd.Stdin = strings.NewReader(strings.Repeat("x", 1<<20))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("%v\n%s", err, stderr.Bytes())
	}
	const want = `args [one two words] env hi
input 1048576 <nil>
slept true true
300 entries, "7 and more"
walked 303 <nil>
not granted: true
`
	if string(out) != want {
		t.Errorf("%s\nwant %s", out, want)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "kept"))
	if err != nil || string(kept) != "7 and more" {
		t.Errorf("%q, %v", kept, err)
	}
}
