package engine

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/components/core"
)

// answer is a module whose function "f" returns n.
func answer(n int32) []byte {
	b := &core.Builder{}
	for range 10 { // some more code to be damaged
		f := b.Func(b.Type([]core.ValType{core.I32}, []core.ValType{core.I32}))
		f.LocalGet(0).LocalGet(0).Op(core.OpI32Mul)
	}
	f := b.Func(b.Type(nil, []core.ValType{core.I32}))
	f.I32(n)
	b.Export("f", core.ExternFunc, f.Index)
	return b.Encode()
}

const hit = "compiled code was taken from the cache"

// compileWith compiles and runs a module with a cache and returns what was logged.
func compileWith(t *testing.T, dir string, wasm []byte, want uint64) string {
	t.Helper()
	return compileSeeded(t, dir, "", wasm, want)
}

// compileSeeded does so with the cache of another engine besides.
func compileSeeded(t *testing.T, dir, seed string, wasm []byte, want uint64) string {
	t.Helper()
	var log bytes.Buffer
	ctx := context.Background()
	e, err := New(ctx, Config{Kind: Compiler, CacheDir: dir, CacheSeed: seed, Log: zerolog.New(&log)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	m, err := e.Compile(ctx, "m", wasm, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewStore()
	i, err := s.Instantiate(s.Values(), m, nil, &Budget{Max: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	stack := make([]uint64, 1)
	if err := i.Func("f").Call(ctx, &Stacks{}, stack); err != nil || stack[0] != want {
		t.Errorf("f returned %d, %v, want %d", stack[0], err, want)
	}
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	return log.String()
}

// entry returns the one entry in a cache, without .sum.
func entry(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"+sumSuffix))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache has entries %v, %v, want one", files, err)
	}
	return strings.TrimSuffix(files[0], sumSuffix)
}

func skipWithoutCompiler(t *testing.T) {
	e, err := New(context.Background(), Config{Kind: Compiler})
	if err != nil {
		t.Skip("no compiler on this machine")
	}
	_ = e.Close(context.Background())
}

func TestCache(t *testing.T) {
	skipWithoutCompiler(t)
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	wasm := answer(42)
	if log := compileWith(t, dir, wasm, 42); strings.Contains(log, hit) {
		t.Errorf("an empty cache had something: %s", log)
	}
	if log := compileWith(t, dir, wasm, 42); !strings.Contains(log, hit) {
		t.Errorf("the cache was not used: %s", log)
	}
	if log := compileWith(t, dir, answer(43), 43); strings.Contains(log, hit) {
		t.Errorf("the cache served another module: %s", log)
	}
	if log := compileWith(t, dir, answer(43), 43); !strings.Contains(log, hit) {
		t.Errorf("the cache was not used: %s", log)
	}
}

// TestDamagedCache damages each part of an entry in many ways; the module is
// compiled again, and then the entry is sound.
func TestDamagedCache(t *testing.T) {
	skipWithoutCompiler(t)
	dir := t.TempDir()
	wasm := answer(42)
	compileWith(t, dir, wasm, 42)
	path := entry(t, dir)
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	damages := map[string]func(){
		"empty":         func() { write(t, path, nil) },
		"truncated":     func() { write(t, path, code[:len(code)/2]) },
		"longer":        func() { write(t, path, append(bytes.Clone(code), 0)) },
		"missing":       func() { _ = os.Remove(path) },
		"no sum":        func() { _ = os.Remove(path + sumSuffix) },
		"empty sum":     func() { write(t, path+sumSuffix, nil) },
		"other sum":     func() { write(t, path+sumSuffix, []byte(sumOf(nil))) },
		"a directory":   func() { _ = os.Remove(path); _ = os.Mkdir(path, 0o755) },
		"dangling link": func() { _ = os.Remove(path); _ = os.Symlink("/nonexistent", path) },
	}
	for n := range 60 {
		at, bit := r.IntN(len(code)), r.IntN(8)
		if n < 20 {
			at = n // the header
		}
		damages[fmt.Sprintf("bit %d of byte %d", bit, at)] = func() {
			c := bytes.Clone(code)
			c[at] ^= 1 << bit
			write(t, path, c)
		}
	}
	for name, damage := range damages {
		damage()
		if log := compileWith(t, dir, wasm, 42); strings.Contains(log, hit) {
			t.Errorf("%s: the damaged entry was used", name)
		}
		if log := compileWith(t, dir, wasm, 42); !strings.Contains(log, hit) {
			t.Errorf("%s: the entry was not made again: %s", name, log)
		}
	}
}

// TestEntryThatOnlyWazeroRefuses: a file with a right sum and wrong content.
func TestEntryThatOnlyWazeroRefuses(t *testing.T) {
	skipWithoutCompiler(t)
	dir := t.TempDir()
	wasm := answer(42)
	compileWith(t, dir, wasm, 42)
	path := entry(t, dir)
	bad := []byte("WAZEVO is not what this is")
	write(t, path, bad)
	write(t, path+sumSuffix, []byte(sumOf(bad)))
	compileWith(t, dir, wasm, 42)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestUnusableCache: without a place to write to, modules are compiled all the same.
func TestUnusableCache(t *testing.T) {
	skipWithoutCompiler(t)
	wasm := answer(42)
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	for name, dir := range map[string]string{"a file": file, "in a file": filepath.Join(file, "x"), "not writable": "/proc/sidecall"} {
		if log := compileWith(t, dir, wasm, 42); !strings.Contains(log, "compiled code is not kept") {
			t.Errorf("%s: nothing about it in the log: %s", name, log)
		}
	}
	t.Run("no temporary directory", func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Join(file, "tmp"))
		if log := compileWith(t, filepath.Dir(file), wasm, 42); !strings.Contains(log, "no temporary directory") {
			t.Errorf("nothing about it in the log: %s", log)
		}
	})
}

// TestReadOnlyCache: a cache that is shared read-only is used.
func TestReadOnlyCache(t *testing.T) {
	skipWithoutCompiler(t)
	dir := t.TempDir()
	wasm := answer(42)
	compileWith(t, dir, wasm, 42)
	sub := filepath.Dir(entry(t, dir))
	for _, d := range []string{sub, dir} {
		if err := os.Chmod(d, 0o555); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.Chmod(d, 0o755) }()
	}
	if log := compileWith(t, dir, wasm, 42); !strings.Contains(log, hit) {
		t.Errorf("the cache was not used: %s", log)
	}
}

// TestCacheSharedAtOnce: many engines fill one cache with the same modules.
func TestCacheSharedAtOnce(t *testing.T) {
	skipWithoutCompiler(t)
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range int32(6) {
				compileWith(t, dir, answer(n), uint64(n))
			}
		})
	}
	wg.Wait()
	for n := range int32(6) {
		if log := compileWith(t, dir, answer(n), uint64(n)); !strings.Contains(log, hit) {
			t.Errorf("module %d is not in the cache", n)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*.tmp")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// TestStageIsRemoved: closing an engine leaves nothing in the temporary directory.
func TestStageIsRemoved(t *testing.T) {
	skipWithoutCompiler(t)
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	compileWith(t, t.TempDir(), answer(1), 1)
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left in the temporary directory: %v", left)
	}
}

// TestSeed: code that another engine made of the same module is taken, no other, and what
// is damaged is made again.
func TestSeed(t *testing.T) {
	seed, dir := t.TempDir(), t.TempDir()
	compileWith(t, seed, answer(1), 1)
	if log := compileSeeded(t, dir, seed, answer(1), 1); !strings.Contains(log, hit) {
		t.Errorf("not taken from the seed: %s", log)
	}
	if log := compileWith(t, dir, answer(1), 1); !strings.Contains(log, hit) {
		t.Errorf("what was taken is not kept: %s", log)
	}
	if log := compileSeeded(t, dir, seed, answer(2), 2); strings.Contains(log, hit) {
		t.Errorf("another module's code was taken: %s", log)
	}
	entries, err := filepath.Glob(filepath.Join(seed, "*", "*"))
	if err != nil || len(entries) != 2 {
		t.Fatalf("the seed has %q, %v", entries, err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e, sumSuffix) {
			if err := os.WriteFile(e, []byte("damaged"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if log := compileSeeded(t, t.TempDir(), seed, answer(1), 1); strings.Contains(log, hit) {
		t.Errorf("damaged code was taken: %s", log)
	}
}
