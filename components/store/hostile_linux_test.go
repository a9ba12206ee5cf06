package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/components/store"
)

// TestPipes: nobody waits for a pipe that stands where a file should.
func TestPipes(t *testing.T) {
	for _, what := range []string{"files/DIGEST/app.wasm", "blobs/sha256/COMPONENT", "refs", "index.json"} {
		root := t.TempDir()
		s := store.Open(root)
		desc := add(t, s, composition)
		laidOut(t, s, desc, composition)
		layout := t.TempDir()
		path := filepath.Join(root, strings.NewReplacer("DIGEST", desc.Digest.Encoded(), "COMPONENT", digest.FromBytes(composition.Components[0].Bytes).Encoded()).Replace(what))
		if what == "index.json" {
			path = filepath.Join(layout, what)
		}
		remove(t, path)
		if err := syscall.Mkfifo(path, 0o644); errors.Is(err, syscall.EPERM) {
			t.Skip("no pipes here")
		} else if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if what == "index.json" {
				if _, err := s.Import(t.Context(), layout); err == nil || !strings.Contains(err.Error(), "not a regular file") {
					t.Errorf("%s: %v", what, err)
				}
				return
			}
			_, _ = s.Files("x", desc) // may be an error, if a blob is missing then
			_ = s.Remove(strings.Repeat("0", 64))
			if got, err := s.Add(composition); err != nil || got.Digest != desc.Digest {
				t.Errorf("%s: %v", what, err)
			}
			if _, err := s.Files("x", desc); err != nil && what != "blobs/sha256/COMPONENT" {
				t.Errorf("%s: %v", what, err)
			}
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil { // lets who waits go on
				f.Close()
			}
			t.Fatalf("somebody waits for %s", what)
		}
	}
}

// TestArchiveIsPipe: an archive that is a pipe is refused, and nobody waits for its other end.
func TestArchiveIsPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.tar")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := store.Open(t.TempDir()).Import(t.Context(), path)
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the pipe's other end")
	}
}
