package engine

import "golang.org/x/sys/unix"

// reserve returns n zero bytes of address space, which take memory only once they
// are written to. When the system has none to give, it returns nothing, and the
// memory is to be made on the heap as it grows.
func reserve(n uint64) (buf []byte, movable bool) {
	if n > uint64(^uint(0)>>1) {
		return nil, true
	}
	buf, err := unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, true
	}
	return buf, false
}

// discard gives pages back to the system, which makes them zero.
func discard(pages []byte) bool {
	return unix.Madvise(pages, unix.MADV_DONTNEED) == nil
}

func release(buf []byte) { _ = unix.Munmap(buf) }
