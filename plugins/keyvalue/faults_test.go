//go:build unix

package keyvalue

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// TestFaultsAreLogged: guests may keep to themselves that a bucket cannot be kept. What
// they try again and again is told once.
func TestFaultsAreLogged(t *testing.T) {
	var log bytes.Buffer
	logged := func(want ...string) {
		t.Helper()
		lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		if len(lines) != len(want) {
			t.Fatalf("logged %s", &log)
		}
		for i, line := range lines {
			if !strings.Contains(line, want[i]) || !strings.Contains(line, `"bucket":"cache"`) {
				t.Errorf("logged %s, want %s", line, want[i])
			}
		}
		log.Reset()
	}
	plugin := func(dir string) *Plugin {
		p := New(Config{Dir: dir, Log: zerolog.New(&log)})
		t.Cleanup(func() { _ = p.Close() }) // some of its files are closed
		return p
	}

	dir := t.TempDir()
	first := plugin(dir)
	b, err := first.bucket("cache")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.set(pair{"k", []byte("v")}); err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
	second := plugin(dir)
	for range 3 {
		if _, err := second.bucket("cache"); err == nil {
			t.Error("two have the directory")
		}
	}
	logged("another process has the directory of buckets open")

	if err := b.log.file.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := b.set(pair{"k", []byte("w")}); err == nil {
			t.Error("a file that cannot be written took a step")
		}
	}
	logged("file already closed")
	_ = first.Close() // as said above

	if err := os.Truncate(filepath.Join(dir, "cache.bucket"), int64(len(logHeader))+3); err != nil {
		t.Fatal(err)
	}
	if _, err := second.bucket("cache"); err != nil {
		t.Error(err)
	}
	logged(`"bytes":3,"message":"the last step of a bucket was not written to its end, and is left out"`)

	file := filepath.Join(dir, "cache.bucket")
	if _, err := plugin(file).bucket("cache"); err == nil {
		t.Error("a file is a directory")
	}
	logged("mkdir " + file + ": not a directory")
}
