package main

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/core"
)

// wide has many functions that are small, each of some loads.
func wide(n int) func(b *core.Builder, start *core.Func) {
	return func(b *core.Builder, start *core.Func) {
		for range n {
			f := b.Func(b.Type(nil, nil))
			for range 40 {
				f.I32(1).Mem(core.OpI32Load, 2, 0).Op(core.OpDrop)
			}
		}
	}
}

// TestCompilingInLittleMemory: what the compiler may take is bounded by what the process may
// have: it ends with a message instead of being ended by the kernel. What is large and fits is
// compiled.
func TestCompilingInLittleMemory(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the engine has no compiler for this architecture")
	}
	if testing.Short() {
		t.Skip("it compiles what takes much memory, which the race detector multiplies")
	}
	for _, c := range []struct {
		name  string
		limit int64
		build func(b *core.Builder, start *core.Func)
		want  string
	}{
		{"one function that is hard", 256 << 20, hard(2000), "no memory for the compiler"},
		{"many functions", 64 << 20, wide(12_000), "no memory for the compiler"},
		{"fewer functions", 64 << 20, wide(4_000), ""},
		{"a file that is too large", 64 << 20, wide(100_000), "raise its limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			group := newCgroup(t, c.limit)
			file := program(t, c.build)
			self, err := exec.LookPath("sidecall") // TestMain puts it on the path
			if err != nil {
				t.Fatal(err)
			}
			text, err := group.command(self, "run", "--no-cache", file).CombinedOutput()
			if (err == nil) != (c.want == "") || !strings.Contains(string(text), c.want) {
				t.Errorf("%v, want %q in: %s", err, c.want, text)
			}
			if text, _ := group.command(self, "check", file).CombinedOutput(); !strings.Contains(string(text), c.want) {
				t.Errorf("check does not say %q: %s", c.want, text)
			}
			if most, kills := group.most(); kills > 0 {
				t.Errorf("the kernel has ended it: it had %d MiB", most>>20)
			}
		})
	}
}
