//go:build linux

package shim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/shim/operator"
	"github.com/sidecall/sidecall/shim/prepared"
)

// lay makes an artifact in the cache that was used so long ago, with compiled code of size
// bytes made by some builds of the program, the last one last.
func lay(t *testing.T, n *node, artifact string, ago time.Duration, size int, builds ...string) {
	t.Helper()
	when := time.Now().Add(-ago)
	uses := filepath.Join(n.dir, "uses", artifact)
	err := os.MkdirAll(uses, 0o755)
	for i, b := range builds {
		dir := filepath.Join(n.dir, "code", artifact+"-"+b)
		ready := filepath.Join(dir, prepared.AboutFile)
		err = errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "x"), make([]byte, size), 0o644),
			os.WriteFile(ready, nil, 0o644), os.Chtimes(ready, when, when.Add(time.Duration(i)*time.Minute)))
	}
	if err = errors.Join(err, os.Chtimes(uses, when, when)); err != nil {
		t.Fatal(err)
	}
}

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{dir: t.TempDir(), operator: operator.Node{Cache: operator.Cache{MaxSize: 1 << 40, KeepFor: operator.DefaultKeepFor}}}
	t.Setenv(NodeDirEnv, n.dir)
	return n
}

// code lists the compiled code that is there.
func (n *node) code() []string {
	all, _ := filepath.Glob(filepath.Join(n.dir, "code", "[^.]*"))
	for i, dir := range all {
		all[i] = filepath.Base(dir)
	}
	return all
}

// TestPrune shows what the node's cache keeps: what is used, and what was used lately.
func TestPrune(t *testing.T) {
	n := newNode(t)
	bundle := t.TempDir()
	const long = 2 * operator.DefaultKeepFor
	for artifact, b := range map[string]string{"used": bundle, "gone": bundle + "/gone", "ended": bundle, "lately": bundle} {
		lay(t, n, artifact, long, 1, "1")
		if err := n.use(artifact, "k8s.io", artifact, b, ""); err != nil {
			t.Fatal(err)
		}
	}
	half := filepath.Join(n.dir, "code", making+"x")
	if err := errors.Join(os.Mkdir(half, 0o755), os.Chtimes(half, time.Time{}, time.Now().Add(-long))); err != nil {
		t.Fatal(err)
	}
	forget("k8s.io", "ended")
	forget("k8s.io", "lately")
	for _, artifact := range []string{"used", "gone", "ended"} {
		if err := os.Chtimes(filepath.Join(n.dir, "uses", artifact), time.Time{}, time.Now().Add(-long)); err != nil {
			t.Fatal(err)
		}
	}
	// While somebody looks for something to use, nothing goes.
	release, err := n.hold()
	if err != nil {
		t.Fatal(err)
	}
	n.prune(t.Context())
	if got := n.code(); len(got) != 4 {
		t.Errorf("collected while it was looked for: %q is left", got)
	}
	release()
	n.prune(t.Context())
	if _, err := os.Stat(half); err == nil {
		t.Error("what was never finished is kept")
	}
	if got, want := n.code(), []string{"lately-1", "used-1"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}

// TestPruneSize: what has not been used for longest goes until the rest fits.
func TestPruneSize(t *testing.T) {
	n := newNode(t)
	n.operator.Cache.MaxSize = 2500
	lay(t, n, "oldest", 4*time.Hour, 1000, "1")
	lay(t, n, "older", 3*time.Hour, 1000, "1")
	lay(t, n, "used", 5*time.Hour, 1000, "1")
	lay(t, n, "new", time.Hour, 1000, "1")
	if err := n.use("used", "k8s.io", "c", t.TempDir(), "used-1"); err != nil {
		t.Fatal(err)
	}
	n.prune(t.Context())
	if got, want := n.code(), []string{"new-1", "used-1"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	n.operator.Cache.MaxSize = 1 << 40
	n.prune(t.Context())
	if got := n.code(); len(got) != 2 {
		t.Errorf("kept %q", got)
	}
	n.operator.Cache.MinFree = 101 // no disk has that
	n.prune(t.Context())
	if got, want := n.code(), []string{"used-1"}; !slices.Equal(got, want) {
		t.Errorf("under pressure kept %q, want %q", got, want)
	}
}

// TestPruneImages: what containerd has no image of any more goes; if it cannot be asked,
// nothing does.
func TestPruneImages(t *testing.T) {
	n := newNode(t)
	here, removed, used := digest.FromString("here"), digest.FromString("removed"), digest.FromString("used")
	for _, d := range []digest.Digest{here, removed, used} {
		lay(t, n, d.Encoded(), time.Minute, 1, "1")
		if err := errors.Join(n.from("k8s.io", d), n.from("moby", d)); err != nil {
			t.Fatal(err)
		}
	}
	lay(t, n, "files", time.Minute, 1, "1") // of a container's files
	if err := n.use(used.Encoded(), "k8s.io", "c", t.TempDir(), ""); err != nil {
		t.Fatal(err)
	}
	n.has = func(context.Context, string, digest.Digest) (bool, error) { return false, errors.New("no answer") }
	n.prune(t.Context())
	if got := n.code(); len(got) != 4 {
		t.Errorf("without an answer kept %q", got)
	}
	n.has = func(_ context.Context, namespace string, d digest.Digest) (bool, error) {
		return namespace == "moby" && d == here, nil
	}
	n.prune(t.Context())
	want := []string{here.Encoded() + "-1", used.Encoded() + "-1", "files-1"}
	if got := n.code(); len(got) != 3 || !slices.Contains(got, want[0]) || !slices.Contains(got, want[1]) || !slices.Contains(got, want[2]) {
		t.Errorf("kept %q, want %q", got, want)
	}
}

// TestPruneBuilds: of code that several builds of the program have made there stays the
// newest, and what containers run.
func TestPruneBuilds(t *testing.T) {
	n := newNode(t)
	lay(t, n, "a", time.Hour, 1, "1", "2", "3", "4")
	if err := n.use("a", "k8s.io", "c", t.TempDir(), "a-2"); err != nil {
		t.Fatal(err)
	}
	lay(t, n, "b", time.Hour, 1, "1", "2")
	n.prune(t.Context())
	if got, want := n.code(), []string{"a-2", "a-4", "b-2"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if got := n.seed("a"); filepath.Base(got) != "a-4" {
		t.Errorf("the seed is %q", got)
	}
}
