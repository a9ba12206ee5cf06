//go:build !unix

package sockets

import (
	"syscall"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/plugins/io"
)

// socket is not there yet on this system: newSocket says so, and nothing else is
// ever called.
type socket struct {
	f                  deadliner
	conn               syscall.RawConn
	readable, writable direction
	held               *host.Descriptor
}

type direction struct{ io.Always }

type deadliner struct{}

func (deadliner) SetWriteDeadline(time.Time) error { return NotSupported }

const (
	stream = iota
	datagram
)

func newSocket(family, int) (*socket, error) { return nil, NotSupported }

func codeOfErrno(syscall.Errno) ErrorCode { return Unknown }

func (*socket) close()                                               {}
func (*socket) bind(socketAddress, bool) error                       { return NotSupported }
func (*socket) connect(socketAddress) error                          { return NotSupported }
func (*socket) disconnect() error                                    { return NotSupported }
func (*socket) connected() error                                     { return NotSupported }
func (*socket) listen(int) error                                     { return NotSupported }
func (*socket) accept() (*socket, error)                             { return nil, NotSupported }
func (*socket) local() (a socketAddress, err error)                  { return a, NotSupported }
func (*socket) remote() (a socketAddress, err error)                 { return a, NotSupported }
func (*socket) read([]byte) (int, error)                             { return 0, NotSupported }
func (*socket) write([]byte) (int, error)                            { return 0, NotSupported }
func (*socket) receiveFrom([]byte) (n int, a socketAddress, e error) { return 0, a, NotSupported }
func (*socket) sendTo([]byte, *socketAddress) error                  { return NotSupported }
func (*socket) shutdown(bool, bool) error                            { return NotSupported }
func (*socket) keepAlive() (bool, error)                             { return false, NotSupported }
func (*socket) setKeepAlive(bool) error                              { return NotSupported }
func (*socket) keepAliveIdle() (time.Duration, error)                { return 0, NotSupported }
func (*socket) setKeepAliveIdle(time.Duration) error                 { return NotSupported }
func (*socket) keepAliveInterval() (time.Duration, error)            { return 0, NotSupported }
func (*socket) setKeepAliveInterval(time.Duration) error             { return NotSupported }
func (*socket) keepAliveCount() (int, error)                         { return 0, NotSupported }
func (*socket) setKeepAliveCount(uint64) error                       { return NotSupported }
func (*socket) hopLimit(family) (int, error)                         { return 0, NotSupported }
func (*socket) setHopLimit(family, int) error                        { return NotSupported }
func (*socket) receiveBuffer() (int, error)                          { return 0, NotSupported }
func (*socket) setReceiveBuffer(uint64) error                        { return NotSupported }
func (*socket) sendBuffer() (int, error)                             { return 0, NotSupported }
func (*socket) setSendBuffer(uint64) error                           { return NotSupported }
