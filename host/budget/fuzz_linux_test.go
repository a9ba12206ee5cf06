package budget

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzMemoryLimit: whatever the system's files say, there is a limit, of no more than the
// machine's memory.
func FuzzMemoryLimit(f *testing.F) {
	f.Add("0::/a/b\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "MemTotal: 1048576 kB\n", "1000\n")
	f.Add("9:cpu,memory:/docker/x\n", "30 24 0:26 /docker/x /sys ro - cgroup cgroup rw,memory\n", "MemTotal: 99999999999999999999 kB\n", "max")
	f.Add("::\n0::..\n", "a b c /.. /../.. - cgroup2 x y\n", "MemTotal:\n", "-1")
	f.Fuzz(func(t *testing.T, groups, mounts, memory, limit string) {
		root := t.TempDir()
		for name, text := range map[string]string{"proc/self/cgroup": groups, "proc/self/mountinfo": mounts, "proc/meminfo": memory,
			"sys/fs/cgroup/memory.max": limit, "sys/fs/cgroup/a/memory.max": limit, "sys/memory.limit_in_bytes": limit} {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if n, from := memoryLimit(root); n == 0 || n > machineMemory(root) || from == "" {
			t.Errorf("the limit is %d, from %q", n, from)
		}
	})
}
