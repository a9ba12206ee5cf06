package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cgroup is a control group with a limit of memory, of either version.
type cgroup struct {
	t    *testing.T
	path string
	v2   bool
}

// newCgroup makes a group that is removed at the end of the test, or skips it and says
// what is missing.
func newCgroup(t *testing.T, limit int64) *cgroup {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("control groups need root")
	}
	name := fmt.Sprintf("sidecall-test-%d-%d", os.Getpid(), time.Now().UnixNano())
	g := &cgroup{t: t, path: filepath.Join("/sys/fs/cgroup/memory", name)}
	file := "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		g.v2, g.path, file = true, filepath.Join("/sys/fs/cgroup", name), "memory.max"
	}
	if err := os.Mkdir(g.path, 0o755); err != nil {
		t.Skipf("a control group of memory cannot be made: %v", err)
	}
	t.Cleanup(func() {
		for range 100 { // until the kernel has forgotten its processes
			if err := os.Remove(g.path); err == nil || errors.Is(err, os.ErrNotExist) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Errorf("%s is left", g.path)
	})
	if err := os.WriteFile(filepath.Join(g.path, file), []byte(strconv.FormatInt(limit, 10)), 0o644); err != nil {
		t.Skipf("the memory of a control group cannot be limited: %v", err)
	}
	// Where the system has swap, what is over the limit must not hide there.
	for _, swap := range []string{"memory.swap.max", "memory.memsw.limit_in_bytes"} {
		value := strconv.FormatInt(limit, 10)
		if g.v2 {
			value = "0"
		}
		if _, err := os.Stat(filepath.Join(g.path, swap)); err == nil {
			_ = os.WriteFile(filepath.Join(g.path, swap), []byte(value), 0o644)
		}
	}
	return g
}

// command runs a program in the group, from its first page on.
func (g *cgroup) command(name string, args ...string) *exec.Cmd {
	return exec.Command("sh", append([]string{"-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(g.path, "cgroup.procs"), name}, args...)...)
}

// most is the most memory that the group has had, in bytes, and kills how many of its
// processes the kernel has ended for it.
func (g *cgroup) most() (most int64, kills int) {
	g.t.Helper()
	file, events := "memory.max_usage_in_bytes", "memory.oom_control"
	if g.v2 {
		file, events = "memory.peak", "memory.events"
	}
	if text, err := os.ReadFile(filepath.Join(g.path, file)); err == nil { // Linux 5.19 has memory.peak
		most, _ = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	f, err := os.Open(filepath.Join(g.path, events))
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if n, ok := strings.CutPrefix(in.Text(), "oom_kill "); ok {
			kills, _ = strconv.Atoi(n)
		}
	}
	return most, kills
}

// residentPeak is the most that a process has had in memory, without the pages of its
// program's file, in bytes.
func residentPeak(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatalf("the process is gone: %v", err)
	}
	sizes := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		sizes[name] = n << 10
	}
	if sizes["VmHWM"] == 0 {
		t.Fatal("/proc/PID/status has no VmHWM")
	}
	return sizes["VmHWM"] - sizes["RssFile"]
}
