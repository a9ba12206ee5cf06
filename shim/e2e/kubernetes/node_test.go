//go:build linux

package kubernetes_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

// TestNode takes Sidecall from a node and puts it there again: by hand, and with the
// DaemonSet. Pods that run do not notice.
func TestNode(t *testing.T) {
	n := newNamespace(t)
	image := n.push(guest, "acme/guest:node")
	n.apply(podOf("running", "", fmt.Sprintf("name: guest, image: %q, args: [say, begin, flush, loop]", image)))
	n.logged("running", "guest", "begin")
	installed := read(t, testnode.ConfigFile)
	if got, want := n.must(n.c.tested("node", "status")), 4; strings.Count(got, " ok\n") != want {
		t.Errorf("status says\n%s", got)
	}

	// Twice is once: containerd is not restarted again.
	pid := containerdPID(t)
	if out := n.must(n.c.tested("node", "install", "--restart")); out != "" || read(t, testnode.ConfigFile) != installed || containerdPID(t) != pid {
		t.Errorf("the second install: %s", out)
	}
	// What was interrupted before the restart is completed by the next.
	if err := os.Chtimes(testnode.ConfigFile, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if out, err := n.c.tested("node", "status"); err == nil || !strings.Contains(out, "containerd                   was started before the configuration changed: restart it\n") {
		t.Errorf("status says %v\n%s", err, out)
	}
	n.must(n.c.tested("node", "install", "--restart"))
	if containerdPID(t) == pid {
		t.Error("containerd was not restarted")
	}

	// Without it, a pod's events say what is missing, and what runs goes on.
	if out, err := n.c.tested("node", "uninstall", "--restart"); err == nil || !strings.Contains(err.Error(), "1 of this node's pods still run by it") {
		t.Errorf("uninstall: %v\n%s", err, out)
	}
	if got := read(t, testnode.ConfigFile); got != testnode.Config {
		t.Errorf("after uninstall the configuration is\n%s", got)
	}
	if out, err := n.c.tested("node", "status"); err == nil || !strings.Contains(out, "has no runtime named sidecall") {
		t.Errorf("status says %v\n%s", err, out)
	}
	n.apply(podOf("waiting", "", fmt.Sprintf("name: guest, image: %q, args: [say, begin, flush, loop]", image)))
	n.event("waiting", `no runtime for "sidecall" is configured`)

	n.installer()
	n.logged("waiting", "guest", "begin")
	if restarts := n.get("pod/running", "{.status.containerStatuses[0].restartCount}"); restarts != "0" || n.get("pod/running", "{.status.phase}") != "Running" {
		t.Errorf("the pod that ran was restarted %s times", restarts)
	}
	if got := read(t, testnode.ConfigFile); got != installed {
		t.Errorf("the DaemonSet wrote\n%s, want\n%s", got, installed)
	}
	n.must(n.kubectl("delete", "pod", "running"))
}

// installer applies the Kustomize base, with the image of its Dockerfile.
func (n *namespace) installer() {
	n.Helper()
	i := &testnode.Image{Config: ocispec.ImageConfig{Entrypoint: []string{"/sidecall"}}}
	for _, name := range []string{"sidecall", "containerd-shim-sidecall-v1"} {
		i.Files = append(i.Files, testnode.File{Name: name, Data: []byte(read(n.T, filepath.Join(os.Getenv(testnode.Env), "tested", name)))})
	}
	if err := n.c.registry.Push(n.Context(), i, "acme/sidecall-installer:1"); err != nil {
		n.Fatal(err)
	}
	base, err := filepath.Abs("../../deploy/base")
	if err != nil {
		n.Fatal(err)
	}
	overlay := n.TempDir()
	relative, err := filepath.Rel(overlay, base)
	if err != nil {
		n.Fatal(err)
	}
	text := fmt.Sprintf("resources: [%q]\nimages: [{name: sidecall-installer, newName: %s/acme/sidecall-installer, newTag: '1'}]\n", relative, n.c.registry.Address())
	if err := os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		n.Fatal(err)
	}
	n.must(n.c.kubectl("", "apply", "-k", overlay))
	n.Cleanup(func() {
		if _, err := n.c.kubectl("", "-n", "sidecall-system", "delete", "daemonset", "sidecall-installer"); err != nil {
			n.Error(err)
		}
	})
	if _, err := n.c.kubectl("", "-n", "sidecall-system", "rollout", "status", "daemonset/sidecall-installer", "--timeout=2m"); err != nil {
		out, _ := n.c.kubectl("", "-n", "sidecall-system", "describe", "pods")
		n.Fatalf("%v\n%s", err, out)
	}
}

