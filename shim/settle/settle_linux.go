package settle

import (
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func processorTime() (time.Duration, bool) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}

// releaseProgram unmaps the pages of the program's code and constants, which come back
// when they are touched. Whatever fails leaves them where they are.
func releaseProgram() {
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for r := range unwritten(string(maps)) {
		mapSingly(r)
		// Not by unix.Madvise: the slice that it wants would be of memory that is not Go's.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, r.from, r.to-r.from, unix.MADV_DONTNEED)
	}
}

type region struct{ from, to uintptr }

// unwritten finds where files are mapped and are as they are on disk: they cannot be
// written to, and have not been. (What a dynamic linker has relocated cannot be written
// to either, but would be lost.)
func unwritten(smaps string) iter.Seq[region] {
	return func(yield func(region) bool) {
		var r region
		var file bool
		for line := range strings.Lines(smaps) {
			f := strings.Fields(line)
			switch {
			case len(f) >= 5 && !strings.HasSuffix(f[0], ":"):
				// ADDRESS-ADDRESS rwxp OFFSET DEVICE INODE PATH
				n, _ := fmt.Sscanf(f[0], "%x-%x", &r.from, &r.to)
				file = n == 2 && len(f[1]) == 4 && f[1][1] == '-' && f[4] != "0"
			case len(f) >= 2 && f[0] == "Anonymous:" && f[1] == "0" && file:
				if !yield(r) {
					return
				}
			}
		}
	}
}
