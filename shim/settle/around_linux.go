package settle

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// When a page of a file is touched, the system maps the 16 pages around it that it has
// in its cache: right for a program that starts, but what a waiting process touches is
// spread so thinly over its program that half of it would be mapped again soon. There is
// no advice against it (MADV_RANDOM changes nothing). It is not done, however, where a
// userfaultfd tracks writes, which never happen to a program's code and constants. So
// one tracks them, in the mode that tells nobody (asynchronous write protection), for as
// long as the process lives. Linux has that since 6.7; a container's seccomp profile
// mostly has no userfaultfd. Without it, more is mapped, and nothing else differs.

// One of Linux's <linux/userfaultfd.h>, which golang.org/x/sys has not.
const (
	uffdAPI            = 0xaa
	uffdUserModeOnly   = 1
	uffdFeatureWPAsync = 1 << 15
	uffdModeWP         = 1 << 1

	ioctlUffdAPI      = 0xc018aa3f
	ioctlUffdRegister = 0xc020aa00
)

type uffdAPIArg struct{ api, features, ioctls uint64 }

type uffdRegisterArg struct{ start, len, mode, ioctls uint64 }

// tracker is the process's userfaultfd, -1 if it has none.
var tracker = sync.OnceValue(func() uintptr {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|uffdUserModeOnly, 0, 0)
	if errno != 0 {
		return ^uintptr(0)
	}
	arg := uffdAPIArg{api: uffdAPI, features: uffdFeatureWPAsync}
	if _, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, ioctlUffdAPI, uintptr(unsafe.Pointer(&arg))); errno != 0 {
		_ = unix.Close(int(fd))
		return ^uintptr(0)
	}
	return fd
})

// mapSingly has pages of a region mapped one by one from now on.
func mapSingly(r region) {
	fd := tracker()
	if fd == ^uintptr(0) {
		return
	}
	arg := uffdRegisterArg{start: uint64(r.from), len: uint64(r.to - r.from), mode: uffdModeWP}
	// To register a region again changes nothing.
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, fd, ioctlUffdRegister, uintptr(unsafe.Pointer(&arg)))
}
