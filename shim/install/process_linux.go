package install

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processes calls f with the directory in /proc of each process of the node itself: one in
// a container is another node's.
func (n *Node) processes(f func(dir string)) {
	own, err := os.Readlink(n.path("/proc/1/ns/pid"))
	if err != nil { // even root may not look at every machine's first process
		own, _ = os.Readlink("/proc/self/ns/pid")
	}
	all, _ := filepath.Glob(n.path("/proc/[0-9]*"))
	for _, dir := range all {
		if space, err := os.Readlink(filepath.Join(dir, "ns", "pid")); err == nil && space == own {
			f(dir)
		}
	}
}

// pending tells whether a containerd of this node runs since before its configuration
// changed.
func (n *Node) pending() bool {
	info, err := os.Stat(n.file())
	if err != nil {
		return false
	}
	up, err := os.ReadFile(n.path("/proc/uptime"))
	if err != nil {
		return false
	}
	seconds, err := strconv.ParseFloat(strings.SplitN(string(up), " ", 2)[0], 64)
	if err != nil {
		return false
	}
	changed := seconds - time.Since(info.ModTime()).Seconds()
	older := false
	n.processes(func(dir string) {
		text, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			return // it has ended
		}
		_, rest, ok := strings.Cut(string(text), " (containerd) ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 20 {
			return
		}
		const ticks = 100 // a second, for everything that Linux tells programs
		if began, err := strconv.ParseFloat(fields[19], 64); err == nil && began/ticks < changed {
			older = true
		}
	})
	return older
}

// pods counts the shims that run: containerd needs their program to find them again when
// it is restarted.
func (n *Node) pods() int {
	count := 0
	n.processes(func(dir string) {
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		name, _, _ := strings.Cut(string(line), "\x00")
		if err == nil && name == filepath.Join(n.Bin, ShimName) {
			count++
		}
	})
	return count
}
