//go:build linux

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// measuring skips what takes long and only tells numbers.
func measuring(t *testing.T) {
	t.Helper()
	if os.Getenv("SIDECALL_E2E_MEASURE") == "" {
		t.Skip("SIDECALL_E2E_MEASURE is not set: nobody wants to know numbers")
	}
}

// TestMeasureStart compares the way from creating a container to its first answer with
// that of a static Go program under runc, in the same pod, taking turns.
func TestMeasureStart(t *testing.T) {
	measuring(t)
	p := newPod(t, nil)
	p.n.pack(t, "example.com/server:1", "../../plugins/http/testdata/server/server.wasm")
	start := func(name string, linux bool) time.Duration {
		address := freeAddress(t)
		image, change := "example.com/server:1", func(c *cri.ContainerConfig) {
			c.Envs = []*cri.KeyValue{{Key: "SIDECALL_LISTEN", Value: []byte(address)}}
		}
		if linux {
			image, change = linuxImage, func(c *cri.ContainerConfig) { c.Command = []string{"/tool", "serve", address} }
		}
		begin := time.Now()
		c := p.run(name, image, nil, change)
		for {
			if r, err := http.Get("http://" + address + "/"); err == nil {
				_ = r.Body.Close()
				break
			}
			if time.Since(begin) > 20*time.Second {
				t.Fatalf("no answer\n%s", c.log())
			}
			time.Sleep(time.Millisecond)
		}
		took := time.Since(begin)
		if _, err := p.n.runtime.StopContainer(t.Context(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 1}); err != nil {
			t.Fatal(err)
		}
		return took
	}
	start("first", false)
	var wasm, linux []time.Duration
	for i := range 11 {
		linux = append(linux, start(fmt.Sprintf("linux%d", i), true))
		wasm = append(wasm, start(fmt.Sprintf("wasm%d", i), false))
	}
	slices.Sort(wasm)
	slices.Sort(linux)
	t.Logf("median (least): WebAssembly %s (%s), Linux %s (%s), ratio of medians %.2f", wasm[5], wasm[0], linux[5], linux[0], float64(wasm[5])/float64(linux[5]))
}

// TestMany starts 50 pods at once and looks for what is left of them.
func TestMany(t *testing.T) {
	measuring(t)
	n := theNode(t)
	n.pack(t, "example.com/guest:1", guest)
	begin := time.Now()
	var wg sync.WaitGroup
	pods := make([]*pod, 50)
	logs := t.TempDir()
	errs := make([]error, len(pods))
	for i := range pods {
		wg.Go(func() {
			p := &pod{t: t, n: n, logs: logs, config: &cri.PodSandboxConfig{LogDirectory: logs,
				Metadata: &cri.PodSandboxMetadata{Name: fmt.Sprint("p", i), Uid: fmt.Sprint("many", i), Namespace: "default"},
				Linux: &cri.LinuxPodSandboxConfig{CgroupParent: n.cgroup(), SecurityContext: &cri.LinuxSandboxSecurityContext{
					NamespaceOptions: &cri.NamespaceOption{Network: cri.NamespaceMode_NODE}}}}}
			r, err := n.runtime.RunPodSandbox(context.Background(), &cri.RunPodSandboxRequest{Config: p.config, RuntimeHandler: "sidecall"})
			if err != nil {
				errs[i] = err
				return
			}
			p.id = r.PodSandboxId
			pods[i] = p
			c, err := p.create(fmt.Sprint("c", i), "example.com/guest:1", []string{"say", "begin", "flush", "loop"}, nil)
			if err != nil {
				errs[i] = err
				return
			}
			errs[i] = eventually(60*time.Second, func() error {
				if !strings.Contains(c.log(), "begin") {
					return fmt.Errorf("pod %d is not ready", i)
				}
				return nil
			})
		})
	}
	wg.Wait()
	t.Logf("50 pods ready after %s", time.Since(begin))
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	sockets := n.sockets(t)
	begin = time.Now()
	for _, p := range pods {
		wg.Go(func() {
			if p == nil {
				return
			}
			_, err := n.runtime.StopPodSandbox(context.Background(), &cri.StopPodSandboxRequest{PodSandboxId: p.id})
			if err == nil {
				_, err = n.runtime.RemovePodSandbox(context.Background(), &cri.RemovePodSandboxRequest{PodSandboxId: p.id})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	t.Logf("gone after %s", time.Since(begin))
	if left := append(n.left(t), leftOf(sockets)...); len(left) > 0 {
		t.Errorf("left behind: %.2000q", left)
	}
}

// left are processes, mounts, cgroups, bundles, uses, snapshots and leases that belong to
// no container any more, but for those that were there before.
func (n *node) left(t *testing.T, before ...string) (out []string) {
	t.Helper()
	_ = eventually(10*time.Second, func() error {
		out = slices.DeleteFunc(n.present(t), func(what string) bool { return slices.Contains(before, what) })
		if len(out) > 0 {
			return os.ErrExist
		}
		return nil
	})
	return out
}

// present is all that there is of containers.
func (n *node) present(t *testing.T) (out []string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, n.dir) && strings.Contains(line, "/io.containerd.runtime.v2.task/") {
			out = append(out, line)
		}
	}
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range procs {
		line, _ := os.ReadFile(p) // of one that is gone it is empty
		groups, _ := os.ReadFile(filepath.Join(filepath.Dir(p), "cgroup"))
		if strings.Contains(string(line), n.bin+"/containerd-shim-sidecall-v1") || strings.Contains(string(groups), n.cgroup()+"/") {
			out = append(out, p+": "+string(line))
		}
	}
	for _, pattern := range []string{"/sys/fs/cgroup/*" + n.cgroup() + "/*", "/sys/fs/cgroup" + n.cgroup() + "/*", n.dir + "/state/io.containerd.runtime.v2.task/k8s.io/*", n.dir + "/node/uses/*/*"} {
		found, _ := filepath.Glob(pattern)
		for _, f := range found {
			if info, err := os.Stat(f); err == nil && (info.IsDir() || strings.Contains(f, "/uses/")) {
				out = append(out, f)
			}
		}
	}
	out = append(out, n.leftInContainerd(t)...)
	return out
}
