package sockets

import (
	"fmt"

	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/io"
)

// udpState is what a udp-socket is doing.
type udpState int

const (
	udpUnbound udpState = iota
	udpBindInProgress
	udpBound
)

// udpSocket is behind the resource udp-socket.
type udpSocket struct {
	family family
	state  udpState
	conn   *udpConn
	peer   *socketAddress // what it is connected to
}

// udpConn is what a udp-socket and its streams share.
type udpConn struct {
	*socket
	// owner counts the socket; policy is what it may do, by the network it is bound to.
	owner, policy *policy
	refs          int
	// open is whether the socket takes datagrams of anybody, as it is bound to an
	// address that it may listen at.
	open bool
	// streams counts how often stream was called: only the last streams work.
	streams int
}

func newUDPSocket(f family, p *policy) (*udpSocket, error) {
	held, err := p.acquire(plan.UDP)
	if err != nil {
		return nil, err
	}
	s, err := newSocket(f, datagram)
	if err != nil {
		held.Give()
		p.release()
		return nil, err
	}
	s.held = held
	return &udpSocket{family: f, conn: &udpConn{socket: s, owner: p, policy: p, refs: 1}}, nil
}

func (c *udpConn) release() {
	if c.refs--; c.refs == 0 {
		c.owner.release()
		c.close()
	}
}

// Drop gives the socket up; its streams may go on.
func (u *udpSocket) Drop() { u.conn.release() }

// Ready reports true: nothing that a udp-socket does takes time.
func (*udpSocket) Ready() bool { return true }

// Watch has nothing to watch for.
func (*udpSocket) Watch(func()) (stop func()) { return func() {} }

func (u *udpSocket) startBind(p *policy, a socketAddress) error {
	switch {
	case u.state == udpBindInProgress:
		return ConcurrencyConflict
	case u.state != udpUnbound:
		return InvalidState
	case !u.family.is(a.Addr()):
		return InvalidArgument
	case !p.bind(plan.UDP, a.AddrPort):
		return p.noListen(plan.UDP, a.AddrPort)
	}
	if err := u.conn.bind(a, false); err != nil {
		return bindError(err)
	}
	local, err := u.conn.local()
	if err != nil {
		return err
	}
	u.conn.policy, u.conn.open = p, p.listen(plan.UDP, local.AddrPort)
	u.state = udpBindInProgress
	return nil
}

func (u *udpSocket) finishBind() error {
	if u.state != udpBindInProgress {
		return NotInProgress
	}
	u.state = udpBound
	return nil
}

// checkRemote checks an address to send to.
func (u *udpSocket) checkRemote(a socketAddress) error {
	switch {
	case !u.family.is(a.Addr()) || a.Addr().IsUnspecified() || a.Port() == 0:
		return InvalidArgument
	case !u.conn.open && !u.conn.policy.connect(plan.UDP, a.AddrPort):
		return u.conn.policy.noConnect(plan.UDP, a.AddrPort)
	}
	return nil
}

// stream makes streams, to and from one address or any. Those made before work no
// more.
func (u *udpSocket) stream(remote *socketAddress) (*incomingDatagrams, *outgoingDatagrams, error) {
	if u.state != udpBound {
		return nil, nil, InvalidState
	}
	switch {
	case remote != nil:
		if err := u.checkRemote(*remote); err != nil {
			return nil, nil, err
		}
		if err := u.conn.connect(*remote); err != nil {
			return nil, nil, err
		}
	case u.peer != nil:
		if err := u.conn.disconnect(); err != nil {
			return nil, nil, err
		}
	}
	u.peer = remote
	u.conn.streams++
	u.conn.refs += 2
	s := udpStream{socket: u, conn: u.conn, number: u.conn.streams, peer: remote}
	return &incomingDatagrams{s}, &outgoingDatagrams{udpStream: s}, nil
}

func (u *udpSocket) localAddress() (a socketAddress, err error) {
	if u.state != udpBound {
		return a, InvalidState
	}
	return u.conn.local()
}

