package sockets

import (
	stdio "io"
	"sync"
	"time"

	"github.com/sidecall/sidecall/plugins/io"
)

// tcpConn is what a tcp-socket and its two streams share. It is closed when all
// of them are gone.
type tcpConn struct {
	*socket
	// owner counts the socket; policy is what it may do, by the network it is bound to.
	owner, policy *policy
	refs          int
	// received is whether the input has been ended by shutdown.
	received bool
	// sent is signalled when what was pending is sent.
	sent io.Signal

	mu      sync.Mutex
	pending []byte // guarded by mu: taken from the guest, not yet by the system
	sendErr error  // guarded by mu: why nothing more can be sent
	ending  bool   // guarded by mu: the output ends after what is pending
	gone    bool   // guarded by mu: close after what is pending
}

// parting is how long a connection that was dropped goes on sending what the guest
// has written.
const parting = 5 * time.Second

func newTCPConn(s *socket, p *policy) *tcpConn {
	return &tcpConn{socket: s, owner: p, policy: p, refs: 1}
}

func (c *tcpConn) input() *tcpInput {
	c.refs++
	return &tcpInput{c}
}

func (c *tcpConn) output() *tcpOutput {
	c.refs++
	return &tcpOutput{c}
}

func (c *tcpConn) release() {
	if c.refs--; c.refs > 0 {
		return
	}
	c.owner.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 {
		c.close()
		return
	}
	c.gone = true
	_ = c.f.SetWriteDeadline(time.Now().Add(parting))
}

// end is shutdown. What is pending is sent before the output ends.
func (c *tcpConn) end(receive, send bool) error {
	c.received = c.received || receive
	c.mu.Lock()
	defer c.mu.Unlock()
	if send {
		c.ending = true
		send = len(c.pending) == 0
	}
	if !receive && !send {
		return nil
	}
	return c.shutdown(receive, send)
}

// put sends p. What the system has no room for is sent by a goroutine, which ends
// with it.
func (c *tcpConn) put(p []byte) error {
	n, err := c.write(p)
	if err != nil && codeOf(err) != WouldBlock {
		return codeOf(err)
	}
	if n == len(p) {
		return nil
	}
	c.mu.Lock()
	c.pending = p[n:]
	c.mu.Unlock()
	go c.drain(p[n:])
	return nil
}

func (c *tcpConn) drain(p []byte) {
	var err error
	waitErr := c.conn.Write(func(uintptr) bool {
		for len(p) > 0 {
			var n int
			n, err = c.write(p)
			p = p[n:]
			if err != nil {
				return codeOf(err) != WouldBlock
			}
		}
		return true
	})
	if waitErr != nil {
		err = waitErr
	}
	c.mu.Lock()
	c.pending = nil
	if err != nil {
		c.sendErr = codeOf(err)
	}
	if c.ending && err == nil {
		_ = c.shutdown(false, true)
	}
	if c.gone {
		c.close()
	}
	c.mu.Unlock()
	c.sent.Notify()
}

// tcpInput is the input-stream of a connection.
type tcpInput struct{ conn *tcpConn }

// tcpReadLimit is the most that one read takes from the system.
const tcpReadLimit = 64 << 10

// Ready reports whether there are bytes, or an end.
func (i *tcpInput) Ready() bool { return i.conn.received || i.conn.readable.Ready() }

// Watch watches the socket.
func (i *tcpInput) Watch(wake func()) (stop func()) { return i.conn.readable.Watch(wake) }

// Read reads what is there. It fails with an ErrorCode.
func (i *tcpInput) Read(n int) ([]byte, error) {
	if i.conn.received {
		return nil, stdio.EOF
	}
	b := make([]byte, min(n, tcpReadLimit))
	n, err := i.conn.read(b)
	switch {
	case err == nil && n == 0:
		return nil, stdio.EOF
	case err == nil:
		return b[:n], nil
	case codeOf(err) == WouldBlock:
		return nil, nil
	}
	return nil, codeOf(err)
}

// Close gives the input up.
func (i *tcpInput) Close() error {
	i.conn.release()
	return nil
}

// tcpOutput is the output-stream of a connection.
type tcpOutput struct{ conn *tcpConn }

// tcpPermit is how many bytes one write may have. Of these, what the system does
// not take at once is kept.
const tcpPermit = 64 << 10

// Ready reports whether there is room, or an end.
func (o *tcpOutput) Ready() bool {
	n, err := o.Permit()
	return n > 0 || err != nil
}

// Watch watches the socket, or what is pending.
func (o *tcpOutput) Watch(wake func()) (stop func()) {
	stopSent := o.conn.sent.Watch(wake)
	o.conn.mu.Lock()
	pending := len(o.conn.pending) > 0
	o.conn.mu.Unlock()
	if pending { // whose goroutine waits for the socket
		return stopSent
	}
	stopSocket := o.conn.writable.Watch(wake)
	return func() {
		stopSocket()
		stopSent()
	}
}

// Permit is 0 while something is pending.
func (o *tcpOutput) Permit() (int, error) {
	c := o.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.sendErr != nil:
		return 0, c.sendErr
	case c.ending:
		return 0, stdio.EOF
	case len(c.pending) > 0 || !c.writable.Ready():
		return 0, nil
	}
	return tcpPermit, nil
}

// Write sends p. It fails with an ErrorCode.
func (o *tcpOutput) Write(p []byte) error { return o.conn.put(p) }

// Flush has nothing to do: Permit is 0 until the system has all.
func (*tcpOutput) Flush() error { return nil }

// Close gives the output up.
func (o *tcpOutput) Close() error {
	o.conn.release()
	return nil
}
