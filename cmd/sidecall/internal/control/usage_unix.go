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
	return u
}