// TestNodeElsewhere installs where containerd does not look by itself, in a configuration
// of the version before, with one that is imported.
func TestNodeElsewhere(t *testing.T) {
	n := newNamespace(t)
	n.eventually("uninstall", func() error { // the pods of tests before end in their own time
		_, err := n.c.tested("node", "uninstall", "--restart")
		return err
	})
	left, _ := filepath.Glob("/usr/local/bin/*sidecall*")
	if entries, err := os.ReadDir("/etc/containerd"); err != nil || len(entries) != 2 || len(left) > 0 {
		t.Errorf("uninstall left %q, %v, %v", left, entries, err)
	}
	before := strings.NewReplacer("version = 3\n", "version = 2\nimports = ['/etc/containerd/conf.d/*.toml']\n",
		"'io.containerd.cri.v1.images'.registry", "'io.containerd.grpc.v1.cri'.registry", "[plugins.'io.containerd.cri.v1.images'.pinned_images]\n  sandbox", "[plugins.'io.containerd.grpc.v1.cri']\n  sandbox_image",
		"[plugins.'io.containerd.cri.v1.runtime']\n", "", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri").Replace(testnode.Config)
	drop := "/etc/containerd/conf.d/more.toml"
	if err := os.MkdirAll(filepath.Dir(drop), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{testnode.ConfigFile: before, drop: "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\n  BinaryName = '/usr/sbin/runc'\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		n.must(n.c.tested("node", "uninstall", "--restart", "--bin-dir", "/opt/containerd/sidecall"))
		if got := read(t, testnode.ConfigFile); got != before {
			t.Errorf("after uninstall the configuration is\n%s", got)
		}
		if err := os.WriteFile(testnode.ConfigFile, []byte(testnode.Config), 0o644); err != nil {
			t.Error(err)
		}
		if err := os.Remove(drop); err != nil {
			t.Error(err)
		}
		n.must(n.c.tested("node", "install", "--restart"))
	})
	n.must(n.c.tested("node", "install", "--restart", "--bin-dir", "/opt/containerd/sidecall"))
	if text := read(t, testnode.ConfigFile); !strings.Contains(text, "BinaryName = \"/usr/sbin/runc\"") || !strings.Contains(text, "runtime_path = \"/opt/containerd/sidecall/containerd-shim-sidecall-v1\"") {
		t.Errorf("the configuration is\n%s", text)
	}
	n.apply(podOf("guest", "restartPolicy: Never", fmt.Sprintf("name: guest, image: %q, args: [say, elsewhere]", n.push(guest, "acme/guest:elsewhere"))))
	n.until("pod/guest", "{.status.phase}", "Succeeded")
	n.logged("guest", "guest", "elsewhere")
	n.must(n.kubectl("delete", "pod", "guest"))
}

// TestNodeDenied tries it as another user, with the program that is installed: what it was
// copied from may be where only root can look.
func TestNodeDenied(t *testing.T) {
	theCluster(t)
	cmd := exec.Command("/usr/local/bin/sidecall", "node", "uninstall")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Env = append(os.Environ(), "HOME=/nowhere")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "permission denied; a node's files are root's: run this as root") {
		t.Errorf("%v: %s", err, out)
	}
}

func containerdPID(t *testing.T) string {
	t.Helper()
	return read(t, "/run/containerd/pid")
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
