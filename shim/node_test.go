//go:build linux

package shim

import (
	"os"
	"path/filepath"
	"testing"
)

// TestForAll: what a process has made for itself can be read by everybody.
func TestForAll(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "key")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(sub, "code")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := forAll(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o755, sub: 0o755, file: 0o444} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := forAll(filepath.Join(dir, "none")); err == nil {
		t.Error("nothing is no error")
	}
}
