package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// update rewrites the expected output in the scripts.
var update = flag.Bool("update", false, "rewrite what the scripts expect")

// TestMain lets this binary be sidecall itself, so that scripts run whole processes,
// and the proxy that benchmarks compare with.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sidecall": main, "proxy": proxyMain, "greeter": greeterMain})
}

// TestScript runs the transcripts of testdata/script. Beside sidecall they have:
//
//	status CODE COMMAND...   run a command that must exit with CODE
//	bytes FILE HEX...        make a file of bytes
//	cut FROM TO N            copy the first N bytes
//	spoil FROM TO AT HEX     copy with one byte changed
//	image DIR MANIFEST NAME=FILE...   make an image layout, of whatever a stranger writes
//	expand FILE              put variables of the script in
//	damage CACHE             change a byte of some code and of some blob
//	age CACHE DURATION       make all of it so old
//	registry DIR...          serve the images at $REGISTRY, by their directories' names
func TestScript(t *testing.T) {
	// One cache of compiled code for all: most scripts run the same guest.
	cache := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: false,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "bytes": makeBytes, "cut": cut, "spoil": spoil, "image": makeImage, "registry": startRegistry, "expand": expand,
			"damage": damageCache, "age": ageCache,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", cache)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
			env.Setenv("DOCKER_CONFIG", filepath.Join(env.WorkDir, ".docker"))
			return errors.Join(
				copyFile("testdata/guest/guest.wasm", filepath.Join(env.WorkDir, "guest.wasm")),
				copyFile("testdata/preview1/preview1.wasm", filepath.Join(env.WorkDir, "preview1.wasm")),
				copyFile("../../plugins/http/testdata/server/server.wasm", filepath.Join(env.WorkDir, "server.wasm")),
				copyFile("../../examples/03-files/app.wasm", filepath.Join(env.WorkDir, "files.wasm")),
				os.CopyFS(filepath.Join(env.WorkDir, "hello"), only{os.DirFS("../../examples/01-hello")}),
				os.CopyFS(filepath.Join(env.WorkDir, "worlds"), only{os.DirFS("testdata/worlds")}),
			)
		},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status is %d, not %d", got, want)
	}
}

func makeBytes(ts *testscript.TestScript, _ bool, args []string) {
	data, err := hex.DecodeString(strings.Join(args[1:], ""))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(ts.ReadFile(args[0]))[:n], 0o644))
}

func spoil(ts *testscript.TestScript, _ bool, args []string) {
	data := []byte(ts.ReadFile(args[0]))
	at, err := strconv.ParseInt(args[2], 0, 64)
	ts.Check(err)
	b, err := strconv.ParseUint(args[3], 16, 8)
	ts.Check(err)
	if data[at] == byte(b) {
		ts.Fatalf("byte %#x is %#x already", at, b)
	}
	data[at] = byte(b)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o644))
}

func expand(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// only shows the files of an example that a run needs.
type only struct{ fs.FS }

func (o only) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	var out []fs.DirEntry
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".wasm", ".yaml":
			out = append(out, e)
		}
	}
	return out, err
}
