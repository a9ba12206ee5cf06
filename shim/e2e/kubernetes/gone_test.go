//go:build linux

package kubernetes_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// TestGone deletes pods of several kinds, one of them by force, and looks for what is left
// of them on the node.
func TestGone(t *testing.T) {
	n := newNamespace(t)
	image := n.push(guest, "acme/guest:gone")
	wasm := fmt.Sprintf("name: wasm, image: %q, args: [say, begin, flush, loop]", image)
	linux := "name: linux, image: 'busybox:1', command: [sh, -c, 'echo begin; trap exit TERM; while :; do sleep 1; done']"
	n.apply(podOf("alone", "", wasm))
	n.apply(podOf("beside", "", wasm, linux))
	n.apply(podOf("forced", "", wasm))
	n.apply(podOf("served", "", serving("wasm", n.push(shop, "acme/shop:gone"), 8080)))
	n.apply(podOf("crashing", "", fmt.Sprintf("name: wasm, image: %q, args: [say, begin, trap]", image)))
	pods := []string{"alone", "beside", "forced", "served", "crashing"}
	var marks []string // what names a pod on the node: its id, and those of its containers
	for _, pod := range pods {
		n.logged(pod, "wasm", map[bool]string{true: "serving", false: "begin"}[pod == "served"])
		marks = append(marks, n.get("pod/"+pod, "{.metadata.uid}"))
	}
	n.until("pod/crashing", "{.status.containerStatuses[0].restartCount}", "1")
	for _, pod := range n.sandboxes() {
		marks = append(marks, pod.Id)
	}
	r, err := n.c.containerd.Runtime.ListContainers(t.Context(), &cri.ListContainersRequest{Filter: &cri.ContainerFilter{LabelSelector: map[string]string{"io.kubernetes.pod.namespace": n.name}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Containers {
		marks = append(marks, c.Id)
	}
	if len(marks) < 3*len(pods)+1 {
		t.Fatalf("only %q", marks)
	}
	if left := n.leftOf(marks); len(left) < len(marks) {
		t.Fatalf("what is there is not found: %q", left)
	}
	begin := time.Now()
	n.must(n.kubectl("delete", "pod", "forced", "--force", "--grace-period=0"))
	n.must(n.kubectl("delete", "pods", "--all"))
	t.Logf("deleted after %s", time.Since(begin))
	// Processes, mounts and cgroups go at once; kubelet forgets sandboxes once a minute.
	n.eventually("the node", func() error {
		if left := n.leftOf(marks); len(left) > 0 {
			return fmt.Errorf("there is still %q", left[:min(10, len(left))])
		}
		return nil
	})
	t.Logf("gone after %s", time.Since(begin))
}

func (n *namespace) sandboxes() []*cri.PodSandbox {
	n.Helper()
	r, err := n.c.containerd.Runtime.ListPodSandbox(n.Context(), &cri.ListPodSandboxRequest{Filter: &cri.PodSandboxFilter{LabelSelector: map[string]string{"io.kubernetes.pod.namespace": n.name}}})
	if err != nil {
		n.Fatal(err)
	}
	return r.Items
}

// leftOf lists what on the node has one of some names in its own: processes, mounts,
// cgroups, files of containerd, kubelet and Sidecall, containers, tasks, snapshots.
func (n *namespace) leftOf(marks []string) []string {
	var left []string
	look := func(what, text string) {
		if slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(text, mark) }) {
			left = append(left, what+" "+text)
		}
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		for _, file := range []string{"cmdline", "cgroup"} {
			text, _ := os.ReadFile(filepath.Join(p, file))
			look("process", p+" "+string(text))
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		look("mount", line)
	}
	for _, dir := range []string{"/sys/fs/cgroup", "/run/containerd", "/run/netns", "/var/lib/containerd/io.containerd.grpc.v1.cri", "/var/lib/cni", "/var/lib/kubelet/pods", "/var/lib/sidecall", "/var/log/pods"} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() || err == nil && !strings.HasPrefix(path, "/sys") {
				look("file", path)
			}
			return nil // what goes away in the meantime is no error
		})
	}
	for _, args := range [][]string{{"containers", "ls", "-q"}, {"tasks", "ls", "-q"}, {"snapshots", "ls"}} {
		out, err := exec.Command("ctr", append([]string{"-n", "k8s.io"}, args...)...).Output()
		if err != nil {
			left = append(left, fmt.Sprintf("ctr %v: %v", args, err))
		}
		for line := range strings.Lines(string(out)) {
			look(args[0], line)
		}
	}
	return left
}
