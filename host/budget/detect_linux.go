package budget

import (
	"bytes"
	"math/bits"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// reservedMemory and its part of what there is are left to Go: the program, its
	// heap, compiled code. A process that serves takes 20 to 50 MB before it has guests.
	reservedMemory     = 24 << 20
	reservedMemoryPart = 16
	// reservedSpace is left to Go's heap and to the system's own mappings; a process has
	// 47 bits (on arm64 48, of which Go uses 47 too).
	addressBits   = 47
	reservedSpace = 1 << 40
	// reservedMappings are left to Go's heap, which dies without. 65,530 is Linux's own limit.
	reservedMappings = 4096
	defaultMappings  = 65530
	// reservedDescriptors are left to the listeners, to health checks, to the control
	// socket, and to what Go and the log have open.
	reservedDescriptors = 64
)

// Detect returns what the system lets this process have, less the reserves, and less
// the mappings, address space and descriptors that are in use now.
func Detect() Limits {
	var l Limits
	memory, from := memoryLimit("/")
	l.MemoryFrom = from
	l.Memory = max(memory-min(memory, reservedMemory+memory/reservedMemoryPart), memory/4)

	space := uint64(1) << addressBits
	if bits.UintSize == 32 {
		space = 2 << 30
	}
	space -= min(space/8, reservedSpace)
	used := addressSpaceUsed()
	for _, which := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		if n, ok := rlimit(which); ok {
			// What Go may still need for its heap is not to be reserved.
			n -= min(n, used)
			space = min(space, n-n/4)
		}
	}
	l.AddressSpace = max(space, 1)

	most := number("/proc/sys/vm/max_map_count", defaultMappings)
	l.Mappings = left(most, mappingsUsed(), min(reservedMappings, most/4))
	if n, ok := rlimit(unix.RLIMIT_NOFILE); ok {
		l.Descriptors = left(n, descriptorsUsed(), min(reservedDescriptors, n/4))
	}
	return l
}

// left is never 0, which would mean no limit.
func left(limit, used, reserve uint64) uint64 {
	return max(1, limit-min(limit, used+reserve))
}

func rlimit(which int) (n uint64, limited bool) {
	var r unix.Rlimit
	if unix.Getrlimit(which, &r) != nil || r.Cur == unix.RLIM_INFINITY {
		return 0, false
	}
	return r.Cur, true
}

// addressSpaceUsed is the size of the process in bytes. Go reserves much that
// RLIMIT_AS counts.
func addressSpaceUsed() uint64 {
	b, _ := os.ReadFile("/proc/self/statm")
	first, _, _ := strings.Cut(string(b), " ")
	pages, _ := strconv.ParseUint(first, 10, 64)
	return pages * uint64(os.Getpagesize())
}

func mappingsUsed() uint64 {
	b, _ := os.ReadFile("/proc/self/maps")
	return uint64(bytes.Count(b, []byte{'\n'}))
}

func descriptorsUsed() uint64 {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 16
	}
	return uint64(len(names))
}

// number is what stands in a file, or the other one.
func number(path string, without uint64) uint64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return without
	}
	return parse(strings.TrimSpace(string(b)), without)
}

func parse(text string, without uint64) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return without
	}
	return n
}
