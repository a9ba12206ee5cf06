//go:build linux

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// pod is a sandbox with containers, all gone at the end of the test.
type pod struct {
	t      *testing.T
	n      *node
	id     string
	logs   string
	config *cri.PodSandboxConfig
}

func newPod(t *testing.T, annotations map[string]string) *pod {
	t.Helper()
	return newPodOf(t, "p", "sidecall", annotations)
}

// newPodOf makes a pod of a name of its own, for a runtime handler. It is on the node's
// network, for which no CNI plugin is needed.
func newPodOf(t *testing.T, name, handler string, annotations map[string]string) *pod {
	t.Helper()
	return newPodOn(t, cri.NamespaceMode_NODE, name, handler, annotations)
}

// newPodOn makes a pod on the node's network, or on one of its own.
func newPodOn(t *testing.T, network cri.NamespaceMode, name, handler string, annotations map[string]string) *pod {
	t.Helper()
	n := theNode(t)
	logs := t.TempDir()
	p := &pod{t: t, n: n, logs: logs, config: &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Uid: strings.ReplaceAll(t.Name(), "/", "-") + name, Namespace: "default"},
		LogDirectory: logs, Annotations: annotations,
		Linux: &cri.LinuxPodSandboxConfig{CgroupParent: n.cgroup(), SecurityContext: &cri.LinuxSandboxSecurityContext{
			NamespaceOptions: &cri.NamespaceOption{Network: network}}},
	}}
	r, err := n.runtime.RunPodSandbox(t.Context(), &cri.RunPodSandboxRequest{Config: p.config, RuntimeHandler: handler})
	if err != nil {
		t.Fatal(err)
	}
	p.id = r.PodSandboxId
	t.Cleanup(func() {
		ctx := context.Background()
		_, err := n.runtime.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: p.id})
		if err == nil {
			_, err = n.runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: p.id})
		}
		if err != nil {
			t.Errorf("removing the pod: %v", err)
		}
	})
	return p
}

type container struct {
	p    *pod
	id   string
	name string
}

// create makes a container; change may be nil.
func (p *pod) create(name, image string, args []string, change func(*cri.ContainerConfig)) (*container, error) {
	c := &cri.ContainerConfig{
		Metadata: &cri.ContainerMetadata{Name: name}, Image: &cri.ImageSpec{Image: image}, Args: args, LogPath: name + ".log",
		Linux: &cri.LinuxContainerConfig{SecurityContext: &cri.LinuxContainerSecurityContext{
			NamespaceOptions: p.config.Linux.SecurityContext.NamespaceOptions, ReadonlyRootfs: true, NoNewPrivs: true,
			Seccomp: &cri.SecurityProfile{ProfileType: cri.SecurityProfile_RuntimeDefault}}},
	}
	if change != nil {
		change(c)
	}
	r, err := p.n.runtime.CreateContainer(p.t.Context(), &cri.CreateContainerRequest{PodSandboxId: p.id, Config: c, SandboxConfig: p.config})
	if err != nil {
		return nil, fmt.Errorf("creating: %w", err)
	}
	out := &container{p, r.ContainerId, name}
	_, err = p.n.runtime.StartContainer(p.t.Context(), &cri.StartContainerRequest{ContainerId: r.ContainerId})
	return out, err
}

func (p *pod) run(name, image string, args []string, change func(*cri.ContainerConfig)) *container {
	p.t.Helper()
	c, err := p.create(name, image, args, change)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (c *container) status() *cri.ContainerStatus {
	c.p.t.Helper()
	r, err := c.p.n.runtime.ContainerStatus(c.p.t.Context(), &cri.ContainerStatusRequest{ContainerId: c.id})
	if err != nil {
		c.p.t.Fatal(err)
	}
	return r.Status
}

// exited waits for a container's end.
func (c *container) exited() *cri.ContainerStatus {
	c.p.t.Helper()
	err := eventually(30*time.Second, func() error {
		if s := c.status(); s.State != cri.ContainerState_CONTAINER_EXITED {
			return fmt.Errorf("the container is in state %s\n%s", s.State, c.log())
		}
		return nil
	})
	if err != nil {
		c.p.t.Fatal(err)
	}
	return c.status()
}

// log is what a container wrote, without CRI's prefixes.
func (c *container) log() string {
	data, err := os.ReadFile(filepath.Join(c.p.logs, c.name+".log"))
	if err != nil {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		if fields := strings.SplitN(line, " ", 4); len(fields) == 4 {
			b.WriteString(fields[3])
		}
	}
	return b.String()
}

func (c *container) logged(want string) {
	c.p.t.Helper()
	err := eventually(20*time.Second, func() error {
		if got := c.log(); !strings.Contains(got, want) {
			return fmt.Errorf("the log is\n%s\nwithout %q", got, want)
		}
		return nil
	})
	if err != nil {
		c.p.t.Fatal(err)
	}
}

// exec runs a command in a container and returns its output and exit code.
func (c *container) exec(args ...string) (string, int32) {
	c.p.t.Helper()
	r, err := c.p.n.runtime.ExecSync(c.p.t.Context(), &cri.ExecSyncRequest{ContainerId: c.id, Cmd: args, Timeout: 20})
	if err != nil {
		c.p.t.Fatalf("exec %q: %v", args, err)
	}
	return string(r.Stdout) + string(r.Stderr), r.ExitCode
}
