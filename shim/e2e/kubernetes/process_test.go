//go:build linux

package kubernetes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is process 1 of a container, with its control group's directory.
type process struct {
	pid   int
	group string
}

// processes are those of all pods' first containers.
func (n *namespace) processes() (out []process) {
	n.Helper()
	for _, id := range strings.Fields(n.get("pods", "{.items[*].status.containerStatuses[0].containerID}")) {
		group, err := groupOf(strings.TrimPrefix(id, "containerd://"))
		if err != nil {
			n.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(group, "cgroup.procs"))
		if err != nil {
			n.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			n.Fatalf("not one process in %s: %q", group, text)
		}
		out = append(out, process{pid, group})
	}
	return out
}

// groupOf finds the control group that limits a container's memory, of version 1 or 2.
func groupOf(id string) (string, error) {
	for _, root := range []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup"} {
		for _, above := range []string{"*/*", "*/*/*"} { // guaranteed ones have no class
			found, err := filepath.Glob(filepath.Join(root, above, id))
			if err != nil || len(found) == 1 {
				return strings.Join(found, ""), err
			}
		}
	}
	return "", fmt.Errorf("container %s has no control group", id)
}

// usage is the most bytes that the group had, and how often the kernel has ended one of its
// processes.
func (p process) usage(t *testing.T) (peak, kills int64) {
	t.Helper()
	read := func(of ...counter) int64 {
		for _, c := range of {
			if n, err := c.read(p.group); err == nil {
				return n
			}
		}
		t.Errorf("%s has none of %v", p.group, of)
		return 0
	}
	return read(counter{"memory.max_usage_in_bytes", ""}, counter{"memory.peak", ""}),
		read(counter{"memory.oom_control", "oom_kill "}, counter{"memory.events", "oom_kill "})
}

// counter is a number in a file of a control group's, in the line that begins so.
type counter struct{ file, line string }

func (c counter) read(group string) (int64, error) {
	text, err := os.ReadFile(filepath.Join(group, c.file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if after, ok := strings.CutPrefix(line, c.line); ok {
			return strconv.ParseInt(strings.TrimSpace(after), 10, 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", c.file, c.line)
}

// resident is how many bytes the process has of its own, 0 if it is gone.
func (p process) resident() (n int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "RssAnon:\t%d kB", &n); err == nil {
			return n << 10
		}
	}
	return 0
}

// watch looks at processes until the function that it returns is called, which yields the
// most that each had.
func watch(pods []process) (most func() []int64) {
	done, out := make(chan struct{}), make([]int64, len(pods))
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			for i, p := range pods {
				out[i] = max(out[i], p.resident())
			}
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return func() []int64 {
		close(done)
		wait.Wait()
		return out
	}
}

func mebibytes(of []int64) string {
	var b strings.Builder
	for i, n := range of {
		fmt.Fprintf(&b, "%s%.1f", []string{"", " and "}[min(i, 1)], float64(n)/(1<<20))
	}
	return b.String() + " MiB"
}
