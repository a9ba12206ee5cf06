package sockets

import (
	"syscall"

	"golang.org/x/sys/unix"
)

const noSignal = 0 // the runtime ignores SIGPIPE of sockets

func openSocket(domain, proto int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(domain, proto, 0)
	if err != nil {
		return -1, err
	}
	return prepare(fd)
}

func acceptSocket(fd int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	nfd, _, err := unix.Accept(fd)
	if err != nil {
		return -1, err
	}
	return prepare(nfd)
}

func prepare(fd int) (int, error) {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// disconnect is connect to AF_UNSPEC, which the system answers with EAFNOSUPPORT
// when it has done it.
func disconnect(fd int) error {
	var sa unix.RawSockaddrAny
	sa.Addr.Len = unix.SizeofSockaddrInet4
	sa.Addr.Family = unix.AF_UNSPEC
	if err := connectRaw(fd, &sa); err != unix.EAFNOSUPPORT {
		return err
	}
	return nil
}

const (
	keepIdle     = unix.TCP_KEEPALIVE
	bufferFactor = 1
)
