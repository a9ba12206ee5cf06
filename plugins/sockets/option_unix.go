//go:build unix

package sockets

import (
	"time"

	"golang.org/x/sys/unix"
)

// The options of sockets, with their units and limits.

func (s *socket) keepAlive() (bool, error) {
	n, err := s.option(unix.SOL_SOCKET, unix.SO_KEEPALIVE)
	return n != 0, err
}

func (s *socket) setKeepAlive(on bool) error {
	n := 0
	if on {
		n = 1
	}
	return s.setOption(unix.SOL_SOCKET, unix.SO_KEEPALIVE, n)
}

func (s *socket) keepAliveIdle() (time.Duration, error) { return s.seconds(keepIdle) }

func (s *socket) setKeepAliveIdle(d time.Duration) error { return s.setSeconds(keepIdle, d) }

func (s *socket) keepAliveInterval() (time.Duration, error) { return s.seconds(unix.TCP_KEEPINTVL) }

func (s *socket) setKeepAliveInterval(d time.Duration) error {
	return s.setSeconds(unix.TCP_KEEPINTVL, d)
}

// The largest values that Linux takes, in seconds and in probes.
const (
	maxKeepAliveSeconds = 32767
	maxKeepAliveCount   = 127
)

func (s *socket) seconds(name int) (time.Duration, error) {
	n, err := s.option(unix.IPPROTO_TCP, name)
	return time.Duration(n) * time.Second, err
}

// setSeconds rounds up, and down to the largest value.
func (s *socket) setSeconds(name int, d time.Duration) error {
	n := min((d-1)/time.Second+1, maxKeepAliveSeconds)
	return s.setOption(unix.IPPROTO_TCP, name, int(n))
}

func (s *socket) keepAliveCount() (int, error) {
	return s.option(unix.IPPROTO_TCP, unix.TCP_KEEPCNT)
}

func (s *socket) setKeepAliveCount(n uint64) error {
	return s.setOption(unix.IPPROTO_TCP, unix.TCP_KEEPCNT, int(min(n, maxKeepAliveCount)))
}

func (s *socket) hopLimit(f family) (int, error) {
	if f == ipv4 {
		return s.option(unix.IPPROTO_IP, unix.IP_TTL)
	}
	return s.option(unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS)
}

func (s *socket) setHopLimit(f family, n int) error {
	if f == ipv4 {
		return s.setOption(unix.IPPROTO_IP, unix.IP_TTL, n)
	}
	return s.setOption(unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, n)
}

func (s *socket) receiveBuffer() (int, error) { return s.bufferSize(unix.SO_RCVBUF) }

func (s *socket) setReceiveBuffer(n uint64) error { return s.setBufferSize(unix.SO_RCVBUF, n) }

func (s *socket) sendBuffer() (int, error) { return s.bufferSize(unix.SO_SNDBUF) }

func (s *socket) setSendBuffer(n uint64) error { return s.setBufferSize(unix.SO_SNDBUF, n) }

func (s *socket) bufferSize(name int) (int, error) {
	n, err := s.option(unix.SOL_SOCKET, name)
	return n / bufferFactor, err
}

// setBufferSize sets what the system takes at most, if n is more.
func (s *socket) setBufferSize(name int, n uint64) error {
	const most = 1 << 28
	err := s.setOption(unix.SOL_SOCKET, name, int(min(n, most)))
	if err == unix.ENOBUFS { // some systems refuse rather than take less
		return nil
	}
	return err
}
