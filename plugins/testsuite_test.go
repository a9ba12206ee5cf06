package plugins_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
)

// testsuite names a checkout of github.com/WebAssembly/wasi-testsuite with its
// programs, which is its branch prod/testsuite-base.
const testsuite = "SIDECALL_WASI_TESTSUITE"

// TestTestsuite runs the public test programs of WASI preview 1.
func TestTestsuite(t *testing.T) {
	dir := os.Getenv(testsuite)
	if dir == "" {
		t.Skipf("%s names no checkout of wasi-testsuite with its programs (branch prod/testsuite-base)", testsuite)
	}
	programs, err := filepath.Glob(filepath.Join(dir, "tests", "*", "testsuite", "wasm32-wasip1", "*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) < 70 {
		t.Fatalf("%s: %d programs, at least 70 are known", dir, len(programs))
	}
	set := plugins.New(plugins.Config{})
	defer set.Close()
	for _, path := range programs {
		rel, _ := filepath.Rel(filepath.Join(dir, "tests"), path)
		language, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		t.Run(language+"/"+strings.TrimSuffix(filepath.Base(path), ".wasm"), func(t *testing.T) { runProgram(t, set, path) })
	}
}

// program is what is said of a test program beside it, in its JSON file.
type program struct {
	Args     []string          `json:"args"`
	Env      map[string]string `json:"env"`
	Root     string            `json:"root"`
	ExitCode int               `json:"exit_code"`
	Stdout   *string           `json:"stdout"`
	Stderr   *string           `json:"stderr"`
}

func readProgram(path string) (p program, err error) {
	b, err := os.ReadFile(strings.TrimSuffix(path, ".wasm") + ".json")
	if errors.Is(err, os.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields() // or something would not be tested
	return p, d.Decode(&p)
}

func runProgram(t *testing.T, set *plugins.Set, path string) {
	p, err := readProgram(path)
	if err != nil {
		t.Fatal(err)
	}
	grants := plan.Grants{Args: append([]string{filepath.Base(path)}, p.Args...)}
	for name, v := range p.Env {
		grants.Env = append(grants.Env, plan.EnvVar{Name: name, Value: v})
	}
	slices.SortFunc(grants.Env, func(a, b plan.EnvVar) int { return strings.Compare(a.Name, b.Name) })
	if p.Root != "" {
		root := t.TempDir() // programs leave things there
		if err := os.CopyFS(root, os.DirFS(filepath.Join(filepath.Dir(path), p.Root))); err != nil {
			t.Fatal(err)
		}
		grants.Files = []plan.FileGrant{{Host: root, Guest: "/"}}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code, err := runComponent(ctx, set, path, grants, host.Stdio{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	if err != nil {
		t.Error(err)
	}
	if code != p.ExitCode {
		t.Errorf("exit code %d, not %d", code, p.ExitCode)
	}
	if p.Stdout != nil && stdout.String() != *p.Stdout {
		t.Errorf("standard output %q, not %q", stdout.String(), *p.Stdout)
	}
	if p.Stderr != nil && stderr.String() != *p.Stderr || t.Failed() {
		t.Errorf("standard error %q", stderr.String())
	}
}

// runComponent runs a file as a command and returns its exit code.
func runComponent(ctx context.Context, set *plugins.Set, path string, grants plan.Grants, stdio host.Stdio) (int, error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	ifaces := set.Interfaces()
	var cat resolve.Catalog
	for _, i := range ifaces {
		cat = append(cat, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	p, err := linker.Component("program", wasm, cat, linker.Options{})
	if err != nil {
		return 0, err
	}
	p.Components[0].Grants = grants
	c, err := host.Compile(ctx, p, host.Config{Interfaces: ifaces})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	i, err := c.Instantiate(ctx, host.InstanceOptions{Stdio: stdio})
	if err != nil {
		return 0, err
	}
	defer i.Close(ctx)
	name := ""
	for _, e := range p.Exports {
		if strings.HasPrefix(e.Interface, "wasi:cli/run@0.2.") {
			name = e.Interface
		}
	}
	v, err := i.Call(ctx, name, "run")
	var exit *host.ExitError
	if errors.As(err, &exit) {
		return exit.Code, nil
	}
	if err != nil {
		return 0, err
	}
	return v.Case(), nil
}
