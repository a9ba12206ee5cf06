//go:build linux

package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// hostDir makes a directory with files that everybody may use, by name and content.
func hostDir(t *testing.T, mode os.FileMode, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		if err == nil {
			err = os.Chmod(filepath.Join(dir, name), 0o666) // containers have other users
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// project makes what kubelet makes of a ConfigMap: links to links to a directory, which
// is replaced as a whole.
func project(t *testing.T, dir, version string, files map[string]string) {
	t.Helper()
	err := os.Mkdir(filepath.Join(dir, version), 0o755)
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, version, name), []byte(text), 0o644)
		}
		if link := filepath.Join(dir, name); err == nil {
			if _, missing := os.Lstat(link); missing != nil {
				err = os.Symlink("..data/"+name, link)
			}
		}
	}
	if err == nil {
		err = os.Symlink(version, filepath.Join(dir, "..data_tmp"))
	}
	if err == nil {
		err = os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestConfigMap: a change of a ConfigMap is seen at once, by instances made after it.
func TestConfigMap(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	config := hostDir(t, 0o755, nil)
	project(t, config, "..2026_01", map[string]string{"level": "low\n"})
	if err := os.Symlink("/proc/1/environ", filepath.Join(config, "out")); err != nil {
		t.Fatal(err)
	}
	c := p.run("guest", "example.com/guest:1", []string{"cat", "/etc/app/level", "cat", "/etc/app/out", "save", "/etc/app/new", "x", "flush", "loop"}, func(c *cri.ContainerConfig) {
		c.Mounts = []*cri.Mount{{ContainerPath: "/etc/app", HostPath: config, Readonly: true}}
	})
	c.logged("low\n")
	c.logged("cannot open /etc/app/out: ") // and the host says what was refused
	c.logged("cannot write /etc/app/new: ")
	project(t, config, "..2026_02", map[string]string{"level": "high\n"})
	if out, _ := c.exec("sidecall", "call", "--timeout", "2s", "run"); !strings.HasPrefix(out, "high\n") {
		t.Errorf("after the change: %s", out)
	}
}

// TestMounts shows what a guest has of each kind of mount, and what it has not.
func TestMounts(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	config := hostDir(t, 0o755, map[string]string{"app.yaml": "a file\n"})
	data := hostDir(t, 0o777, nil)
	secret := hostDir(t, 0o755, map[string]string{"token": "a secret\n"})
	kubelet := hostDir(t, 0o755, map[string]string{"why": "", "resolv.conf": "nameserver 192.0.2.1\n", "hosts": ""})
	c := p.run("guest", "example.com/guest:1", []string{
		"cat", "/etc/app/app.yaml", "save", "/etc/app/app.yaml", "no", "save", "/etc/app/other", "no",
		"save", "/data/new", "kept", "cat", "/secret/token", "save", "/secret/token", "no",
		"cat", "/etc/resolv.conf", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token", "save", "/tmp/why", "no", "cat", "/.sidecall/container.json",
	}, func(c *cri.ContainerConfig) {
		c.Annotations = map[string]string{"io.kubernetes.container.terminationMessagePath": "/tmp/why"}
		c.Mounts = []*cri.Mount{
			{ContainerPath: "/etc/app/app.yaml", HostPath: filepath.Join(config, "app.yaml"), Readonly: true},
			{ContainerPath: "/data", HostPath: data},
			{ContainerPath: "/secret", HostPath: secret, Readonly: true},
			{ContainerPath: "/var/run/secrets/kubernetes.io/serviceaccount", HostPath: secret, Readonly: true},
			{ContainerPath: "/etc/resolv.conf", HostPath: filepath.Join(kubelet, "resolv.conf")},
			{ContainerPath: "/tmp/why", HostPath: filepath.Join(kubelet, "why")},
		}
	})
	c.exited()
	for _, want := range []string{"a file\n", "cannot write /etc/app/app.yaml: ", "cannot write /etc/app/other: ", "a secret\n", "cannot write /secret/token: ",
		"cannot open /etc/resolv.conf: ", "cannot open /var/run/secrets/kubernetes.io/serviceaccount/token: ", "cannot write /tmp/why: ", "cannot open /.sidecall/container.json: "} {
		if !strings.Contains(c.log(), want) {
			t.Errorf("the log is\n%s\nwithout %q", c.log(), want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(data, "new")); err != nil || string(text) != "kept\n" {
		t.Errorf("what the guest wrote: %q, %v", text, err)
	}
	trapped := p.run("trapped", "example.com/guest:1", []string{"trap"}, func(c *cri.ContainerConfig) {
		c.Annotations = map[string]string{"io.kubernetes.container.terminationMessagePath": "/tmp/why"}
		c.Mounts = []*cri.Mount{{ContainerPath: "/tmp/why", HostPath: filepath.Join(kubelet, "why")}}
	})
	if s := trapped.exited(); s.ExitCode != 134 {
		t.Errorf("exit code %d", s.ExitCode)
	}
	if text, err := os.ReadFile(filepath.Join(kubelet, "why")); err != nil || !strings.Contains(string(text), "the guest trapped") {
		t.Errorf("the termination message is %q, %v", text, err)
	}
}

// TestSharedFile: a file that may be written to is the file itself.
func TestSharedFile(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	dir := hostDir(t, 0o755, map[string]string{"state": "before\n", "other": "other\n"})
	c := p.run("guest", "example.com/guest:1", []string{"cat", "/var/state", "save", "/var/state", "after", "cat", "/var/other"}, func(c *cri.ContainerConfig) {
		c.Mounts = []*cri.Mount{{ContainerPath: "/var/state", HostPath: filepath.Join(dir, "state")}}
	})
	c.exited()
	c.logged("before\ncannot open /var/other: ")
	if text, err := os.ReadFile(filepath.Join(dir, "state")); err != nil || string(text) != "after\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
}
