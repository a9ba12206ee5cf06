package engine

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// open makes the image's file of size bytes, and writes the parts to it.
func (i *Image) open(size uint64) bool {
	fd, err := unix.MemfdCreate("sidecall image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return false
	}
	i.file = fd
	if !i.fill(size) {
		_ = unix.Close(fd)
		i.view = nil
		return false
	}
	return true
}

func (i *Image) fill(size uint64) bool {
	if size > uint64(^uint(0)>>1) || unix.Ftruncate(i.file, int64(size)) != nil {
		return false
	}
	for _, p := range i.parts {
		for b, at := p.Bytes, int64(p.Offset-i.at); len(b) > 0; {
			n, err := unix.Pwrite(i.file, b, at)
			if err != nil && err != unix.EINTR || err == nil && n == 0 {
				return false
			}
			n = max(n, 0)
			b, at = b[n:], at+int64(n)
		}
	}
	// Nobody changes what instances share, not even by mistake.
	_, err := unix.FcntlInt(uintptr(i.file), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	if err != nil {
		return false
	}
	i.view, err = unix.Mmap(i.file, 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	return err == nil
}

func (i *Image) close() {
	_ = unix.Munmap(i.view)
	_ = unix.Close(i.file)
	i.view = nil
}

// remap makes buf, a reservation with whatever is in it, map an image, which may be
// nil, and zeros elsewhere. If that fails, buf is in no state to be used.
func remap(buf []byte, i *Image, fresh bool) bool {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_FIXED | unix.MAP_NORESERVE
	start := unsafe.Pointer(unsafe.SliceData(buf))
	if !fresh {
		if _, err := unix.MmapPtr(-1, 0, start, uintptr(len(buf)), prot, flags|unix.MAP_ANON); err != nil {
			return false
		}
	}
	if i == nil {
		return true
	}
	if i.at+uint64(len(i.view)) > uint64(len(buf)) {
		return false
	}
	_, err := unix.MmapPtr(i.file, 0, unsafe.Add(start, i.at), uintptr(len(i.view)), prot, flags)
	return err == nil
}

// scanArg and pageRegion are struct pm_scan_arg and struct page_region of the
// system's PAGEMAP_SCAN, linux 6.7 and later.
type scanArg struct {
	size, flags, start, end, walkEnd, vec, vecLen, maxPages       uint64
	categoryInverted, categoryMask, categoryAnyOfMask, returnMask uint64
}

type pageRegion struct{ start, end, categories uint64 }

const (
	pagemapScan = 3<<30 | 96<<16 | 'f'<<8 | 16 // _IOWR('f', 16, struct pm_scan_arg)

	pageIsFile    = 1 << 2
	pageIsPresent = 1 << 3
	pageIsSwapped = 1 << 4
	pageIsPFNZero = 1 << 5
)

// scanner finds pages that differ from what is mapped. It is made by the first
// scan; fd is -1 if the system cannot do it.
type scanner struct {
	once sync.Once
	fd   int
	free sync.Pool
}

type scanBuffer struct {
	arg     scanArg
	regions [256]pageRegion
}

// scan calls yield for the ranges of buf, in order, whose pages were written to
// since they were mapped: those that are neither the file's nor the system's page
// of zeros. image is mapped there, or nil. It returns false, perhaps after some
// calls of yield, if the system cannot tell.
func (s *scanner) scan(buf []byte, image *Image, yield func(from, to uint64)) bool {
	s.once.Do(func() {
		var err error
		if s.fd, err = unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			s.fd = -1
		}
		s.free.New = func() any { return &scanBuffer{} }
	})
	if s.fd < 0 {
		return false
	}
	b := s.free.Get().(*scanBuffer)
	defer s.free.Put(b)
	base := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(buf))))
	end := base + (uint64(len(buf))+systemPage-1)&^(systemPage-1)
	for at := base; at < end; {
		b.arg = scanArg{
			size: uint64(unsafe.Sizeof(b.arg)), start: at, end: end,
			vec: uint64(uintptr(unsafe.Pointer(&b.regions))), vecLen: uint64(len(b.regions)),
			categoryInverted: pageIsFile, categoryMask: pageIsFile,
			categoryAnyOfMask: pageIsPresent | pageIsSwapped, returnMask: pageIsPFNZero,
		}
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.fd), pagemapScan, uintptr(unsafe.Pointer(&b.arg)))
		if errno != 0 || b.arg.walkEnd <= at || b.arg.walkEnd > end {
			return false
		}
		for _, r := range b.regions[:n] {
			from, to := r.start-base, min(r.end-base, uint64(len(buf)))
			if r.categories&pageIsPFNZero != 0 {
				// Zeros are what is mapped, but where the image is.
				if from, to = image.split(from, to); from == to {
					continue
				}
			}
			yield(from, to)
		}
		at = b.arg.walkEnd
	}
	return true
}

func (s *scanner) close() {
	s.once.Do(func() { s.fd = -1 })
	if s.fd >= 0 {
		_ = unix.Close(s.fd)
		s.fd = -1
	}
}
