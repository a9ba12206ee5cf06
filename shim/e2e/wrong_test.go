//go:build linux

package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// leftInContainerd are the snapshots that a container could write to, and the leases.
func (n *node) leftInContainerd(t *testing.T) (out []string) {
	t.Helper()
	for _, kind := range []string{"snapshots", "leases"} {
		text, err := n.ctr(kind, "ls")
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			switch {
			case strings.Contains(line, "DEPRECATION") || len(fields) < 2 || fields[0] == "KEY" || fields[0] == "ID":
			case kind == "leases" || fields[len(fields)-1] == "Active":
				out = append(out, kind+": "+line)
			}
		}
	}
	return out
}

// sockets are those of the shims that run.
func (n *node) sockets(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(n.dir, "state", "io.containerd.runtime.v2.task", "k8s.io", "*", "bootstrap.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		var b struct{ Address string }
		data, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(data, &b)
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimPrefix(b.Address, "unix://"))
	}
	return out
}

// leftOf are sockets that are still there.
func leftOf(sockets []string) []string {
	return slices.DeleteFunc(slices.Clone(sockets), func(s string) bool {
		_, err := os.Stat(s)
		return errors.Is(err, os.ErrNotExist)
	})
}

// TestLeavings: pods that end in all kinds of ways leave nothing behind.
func TestLeavings(t *testing.T) {
	// A containerd before 2.4 leaves cgroups behind a shim that an earlier test has killed.
	before := theNode(t).present(t)
	var sockets []string
	t.Run("pods", func(t *testing.T) {
		p := newPod(t, nil)
		c := looking(t, p)
		c.exec("sidecall", "ps")
		p.run("done", "example.com/guest:1", []string{"say", "done"}, nil).exited()
		p.run("trap", "example.com/guest:1", []string{"trap"}, nil).exited()
		if _, err := p.create("wrong", linuxImage, nil, command("/none")); err == nil {
			t.Error("a container that cannot be started was")
		}
		p.run("linux", linuxImage, nil, nil)
		if sockets = p.n.sockets(t); len(sockets) == 0 {
			t.Error("no shim has a socket")
		}
	})
	if left := append(theNode(t).left(t, before...), leftOf(sockets)...); len(left) > 0 {
		t.Errorf("left behind: %.2000q", left)
	}
}

// TestWrongComposition: what a pod's events or its termination message say of a composition
// is what sidecall check says.
func TestWrongComposition(t *testing.T) {
	p := newPod(t, nil)
	dir := t.TempDir()
	for _, name := range []string{"app.wasm", "journal.wasm"} {
		data, err := os.ReadFile(filepath.Join(hello, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const head = "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: wrong }\nmain: app\ncomponents:\n"
	for name, text := range map[string]string{
		"unlinked": head + "  app: { file: ./app.wasm }\n",
		"unset":    head + "  app: { file: ./app.wasm, env: { A: \"${NOBODY_SETS_IT}\" } }\n  journal: { file: ./journal.wasm }\n",
		"misspelt": head + "  app: { fil: ./app.wasm }\n",
		"cyclic":   head + "  app: { file: ./app.wasm, imports: { \"example:hello/journal\": app } }\n",
	} {
		manifest := filepath.Join(dir, "sidecall.yaml")
		if err := os.WriteFile(manifest, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		check := exec.Command(filepath.Join(p.n.bin, "sidecall"), "check", "-q", "--color", "never", dir)
		check.Env = []string{"PATH=/bin"}
		said, err := check.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatalf("%s: check finds nothing: %v\n%s", name, err, said)
		}
		image := "example.com/" + name + ":1"
		archive := filepath.Join(t.TempDir(), "image.tar")
		files := map[string][]byte{"app/sidecall.yaml": []byte(text)}
		for _, f := range []string{"app.wasm", "journal.wasm"} {
			if files["app/"+f], err = os.ReadFile(filepath.Join(dir, f)); err != nil {
				t.Fatal(err)
			}
		}
		if err := labelledArchive(archive, image, filepath.Join(p.n.bin, "tool"), files, []string{"/sidecall"}, map[string]string{"dev.sidecall.composition": "/app"}); err != nil {
			t.Fatal(err)
		}
		if err := p.n.load(archive, image); err != nil {
			t.Fatal(err)
		}
		_, err = p.create(name, image, nil, nil)
		if err == nil {
			t.Errorf("%s: a container was created", name)
			continue
		}
		// Each line of what check says, without where the files are.
		for line := range strings.Lines(strings.ReplaceAll(string(said), dir+"/", "")) {
			line = strings.TrimRight(line, "\n")
			if !strings.Contains(strings.ReplaceAll(err.Error(), `\n`, "\n"), line) {
				t.Errorf("%s: the event is\n%v\nwithout %q", name, err, line)
			}
		}
	}
}

// TestMissingGrant: a directory that the manifest grants and the pod does not mount is
// named in the termination message.
func TestMissingGrant(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/files:2", "../../examples/03-files")
	dir := hostDir(t, 0o755, map[string]string{"why": ""})
	c := p.run("files", "example.com/files:2", nil, func(c *cri.ContainerConfig) {
		c.Mounts = []*cri.Mount{{ContainerPath: "/dev/termination-log", HostPath: filepath.Join(dir, "why")}}
	})
	if s := c.exited(); s.ExitCode != 3 {
		t.Errorf("exit code %d\n%s", s.ExitCode, c.log())
	}
	text, err := os.ReadFile(filepath.Join(dir, "why"))
	if err != nil || !strings.Contains(string(text), "app is granted a directory that cannot be used") {
		t.Errorf("the termination message is %q, %v", text, err)
	}
}

// TestNoWasm: an image that has nothing of what an annotation says it has.
func TestNoWasm(t *testing.T) {
	p := newPod(t, map[string]string{"sidecall.dev/runtime": "wasm"})
	_, err := p.create("none", linuxImage, nil, nil)
	const want = "the annotation sidecall.dev/runtime says so, but the image has no layer of WebAssembly, and /tool is no WebAssembly"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
}
