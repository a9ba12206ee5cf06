//go:build unix

package sockets

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connectRaw is connect with an address that x/sys/unix has no type for.
func connectRaw(fd int, sa *unix.RawSockaddrAny) error {
	_, _, e := syscall.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(sa)), unix.SizeofSockaddrInet4)
	if e != 0 {
		return e
	}
	return nil
}
