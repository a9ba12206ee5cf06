package sockets

import "golang.org/x/sys/unix"

const noSignal = unix.MSG_NOSIGNAL

func openSocket(domain, proto int) (int, error) {
	return unix.Socket(domain, proto|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

func acceptSocket(fd int) (int, error) {
	nfd, _, err := unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	return nfd, err
}

// disconnect is connect to AF_UNSPEC.
func disconnect(fd int) error {
	var sa unix.RawSockaddrAny
	sa.Addr.Family = unix.AF_UNSPEC
	return connectRaw(fd, &sa)
}

const (
	keepIdle = unix.TCP_KEEPIDLE
	// bufferFactor is what the system multiplies buffer sizes with that it is given.
	bufferFactor = 2
)
