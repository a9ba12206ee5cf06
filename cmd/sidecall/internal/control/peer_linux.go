package control

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// mayConnect tells whether the other side is this user, or root.
func mayConnect(c net.Conn) bool {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return false
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return false
	}
	allowed := false
	err = raw.Control(func(fd uintptr) {
		peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		allowed = err == nil && (int(peer.Uid) == os.Geteuid() || peer.Uid == 0)
	})
	return err == nil && allowed
}
