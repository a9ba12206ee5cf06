//go:build linux

package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// house runs sidecall node for the node under test.
func (n *node) house(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(n.bin, "sidecall"), append([]string{"node"}, append(args, "--bin-dir", n.bin, "--address", n.socket())...)...)
	cmd.Env = append(os.Environ(), "SIDECALL_NODE_DIR="+filepath.Join(n.dir, "node"), "SIDECALL_NODE_CONFIG="+n.operatorFile())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sidecall node %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// operatorFile is what the node's operator says.
func (n *node) operatorFile() string { return filepath.Join(n.dir, "node.yaml") }

// code lists the compiled code in the node's cache, of an artifact or of all ("*").
func (n *node) code(artifact string) []string {
	all, _ := filepath.Glob(filepath.Join(n.dir, "node", "code", artifact+"-*"))
	return all
}

// TestPrewarm: what is prepared beforehand is there for the first pod, and goes with its
// image.
func TestPrewarm(t *testing.T) {
	p := newPod(t, nil)
	const image = "example.com/warm:1"
	p.n.push(t, artifact{name: image, wasm: map[string][]byte{"warm.wasm": variant(t, "warm")}})
	before := len(p.n.code("*"))
	if out := p.n.house(t, "prewarm", image); !strings.HasPrefix(out, image+": ready after ") {
		t.Errorf("it says %s", out)
	}
	code := p.n.code("*")
	if len(code) != before+1 {
		t.Fatalf("the cache has %q", code)
	}
	c := p.run("warm", image, []string{"say", "warm", "flush", "loop"}, nil)
	c.logged("warm")
	if got := p.n.code("*"); len(got) != before+1 {
		t.Errorf("the pod has made more: %q", got)
	}
	if _, err := p.n.images.RemoveImage(t.Context(), &cri.RemoveImageRequest{Image: &cri.ImageSpec{Image: image}}); err != nil {
		t.Fatal(err)
	}
	p.n.house(t, "prune")
	if got := p.n.code("*"); len(got) != before+1 {
		t.Errorf("a container that runs has lost its code: %q", got)
	}
	if _, err := p.n.runtime.StopContainer(t.Context(), &cri.StopContainerRequest{ContainerId: c.id}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.n.runtime.RemoveContainer(t.Context(), &cri.RemoveContainerRequest{ContainerId: c.id}); err != nil {
		t.Fatal(err)
	}
	if err := eventually(20*time.Second, func() error { // containerd collects content some time after an image
		p.n.house(t, "prune")
		if got := p.n.code("*"); len(got) > before {
			return fmt.Errorf("the image is gone, and the cache has %q", got)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// variant is the guest with a custom section, so that it is another artifact.
func variant(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(wasm, 0, byte(len(name)+1), byte(len(name))), name...)
}

// TestRebuilt: another build of sidecall that makes the same code takes what there is.
func TestRebuilt(t *testing.T) {
	p := newPod(t, nil)
	const image = "example.com/rebuilt:1"
	p.n.push(t, artifact{name: image, wasm: map[string][]byte{"rebuilt.wasm": variant(t, "rebuilt")}})
	before := map[string]bool{}
	for _, dir := range p.n.code("*") {
		before[dir] = true
	}
	added := func() (dir string) {
		for _, d := range p.n.code("*") {
			if !before[d] {
				before[d], dir = true, d
			}
		}
		return dir
	}
	c := p.run("first", image, []string{"say", "first"}, nil)
	c.exited()
	first := added()
	// A mark that only a copy can have, where it changes nothing: behind the code.
	files, _ := filepath.Glob(filepath.Join(first, "*", "*.sum"))
	if len(files) == 0 {
		t.Fatalf("nothing was compiled in %q", first)
	}
	marked := map[string]bool{}
	for _, sum := range files {
		file := strings.TrimSuffix(sum, ".sum")
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code = append(code, 0)
		s := sha256.Sum256(code)
		if err := errors.Join(os.WriteFile(file, code, 0o444), os.WriteFile(sum, []byte(hex.EncodeToString(s[:])), 0o444)); err != nil {
			t.Fatal(err)
		}
		marked[hex.EncodeToString(s[:])] = true
	}
	program := filepath.Join(p.n.bin, "sidecall")
	if err := os.Chtimes(program, time.Time{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	c = p.run("second", image, []string{"say", "second"}, nil)
	c.exited()
	c.logged("second")
	second := added()
	if second == "" {
		t.Fatal("another build has made nothing of its own")
	}
	copies, _ := filepath.Glob(filepath.Join(second, "*", "*.sum"))
	for _, sum := range copies {
		if text, err := os.ReadFile(sum); err != nil || !marked[string(text)] {
			t.Errorf("%s was compiled again: %v", sum, err)
		}
	}
	if len(copies) != len(files) {
		t.Errorf("%d of %d modules were taken", len(copies), len(files))
	}
}

// TestOperator: what the node's operator says holds for every pod.
func TestOperator(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/shop:1", "../../examples/02-http")
	p.n.pack(t, "example.com/guest:1", guest)
	say := func(text string) {
		if err := os.WriteFile(p.n.operatorFile(), []byte("apiVersion: sidecall.dev/v1alpha1\nkind: Node\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Remove(p.n.operatorFile()) })
	say("pods: {ports: [\"1\"]}\n")
	address := freeAddress(t)
	c := p.run("listen", "example.com/shop:1", nil, func(c *cri.ContainerConfig) {
		c.Envs = []*cri.KeyValue{{Key: "SIDECALL_LISTEN", Value: []byte(address)}}
	})
	if s := c.exited(); s.ExitCode == 0 || !strings.Contains(c.log(), "the node's operator does not let pods listen at port") {
		t.Errorf("%d\n%s", s.ExitCode, c.log())
	}
	say("pods: {files: false, maxMemory: 32MiB}\n")
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "lines"), []byte("from a volume\n"), 0o644), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	c = p.run("files", "example.com/guest:1", []string{"cat", "/data/lines"}, func(c *cri.ContainerConfig) {
		c.Mounts = []*cri.Mount{{ContainerPath: "/data", HostPath: dir, Readonly: true}}
	})
	if c.exited(); strings.Contains(c.log(), "from a volume") {
		t.Errorf("the log is\n%s", c.log())
	}
	say("pods: {file: false}\n")
	if _, err := p.create("wrong", "example.com/guest:1", nil, nil); err == nil || !strings.Contains(err.Error(), "node.yaml") {
		t.Errorf("a file that is not right: %v", err)
	}
	say("")
	if err := os.Chmod(p.n.operatorFile(), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := p.create("open", "example.com/guest:1", nil, nil); err == nil || !strings.Contains(err.Error(), "others may write to it") {
		t.Errorf("a file that others may write to: %v", err)
	}
}

// TestNoRuntimeClass: who forgets the RuntimeClass reads what is missing.
func TestNoRuntimeClass(t *testing.T) {
	p := newPodOf(t, "plain", "runc", nil)
	p.n.pack(t, "example.com/hello:1", hello)
	_, err := p.create("plain", "example.com/hello:1", nil, nil)
	if err == nil || !strings.Contains(err.Error(), `"needs-runtimeClassName-sidecall"`) {
		t.Errorf("%v", err)
	}
	t.Log(err)
}
