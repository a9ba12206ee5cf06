//go:build linux

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// preview1 is a core module of WASI preview1, as its compiler left it.
const preview1 = "../../cmd/sidecall/testdata/preview1/preview1.wasm"

// TestPreview1 runs it as an artifact, and as a file of an ordinary image.
func TestPreview1(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/preview1:1", preview1)
	wasm, err := os.ReadFile(preview1)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := linuxArchive(file, "example.com/preview1-file:1", filepath.Join(p.n.bin, "tool"), map[string][]byte{"app": wasm}, []string{"/app"}); err != nil {
		t.Fatal(err)
	}
	if err := p.n.load(file, "example.com/preview1-file:1"); err != nil {
		t.Fatal(err)
	}
	for name, image := range map[string]string{"artifact": "example.com/preview1:1", "file": "example.com/preview1-file:1"} {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o777); err != nil { // an artifact does not run as root
			t.Fatal(err)
		}
		c := p.run(name, image, []string{"memory"}, func(c *cri.ContainerConfig) {
			c.Mounts = []*cri.Mount{{ContainerPath: "/data", HostPath: dir}}
		})
		if s := c.exited(); s.ExitCode != 0 {
			t.Errorf("%s: exit code %d\n%s", name, s.ExitCode, c.log())
		}
		c.logged("write from 0: 40\n")
		c = p.run(name+"-env", image, []string{"env", "argument"}, func(c *cri.ContainerConfig) {
			c.Envs = []*cri.KeyValue{{Key: "LEVEL", Value: []byte("loud")}}
		})
		c.exited()
		c.logged("arg argument\n")
		c.logged("env LEVEL=loud\n")
		if s := p.run(name+"-exit", image, []string{"exit", "42"}, nil).exited(); s.ExitCode != 42 {
			t.Errorf("%s: exit code %d", name, s.ExitCode)
		}
	}
}
