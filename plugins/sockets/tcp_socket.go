package sockets

import (
	"errors"

	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/io"
)

// tcpState is what a tcp-socket is doing, as the specification of wasi:sockets
// names it.
type tcpState int

const (
	tcpUnbound tcpState = iota
	tcpBindInProgress
	tcpBound
	tcpConnectInProgress
	tcpConnected
	tcpListenInProgress
	tcpListening
	tcpClosed
)

// tcpSocket is behind the resource tcp-socket.
type tcpSocket struct {
	family family
	state  tcpState
	conn   *tcpConn
	// connectErr is how a connection failed at once; finish-connect tells it.
	connectErr error
	backlog    int
}

// defaultBacklog is how many connections wait to be accepted unless the guest says.
const defaultBacklog = 128

// tooMany is the largest backlog that is asked of the system, which takes less.
const tooMany = 1 << 16

func newTCPSocket(f family, p *policy) (*tcpSocket, error) {
	held, err := p.acquire(plan.TCP)
	if err != nil {
		return nil, err
	}
	s, err := newSocket(f, stream)
	if err != nil {
		held.Give()
		p.release()
		return nil, err
	}
	s.held = held
	return &tcpSocket{family: f, conn: newTCPConn(s, p), backlog: defaultBacklog}, nil
}

// Drop gives the socket up; its streams may go on.
func (t *tcpSocket) Drop() { t.conn.release() }

// Ready reports whether the operation in progress, if any, can be finished.
func (t *tcpSocket) Ready() bool {
	e := t.awaited()
	return e == nil || e.Ready()
}

// Watch watches for what is awaited at that time.
func (t *tcpSocket) Watch(wake func()) (stop func()) {
	if e := t.awaited(); e != nil {
		return e.Watch(wake)
	}
	return func() {}
}

func (t *tcpSocket) awaited() io.Event {
	switch {
	case t.state == tcpConnectInProgress && t.connectErr == nil:
		return &t.conn.writable
	case t.state == tcpListening:
		return &t.conn.readable
	}
	return nil
}

func (t *tcpSocket) startBind(p *policy, a socketAddress) error {
	switch {
	case t.state == tcpBindInProgress:
		return ConcurrencyConflict
	case t.state != tcpUnbound:
		return InvalidState
	case !t.family.is(a.Addr()) || a.Addr().IsMulticast():
		return InvalidArgument
	case !p.bind(plan.TCP, a.AddrPort):
		return p.noListen(plan.TCP, a.AddrPort)
	}
	// A port that was in use a moment ago can be used again, as the specification
	// wants; a port that is chosen is not to be shared.
	if err := t.conn.bind(a, a.Port() != 0); err != nil {
		return bindError(err)
	}
	t.conn.policy = p
	t.state = tcpBindInProgress
	return nil
}

// bindError tells an address that is not the host's own from other mistakes.
func bindError(err error) error {
	if code := codeOf(err); code == InvalidArgument {
		return AddressNotBindable
	}
	return err
}

func (t *tcpSocket) finishBind() error {
	if t.state != tcpBindInProgress {
		return NotInProgress
	}
	t.state = tcpBound
	return nil
}

func (t *tcpSocket) startConnect(p *policy, a socketAddress) error {
	switch {
	case t.state == tcpConnectInProgress:
		return ConcurrencyConflict
	case t.state != tcpUnbound && t.state != tcpBound:
		return InvalidState
	case !t.family.is(a.Addr()) || a.Addr().IsMulticast() || a.Addr().IsUnspecified() || a.Port() == 0:
		return InvalidArgument
	case !p.connect(plan.TCP, a.AddrPort):
		return p.noConnect(plan.TCP, a.AddrPort)
	}
	t.state = tcpConnectInProgress
	if err := t.conn.connect(a); err != nil && codeOf(err) != WouldBlock {
		t.connectErr = err
	}
	return nil
}

// finishConnect returns the streams of the connection. When the connection fails
// the socket is of no more use.
func (t *tcpSocket) finishConnect() (*tcpInput, *tcpOutput, error) {
	switch {
	case t.state != tcpConnectInProgress:
		return nil, nil, NotInProgress
	case !t.Ready():
		return nil, nil, WouldBlock
	}
	err := t.connectErr
	if err == nil {
		err = t.conn.connected()
	}
	if err != nil {
		t.state = tcpClosed
		return nil, nil, err
	}
	t.state = tcpConnected
	return t.conn.input(), t.conn.output(), nil
}

func (t *tcpSocket) startListen() error {
	switch t.state {
	case tcpBound:
	case tcpListenInProgress:
		return ConcurrencyConflict
	default:
		return InvalidState
	}
	a, err := t.conn.local()
	if err != nil {
		return err
	}
	if !t.conn.policy.listen(plan.TCP, a.AddrPort) {
		return t.conn.policy.noListen(plan.TCP, a.AddrPort)
	}
	if err := t.conn.listen(t.backlog); err != nil {
		return err
	}
	t.state = tcpListenInProgress
	return nil
}

func (t *tcpSocket) finishListen() error {
	if t.state != tcpListenInProgress {
		return NotInProgress
	}
	t.state = tcpListening
	return nil
}

func (t *tcpSocket) accept() (*tcpSocket, *tcpInput, *tcpOutput, error) {
	if t.state != tcpListening {
		return nil, nil, nil, InvalidState
	}
	p := t.conn.owner
	held, err := p.acquire(plan.TCP)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := t.conn.accept()
	if err != nil {
		held.Give()
		p.release()
		return nil, nil, nil, err
	}
	s.held = held
	a := &tcpSocket{family: t.family, state: tcpConnected, conn: newTCPConn(s, p)}
	return a, a.conn.input(), a.conn.output(), nil
}

func (t *tcpSocket) localAddress() (a socketAddress, err error) {
	switch t.state {
	case tcpUnbound, tcpBindInProgress, tcpClosed:
		return a, InvalidState
	}
	return t.conn.local()
}

func (t *tcpSocket) remoteAddress() (a socketAddress, err error) {
	if t.state != tcpConnected {
		return a, InvalidState
	}
	return t.conn.remote()
}

func (t *tcpSocket) setBacklog(n uint64) error {
	switch {
	case n == 0:
		return InvalidArgument
	case t.state == tcpConnectInProgress || t.state == tcpConnected || t.state == tcpClosed:
		return InvalidState
	}
	t.backlog = int(min(n, tooMany))
	if t.state == tcpListening || t.state == tcpListenInProgress {
		return t.conn.listen(t.backlog)
	}
	return nil
}

// shutdown ends directions of the connection: receive, send or both.
func (t *tcpSocket) shutdown(receive, send bool) error {
	if t.state != tcpConnected {
		return InvalidState
	}
	err := t.conn.end(receive, send)
	if errors.Is(err, InvalidState) { // the other side has ended it before
		return nil
	}
	return err
}
