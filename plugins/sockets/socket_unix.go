//go:build unix

package sockets

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/plugins/io"
)

// socket is a socket of the system. Its operations do not wait: they fail with
// WouldBlock instead. readable and writable are the events to wait for then.
type socket struct {
	f                  *os.File // which keeps it in the runtime's poller
	conn               syscall.RawConn
	readable, writable direction
	held               *host.Descriptor // is given back when it is closed
}

func newSocket(f family, proto int) (*socket, error) {
	domain := unix.AF_INET
	if f == ipv6 {
		domain = unix.AF_INET6
	}
	fd, err := openSocket(domain, proto)
	if err != nil {
		return nil, err
	}
	s, err := wrap(fd)
	if err != nil {
		return nil, err
	}
	if f == ipv6 {
		err = s.setOption(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

const (
	stream   = unix.SOCK_STREAM
	datagram = unix.SOCK_DGRAM
)

// wrap takes over a socket, which does not block.
func wrap(fd int) (*socket, error) {
	s := &socket{f: os.NewFile(uintptr(fd), "socket")}
	var err error
	if s.conn, err = s.f.SyscallConn(); err != nil {
		return nil, errors.Join(err, s.f.Close())
	}
	s.readable = direction{events: unix.POLLIN, wait: s.conn.Read, deadline: s.f.SetReadDeadline, control: s.control}
	s.writable = direction{events: unix.POLLOUT, wait: s.conn.Write, deadline: s.f.SetWriteDeadline, control: s.control}
	return s, nil
}

func (s *socket) close() {
	_ = s.f.Close() // nobody is left to be told
	s.held.Give()
}

// control runs a system call, which does not wait.
func (s *socket) control(do func(fd int) error) error {
	var result error
	err := s.conn.Control(func(fd uintptr) {
		for {
			if result = do(int(fd)); result != unix.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return result
}

func (s *socket) bind(a socketAddress, reuse bool) error {
	if reuse {
		if err := s.setOption(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	return s.control(func(fd int) error { return unix.Bind(fd, a.sockaddr()) })
}

// connect begins to connect. It returns WouldBlock if that takes time.
func (s *socket) connect(a socketAddress) error {
	return s.control(func(fd int) error { return unix.Connect(fd, a.sockaddr()) })
}

// disconnect takes back a datagram socket's connect.
func (s *socket) disconnect() error { return s.control(disconnect) }

// connected returns why the connection that was begun has failed, nil if it has not.
func (s *socket) connected() error {
	n, err := s.option(unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		err = unix.Errno(n)
	}
	return err
}

func (s *socket) listen(backlog int) error {
	return s.control(func(fd int) error { return unix.Listen(fd, backlog) })
}

func (s *socket) accept() (*socket, error) {
	var nfd int
	err := s.control(func(fd int) (err error) {
		nfd, err = acceptSocket(fd)
		return err
	})
	if err != nil {
		return nil, err
	}
	return wrap(nfd)
}

func (s *socket) local() (a socketAddress, err error) { return s.name(unix.Getsockname) }

func (s *socket) remote() (a socketAddress, err error) { return s.name(unix.Getpeername) }

func (s *socket) name(get func(int) (unix.Sockaddr, error)) (a socketAddress, err error) {
	err = s.control(func(fd int) error {
		sa, err := get(fd)
		if err == nil {
			a = fromSockaddr(sa)
		}
		return err
	})
	return a, err
}

// read reads what is there; 0 bytes are the end.
func (s *socket) read(b []byte) (n int, err error) {
	err = s.control(func(fd int) (err error) {
		n, err = unix.Read(fd, b)
		return err
	})
	return max(0, n), err
}

// write writes what there is room for.
func (s *socket) write(b []byte) (n int, err error) {
	err = s.control(func(fd int) (err error) {
		n, err = unix.SendmsgN(fd, b, nil, nil, noSignal)
		return err
	})
	return max(0, n), err
}

func (s *socket) receiveFrom(b []byte) (n int, from socketAddress, err error) {
	err = s.control(func(fd int) (err error) {
		var sa unix.Sockaddr
		n, sa, err = unix.Recvfrom(fd, b, 0)
		if err == nil && sa != nil {
			from = fromSockaddr(sa)
		}
		return err
	})
	return max(0, n), from, err
}

// sendTo sends to a, or to what the socket is connected to if that is nil.
func (s *socket) sendTo(b []byte, a *socketAddress) error {
	var to unix.Sockaddr
	if a != nil {
		to = a.sockaddr()
	}
	return s.control(func(fd int) error {
		_, err := unix.SendmsgN(fd, b, nil, to, noSignal)
		return err
	})
}

// shutdown ends one or both directions.
func (s *socket) shutdown(receive, send bool) error {
	how := unix.SHUT_RDWR
	switch {
	case !send:
		how = unix.SHUT_RD
	case !receive:
		how = unix.SHUT_WR
	}
	return s.control(func(fd int) error { return unix.Shutdown(fd, how) })
}

func (s *socket) option(level, name int) (n int, err error) {
	err = s.control(func(fd int) (err error) {
		n, err = unix.GetsockoptInt(fd, level, name)
		return err
	})
	return n, err
}

func (s *socket) setOption(level, name, n int) error {
	return s.control(func(fd int) error { return unix.SetsockoptInt(fd, level, name, n) })
}

func (a socketAddress) sockaddr() unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: a.scope}
}

func fromSockaddr(sa unix.Sockaddr) socketAddress {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return socketAddress{AddrPort: netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))}
	case *unix.SockaddrInet6:
		return socketAddress{AddrPort: netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)), scope: sa.ZoneId}
	}
	return socketAddress{}
}

// direction is the event that a socket can be read, or written. A goroutine waits
// for it, by the runtime's poller, while somebody watches.
type direction struct {
	io.Signal
	events   int16
	wait     func(func(fd uintptr) bool) error // RawConn.Read or Write
	deadline func(time.Time) error
	control  func(func(fd int) error) error

	mu       sync.Mutex
	watchers int           // guarded by mu
	done     chan struct{} // guarded by mu: closed when the goroutine has ended
}

// Ready asks the system.
func (d *direction) Ready() bool {
	ready := true // a closed socket is nothing to wait for
	_ = d.control(func(fd int) error {
		ready = d.now(fd)
		return nil
	})
	return ready
}

func (d *direction) now(fd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: d.events}}, 0)
	return n != 0 || err != nil && err != unix.EINTR
}

// Watch starts the goroutine for the first to watch.
func (d *direction) Watch(wake func()) (stop func()) {
	stopSignal := d.Signal.Watch(wake)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watchers++; d.watchers == 1 {
		done := make(chan struct{})
		d.done = done
		go func() {
			defer close(done)
			_ = d.wait(func(fd uintptr) bool { return d.now(int(fd)) })
			d.Notify()
		}()
	}
	return func() {
		stopSignal()
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.watchers--; d.watchers > 0 {
			return
		}
		// A deadline in the past ends the wait. Nothing else waits in this direction.
		_ = d.deadline(time.Unix(1, 0))
		<-d.done
		_ = d.deadline(time.Time{})
	}
}
