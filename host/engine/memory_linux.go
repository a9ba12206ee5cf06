package engine

import "golang.org/x/sys/unix"

// reserve returns n zero bytes of address space, which take memory only once they
// are written to. It does not fall back to Go's heap: what the system refuses here it
// would refuse there too, and Go ends the process for that.
func reserve(n uint64) (buf []byte, movable bool, err error) {
	if n > uint64(^uint(0)>>1) {
		return nil, false, &SystemError{n, unix.ENOMEM}
	}
	buf, err = unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, false, &SystemError{n, err}
	}
	return buf, false, nil
}

// discard gives pages back to the system, which makes them zero.
func discard(pages []byte) bool {
	return unix.Madvise(pages, unix.MADV_DONTNEED) == nil
}

func release(buf []byte) { _ = unix.Munmap(buf) }