func (u *udpSocket) remoteAddress() (a socketAddress, err error) {
	if u.peer == nil {
		return a, InvalidState
	}
	return u.conn.remote()
}

func (u *udpSocket) options() (*socket, error) { return u.conn.socket, nil }

// udpStream is what both kinds of streams are.
type udpStream struct {
	socket *udpSocket
	conn   *udpConn
	number int
	peer   *socketAddress
}

// Drop gives the stream up.
func (s *udpStream) Drop() { s.conn.release() }

func (s *udpStream) current() error {
	if s.number != s.conn.streams {
		return InvalidState
	}
	return nil
}

// incomingDatagrams is behind the resource incoming-datagram-stream.
type incomingDatagrams struct{ udpStream }

// incomingDatagram is what was received.
type incomingDatagram struct {
	data []byte
	from socketAddress
}

const (
	// maxDatagram is the largest that there is.
	maxDatagram = 1<<16 - 1
	// receiveLimit and sendLimit are how many are received and sent at a time, at most.
	receiveLimit = 64
	sendLimit    = 16
)

// receive returns what is there. What others send than those that may be sent to is
// thrown away, unless the socket listens.
func (s *incomingDatagrams) receive(n uint64) ([]incomingDatagram, error) {
	if err := s.current(); err != nil {
		return nil, err
	}
	var got []incomingDatagram
	buf := make([]byte, maxDatagram)
	for tries := 0; uint64(len(got)) < min(n, receiveLimit) && tries < 2*receiveLimit; tries++ {
		size, from, err := s.conn.receiveFrom(buf)
		if err != nil {
			if codeOf(err) == WouldBlock || len(got) > 0 {
				break
			}
			return nil, err
		}
		if s.conn.open || s.conn.policy.connect(plan.UDP, from.AddrPort) {
			got = append(got, incomingDatagram{append([]byte(nil), buf[:size]...), from})
		}
	}
	return got, nil
}

// event is what subscribe waits for.
func (s *incomingDatagrams) event() io.Event { return &s.conn.readable }

// outgoingDatagrams is behind the resource outgoing-datagram-stream.
type outgoingDatagrams struct {
	udpStream
	permit uint64
}

// checkSend returns how many datagrams the next send may have.
func (s *outgoingDatagrams) checkSend() (uint64, error) {
	if err := s.current(); err != nil {
		return 0, err
	}
	s.permit = 0
	if s.conn.writable.Ready() {
		s.permit = sendLimit
	}
	return s.permit, nil
}

// permitError is the trap of sending more than check-send has permitted.
type permitError struct{ permitted, sent uint64 }

func (e *permitError) Error() string {
	return fmt.Sprintf("send of %d datagrams, of which %d are permitted: call check-send before each send and send no more than it returned", e.sent, e.permitted)
}

// outgoingDatagram is one to send, to the stream's peer if to is nil.
type outgoingDatagram struct {
	data []byte
	to   *socketAddress
}

// send sends datagrams until one fails. It fails itself if that is the first.
func (s *outgoingDatagrams) send(ds []outgoingDatagram) (uint64, error) {
	if err := s.current(); err != nil {
		return 0, err
	}
	if n := uint64(len(ds)); n > s.permit {
		return 0, &permitError{s.permit, n}
	}
	for i, d := range ds {
		if err := s.sendOne(d); err != nil {
			if i > 0 || codeOf(err) == WouldBlock {
				return uint64(i), nil
			}
			return 0, err
		}
		s.permit--
	}
	return uint64(len(ds)), nil
}

func (s *outgoingDatagrams) sendOne(d outgoingDatagram) error {
	if s.peer != nil {
		if d.to != nil && d.to.AddrPort != s.peer.AddrPort {
			return InvalidArgument
		}
		return s.conn.sendTo(d.data, nil)
	}
	if d.to == nil {
		return InvalidArgument
	}
	if err := s.socket.checkRemote(*d.to); err != nil {
		return err
	}
	return s.conn.sendTo(d.data, d.to)
}

func (s *outgoingDatagrams) event() io.Event { return &s.conn.writable }
