package engine

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzCache damages what a cache holds: code is taken from it only when it is sound, and
// the module does what it should whatever is there.
func FuzzCache(f *testing.F) {
	f.Add(uint16(0), uint16(3), byte(1), uint16(0))
	f.Add(uint16(1), uint16(0), byte(0), uint16(5))
	f.Add(uint16(0), uint16(300), byte(255), uint16(65535))
	wasm := answer(42)
	whole := map[string][]byte{}
	f.Fuzz(func(t *testing.T, which, at uint16, with byte, length uint16) {
		dir := t.TempDir()
		if len(whole) == 0 {
			compileWith(t, dir, wasm, 42)
			err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
				if err == nil && e.Type().IsRegular() {
					name, _ := filepath.Rel(dir, path)
					whole[name], err = os.ReadFile(path)
				}
				return err
			})
			if err != nil || len(whole) == 0 {
				t.Fatalf("a cache of %d files: %v", len(whole), err)
			}
		}
		n := 0
		for _, name := range slices.Sorted(maps.Keys(whole)) {
			data := append([]byte(nil), whole[name]...)
			if n == int(which)%(len(whole)+1) { // or none
				if len(data) > 0 {
					data[int(at)%len(data)] ^= with
				}
				if length > 0 {
					data = data[:min(len(data), int(length))]
				}
			}
			n++
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		compileWith(t, dir, wasm, 42)
		compileWith(t, dir, wasm, 42)
	})
}
