//go:build linux

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// bridge is the name of this node's bridge; several nodes may be on one machine.
func (n *node) bridge() string { return fmt.Sprintf("sc%d", os.Getpid()) }

// cgroup is where this node's pods have their cgroups.
func (n *node) cgroup() string { return "/" + n.bridge() }

// networkPlugins is the line in containerd's configuration that says where CNI's plugins
// are. From 2.1 on it may be several directories, and since 2.4 it must be so.
func networkPlugins() string {
	// A containerd that does not say its version does not start either.
	version, _ := exec.Command(filepath.Join(os.Getenv("SIDECALL_E2E"), "bin", "containerd"), "--version").Output()
	if strings.Contains(string(version), " 2.0.") {
		return `bin_dir = "/usr/lib/cni"`
	}
	return `bin_dirs = ["/usr/lib/cni"]`
}

// configureNetwork gives pods that ask for it a network of their own, by the plugins
// of Debian's containernetworking-plugins.
func (n *node) configureNetwork() error {
	dir := filepath.Join(n.dir, "cni")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pid := os.Getpid()
	text := fmt.Sprintf(`{"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": %q, "isGateway": true,
		"ipam": {"type": "host-local", "dataDir": %q, "ranges": [[{"subnet": "10.%d.%d.0/24"}]]}}]}`,
		n.bridge(), filepath.Join(n.dir, "addresses"), 64+pid>>8&63, pid&255)
	return os.WriteFile(filepath.Join(dir, "10-pods.conflist"), []byte(text), 0o600)
}

// networkPod is a pod with a network of its own, and its address there.
func networkPod(t *testing.T) (*pod, string) {
	t.Helper()
	theNode(t)
	if _, err := os.Stat("/usr/lib/cni/bridge"); err != nil {
		t.Skipf("pods cannot have networks: apt-get install containernetworking-plugins: %v", err)
	}
	p := newPodOn(t, cri.NamespaceMode_POD, "p", "sidecall", nil)
	r, err := p.n.runtime.PodSandboxStatus(t.Context(), &cri.PodSandboxStatusRequest{PodSandboxId: p.id})
	if err != nil {
		t.Fatal(err)
	}
	return p, r.Status.GetNetwork().GetIp()
}
