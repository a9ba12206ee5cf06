package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/core"
)

// program is a module of WASI preview1 whose _start is built by a function.
func program(t *testing.T, build func(b *core.Builder, start *core.Func)) string {
	t.Helper()
	var b core.Builder
	b.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	b.Export("memory", core.ExternMemory, 0)
	start := b.Func(b.Type(nil, nil))
	build(&b, start)
	b.Export("_start", core.ExternFunc, start.Index)
	file := filepath.Join(t.TempDir(), "program.wasm")
	if err := os.WriteFile(file, b.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// ended runs a process and returns its exit code and what it wrote to standard error.
func ended(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sidecall", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// hard has many locals that are alive across many branches: its compiler takes seconds for
// every 10 KB of it, and minutes for more.
func hard(n uint32) func(b *core.Builder, start *core.Func) {
	return func(_ *core.Builder, f *core.Func) {
		for i := range n {
			f.Local(core.I32)
			f.LocalGet(0).Op(core.OpI32Clz).LocalSet(i)
		}
		for range n {
			f.LocalGet(0).Block(core.OpIf).End()
		}
		for i := range n {
			f.I32(0).LocalGet(i).Mem(core.OpI32Store, 2, 0)
		}
	}
}

// TestTimeoutOfCompiling: --timeout ends compiling, too.
func TestTimeoutOfCompiling(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the engine has no compiler for this architecture")
	}
	file := program(t, hard(1200))
	start := time.Now()
	code, text := ended(t, "run", "--engine", "compiler", "--no-cache", "--timeout", "300ms", file)
	if took := time.Since(start); code != 124 || !strings.Contains(text, "was not compiled after 300ms") {
		t.Errorf("exit code %d after %v: %s", code, took, text)
	}
}

// TestTooHardToCompile: what would take too long is refused by the name of the function.
func TestTooHardToCompile(t *testing.T) {
	code, text := ended(t, "run", program(t, hard(5000)))
	for _, want := range []string{"program.wasm", "function 0 (_start) is too much for the compiler", "its locals times its branches and blocks", "split it into smaller functions"} {
		if code != 4 || !strings.Contains(text, want) {
			t.Errorf("exit code %d, want %q in: %s", code, want, text)
		}
	}
}

// catches ends with a trap unless a local has, behind a catch, what was set before the throw.
func catches(b *core.Builder, f *core.Func) {
	tag := b.Tag(b.Type(nil, nil))
	f.Local(core.I32)
	f.I32(1).LocalSet(0)
	f.Block(core.OpBlock).Raw([]byte{0x1f, 0x40, 1, 2, 0}).I32(2).LocalSet(0).Idx(core.OpThrow, tag).End().End()
	f.LocalGet(0).I32(2).Op(core.OpI32Ne).Block(core.OpIf).Op(core.OpUnreachable).End()
}

// TestExceptions: what the compiler gets wrong is interpreted, which is told, or refused.
func TestExceptions(t *testing.T) {
	file := program(t, catches)
	for _, engine := range []string{"auto", "interpreter"} {
		code, text := ended(t, "run", "--engine", engine, file)
		if told := strings.Count(text, "all guest code of the composition is interpreted"); code != 0 || told != 1 {
			t.Errorf("--engine %s: exit code %d: %s", engine, code, text)
		}
	}
	code, text := ended(t, "run", "--engine", "compiler", file)
	if want := "function 0 (_start) catches exceptions, which the compiler gets wrong"; code != 1 || !strings.Contains(text, want) {
		t.Errorf("--engine compiler: exit code %d, want %q in: %s", code, want, text)
	}
}
