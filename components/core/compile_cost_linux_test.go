package core_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/sidecall/sidecall/components/core"
)

// calibration are the limits under which TestCompileCost compiles what they allow. They are small so that the test is
// quick; the estimate is in proportion.
var calibration = core.Limits{CompileTime: 300 * time.Millisecond, CompileTimePerByte: 1, CompileMemory: 24 << 20}

// allowed rewrites a module as the linker does.
func allowed(wasm []byte, limits core.Limits) ([]byte, error) {
	m, err := core.DecodeLimited(wasm, 0, limits)
	if err != nil {
		return nil, err
	}
	out, _, err := core.Rewrite(m, core.Options{Check: &core.Check{Module: "check", Name: "check"}, ExportState: true, LiftData: true, MaxTableElements: 1 << 20})
	return out, err
}

// compileTaken is what a child process tells of compiling one module.
type compileTaken struct {
	Memory int64 // what its peak grew by
	Time   time.Duration
}

// TestCompileCost compiles, of each family of modules that are hard to compile, the largest that small limits allow,
// each in a process of its own. None may take more than the limits say.
func TestCompileCost(t *testing.T) {
	if file := os.Getenv("COMPILE_COST_OF"); file != "" {
		compileAlone(t, file)
		return
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the engine has no compiler for this architecture")
	}
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	for _, b := range bombs {
		t.Run(b.name, func(t *testing.T) {
			var largest []byte
			refused := false
			for n := 500; n <= 256_000; n += n / 3 {
				out, err := allowed(b.make(n), calibration)
				if err != nil {
					refused = true
					break
				}
				largest = out
			}
			if !refused {
				t.Logf("none was refused up to %d bytes", len(largest))
			}
			taken := compileInChild(t, largest)
			t.Logf("%d bytes: %v, %d KiB", len(largest), taken.Time, taken.Memory>>10)
			// Collecting garbage lets the heap become twice what is needed. What a small process takes at least is
			// not estimated.
			if most := 2*calibration.CompileMemory + 16<<20 + 40*int64(len(largest)); taken.Memory > most {
				t.Errorf("compiling %d bytes took %d MiB, and the limit of %d MiB allowed it", len(largest), taken.Memory>>20, calibration.CompileMemory>>20)
			}
			// Processor time, not time: but caches are shared with whatever else runs.
			if most := 6*calibration.CompileTime + time.Duration(len(largest))*2*time.Microsecond; taken.Time > most {
				t.Errorf("compiling %d bytes took %v of processor time, and the limit of %v allowed it", len(largest), taken.Time, calibration.CompileTime)
			}
		})
	}
}

func compileInChild(t *testing.T, wasm []byte) (taken compileTaken) {
	t.Helper()
	file := t.TempDir() + "/bomb.wasm"
	if err := os.WriteFile(file, wasm, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCompileCost$")
	cmd.Env = append(os.Environ(), "COMPILE_COST_OF="+file)
	out, err := cmd.Output()
	line, _, _ := bytes.Cut(out, []byte("\n"))
	if err = errors.Join(err, json.Unmarshal(line, &taken)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return taken
}

func compileAlone(t *testing.T, file string) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(engineFeatures).WithDebugInfoEnabled(false))
	before, start := usage(t)
	if _, err := r.CompileModule(ctx, wasm); err != nil {
		t.Fatal(err)
	}
	after, end := usage(t)
	line, _ := json.Marshal(compileTaken{after - before, end - start})
	fmt.Println(string(line))
}

// usage is the process's peak memory and its processor time.
func usage(t *testing.T) (peak int64, processor time.Duration) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Maxrss << 10, time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestCompileCostRefused checks what is said of what is too much.
func TestCompileCostRefused(t *testing.T) {
	for name, words := range map[string]string{
		"calls times mutable globals":       "the globals behind each call",
		"locals alive across ifs":           "its locals times its branches and blocks",
		"calls with many results":           "have more than",
		"locals around nested loops":        "is too much for the compiler",
		"branches out of nested try_tables": "is too much for the compiler",
	} {
		t.Run(name, func(t *testing.T) {
			for _, b := range bombs {
				if b.name != name {
					continue
				}
				_, err := allowed(b.make(200_000), core.Limits{})
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Fatalf("got %v, want something with %q", err, words)
				}
				t.Log(err)
			}
		})
	}
}
