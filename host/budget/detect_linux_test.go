package budget

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMemoryLimit(t *testing.T) {
	for _, c := range []struct {
		name, cgroup, mountinfo string
		files                   map[string]string
		want                    uint64
	}{
		{"none", "0::/\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", nil, 1 << 30},
		{"version 2", "0::/a/b\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/a/b/memory.max": "1000\n"}, 1000},
		{"version 2, the outer one is smaller", "0::/a/b\n", "30 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/memory.max": "900\n"}, 900},
		{"version 2, no limit inside", "0::/a/b\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "900\n"}, 900},
		{"version 2, in a namespace", "0::/\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/memory.max": "700\n"}, 700},
		{"version 1", "9:memory:/a/b\n0::/a/b\n", "30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
			map[string]string{"sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "1000\n",
				"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 1000},
		{"version 1, a container without a namespace", "9:cpu,memory:/docker/x\n", "30 24 0:26 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
			map[string]string{"sys/fs/cgroup/memory/memory.limit_in_bytes": "600\n"}, 600},
		{"version 1 beside version 2", "9:memory:/a\n0::/a\n",
			"30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n31 24 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			map[string]string{"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "600\n"}, 600},
		{"more than the machine has", "0::/a\n", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/a/memory.max": "999999999999\n"}, 1 << 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			files := map[string]string{"proc/meminfo": "MemTotal:        1048576 kB\nMemFree: 1 kB\n",
				"proc/self/cgroup": c.cgroup, "proc/self/mountinfo": c.mountinfo}
			for name, text := range c.files {
				files[name] = text
			}
			for name, text := range files {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, from := memoryLimit(root); got != c.want {
				t.Errorf("got %d from %s, want %d", got, from, c.want)
			}
		})
	}
}

func TestDetectLeavesReserves(t *testing.T) {
	l := Detect()
	memory, _ := memoryLimit("/")
	if l.Memory == 0 || l.Memory >= memory {
		t.Errorf("guests may have %d bytes of %d", l.Memory, memory)
	}
	if most := number("/proc/sys/vm/max_map_count", defaultMappings); l.Mappings == 0 || l.Mappings >= most {
		t.Errorf("guests may have %d mappings of %d", l.Mappings, most)
	}
	if l.AddressSpace == 0 || l.AddressSpace >= 1<<47 {
		t.Errorf("guests may have %d bytes of address space", l.AddressSpace)
	}
	if n, ok := rlimit(unix.RLIMIT_NOFILE); ok && (l.Descriptors == 0 || l.Descriptors >= n) {
		t.Errorf("guests may have %d of %d descriptors", l.Descriptors, n)
	}
}
