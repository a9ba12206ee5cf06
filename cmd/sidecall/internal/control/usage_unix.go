//go:build unix

package control

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// UsageNow is what this process has taken until now.
func UsageNow() Usage {
	var u Usage
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		seconds := float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
		u.CPU = &seconds
	}
	// Only Linux tells what is resident now.
	if data, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(data); len(fields) > 1 {
			pages, _ := strconv.ParseUint(string(fields[1]), 10, 64)
			u.Resident = pages * uint64(os.Getpagesize())
		}
	}
	u.Proportional = proportional()
	return u
}

// proportional reads Pss of smaps_rollup, which Linux has since 4.14; in kilobytes there.
func proportional() uint64 {
	data, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			if fields := bytes.Fields(rest); len(fields) == 2 {
				kilobytes, _ := strconv.ParseUint(string(fields[0]), 10, 64)
				return kilobytes << 10
			}
		}
	}
	return 0
}
