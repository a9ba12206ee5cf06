package budget

import (
	"bufio"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// memoryLimit is the least of the machine's memory and the limits of the control
// groups that this process is in, outer ones included, of both versions. root is
// "/", but in tests.
func memoryLimit(root string) (n uint64, from string) {
	n, from = machineMemory(root), "the machine's memory"
	groups := memoryGroups(root)
	for _, m := range cgroupMounts(root) {
		group, ok := groups[m.version]
		if !ok {
			continue
		}
		// The mount can show only a part of the hierarchy, as in containers that have no
		// namespace of their own for it; what lies outside of it cannot be seen.
		below, ok := strings.CutPrefix(group, strings.TrimSuffix(m.root, "/"))
		if !ok || below != "" && below[0] != '/' {
			below = "/"
		}
		for dir := path.Clean("/" + below); ; dir = path.Dir(dir) {
			if limit := number(filepath.Join(root, m.at, dir, m.version.file()), 0); limit > 0 && limit < n {
				n, from = limit, "the memory limit of the container (control group)"
			}
			if dir == "/" {
				break
			}
		}
	}
	return n, from
}

type cgroupVersion int

const (
	cgroup1 cgroupVersion = 1
	cgroup2 cgroupVersion = 2
)

// file holds a group's limit in bytes; "max", and what is larger than any machine's
// memory, is none.
func (v cgroupVersion) file() string {
	if v == cgroup1 {
		return "memory.limit_in_bytes"
	}
	return "memory.max"
}

// memoryGroups are the groups of this process that limit memory.
func memoryGroups(root string) map[cgroupVersion]string {
	groups := map[cgroupVersion]string{}
	eachLine(filepath.Join(root, "proc/self/cgroup"), func(line string) {
		// hierarchy:controllers:path
		f := strings.SplitN(line, ":", 3)
		switch {
		case len(f) < 3:
		case f[0] == "0" && f[1] == "":
			groups[cgroup2] = f[2]
		case has(f[1], "memory"):
			groups[cgroup1] = f[2]
		}
	})
	return groups
}

type cgroupMount struct {
	version  cgroupVersion
	root, at string
}

func cgroupMounts(root string) (ms []cgroupMount) {
	eachLine(filepath.Join(root, "proc/self/mountinfo"), func(line string) {
		// id parent device root mountpoint options … - type source options (proc(5))
		before, after, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(g) < 3 {
			return
		}
		m := cgroupMount{root: f[3], at: f[4]}
		switch {
		case g[0] == "cgroup2":
			m.version = cgroup2
		case g[0] == "cgroup" && has(g[2], "memory"):
			m.version = cgroup1
		default:
			return
		}
		ms = append(ms, m)
	})
	return ms
}

func machineMemory(root string) uint64 {
	n := uint64(Unlimited)
	eachLine(filepath.Join(root, "proc/meminfo"), func(line string) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			n = parse(f[1], Unlimited>>10) << 10
		}
	})
	return n
}

func has(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

func eachLine(name string, f func(string)) {
	file, err := os.Open(name)
	if err != nil {
		return
	}
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		f(s.Text())
	}
}
