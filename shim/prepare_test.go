//go:build linux

package shim

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/confine"
)

func TestMain(m *testing.M) {
	confine.Main()
	os.Exit(m.Run())
}

// TestHostilePrepare: whatever becomes of the process that reads what strangers wrote, the
// node stays as it was.
func TestHostilePrepare(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make namespaces and mounts")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "hostile")
	build := exec.Command("go", "build", "-o", program, "./testdata/hostile")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("SIDECALL_TEST_SECRET", "of-the-node")
	for _, tc := range []struct {
		what    string
		want    []string
		not     string
		timeout time.Duration
	}{
		{"look", []string{`env ["TMPDIR=/work" "GOMEMLIMIT=`, `stdin "A=of-the-pod"`, "root false"}, "read /", time.Minute},
		{"flood", []string{"it is no archive"}, "\x1b", time.Minute},
		{"escape", []string{`"../../../../pwned" is no name of compiled code`}, "", time.Minute},
		{"silent", []string{"it is no archive: EOF"}, "", time.Minute},
		{"spin", []string{"compiling took longer than"}, "", time.Second},
	} {
		t.Run(tc.what, func(t *testing.T) {
			n := newNode(t)
			n.program, n.run = program, wait
			app := t.TempDir()
			if err := os.WriteFile(filepath.Join(app, "what"), []byte(tc.what), 0o644); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
			defer cancel()
			_, err := n.compiled(ctx, &store.Files{Digest: digest.FromString("x"), Path: app, Composition: true}, []string{"A=of-the-pod"})
			if err == nil {
				t.Fatal("something was prepared")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v, without %q", err, want)
				}
			}
			if text := err.Error(); len(text) > 4000 || tc.not != "" && strings.Contains(text, tc.not) || strings.Contains(text, "of-the-node") {
				t.Errorf("%d bytes: %q", len(text), text)
			}
			left, _ := filepath.Glob(filepath.Join(n.dir, "code", "*"))
			hidden, _ := filepath.Glob(filepath.Join(n.dir, "code", ".*"))
			if left = append(left, hidden...); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}
