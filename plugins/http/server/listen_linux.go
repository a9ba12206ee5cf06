package server

import (
	"errors"
	"net"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// refuseNew has the kernel make no more connections for a listener, and drop none: to
// close it resets those that were made and not accepted yet, requests and all. A client
// that wants a new one tries again, and finds nobody then, or who listens next.
func refuseNew(l *net.TCPListener) error {
	const flags, syn, ack = 13, 0x02, 0x10 // RFC 9293 section 3.1
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: flags, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: syn | ack},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: syn, SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 18}, // all of it
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, x := range program {
		filter[i] = unix.SockFilter{Code: x.Op, Jt: x.Jt, Jf: x.Jf, K: x.K}
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
	return errors.Join(err, failed)
}

// waiting reports whether the kernel has something of a client's that was not read.
func waiting(c *net.TCPConn) bool {
	if c == nil {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	var peek [1]byte
	err = raw.Control(func(fd uintptr) {
		n, _, err = unix.Recvfrom(int(fd), peek[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return err == nil && n > 0
}
