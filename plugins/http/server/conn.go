package server

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sidecall/sidecall/plugins/http/server/framing"
)

// conn is a client's connection. net/http takes it for one without TLS: what it reads are
// requests of which there is one reading only, what it writes may be followed by GOAWAY.
type conn struct {
	net.Conn
	of  *conns
	tls *tls.Conn    // nil without TLS; else Conn is it
	tcp *net.TCPConn // below, nil if it is not known
	in  *framing.Reader
	// state is tls's, once there is an agreement; settled says that there is.
	state   *tls.ConnectionState
	settled bool

	mu       sync.Mutex
	busy     bool      // guarded by mu: a request of HTTP/1 is being answered
	answered int64     // guarded by mu: requests of HTTP/1 that were
	since    time.Time // guarded by mu: since when none is
	deadline time.Time // guarded by mu: that for reading, as net/http has set it
	kicked   bool      // guarded by mu: reading was interrupted by kick
	closed   bool      // guarded by mu

	away    atomic.Bool // a GOAWAY is to be sent
	writing sync.Mutex
	frames  framing.Frames // guarded by writing
	gone    bool           // guarded by writing: a GOAWAY was sent
}

// Read reads requests. When the connection has been idle for long enough for a server
// that ends, it returns the error of a deadline that has passed.
func (c *conn) Read(p []byte) (int, error) {
	if !c.settled {
		if err := c.settle(); err != nil {
			return 0, err
		}
	}
	for {
		if c.in.HTTP2() {
			p = p[:c.of.turn(len(p))]
		}
		n, err := c.in.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !c.goOn() {
			return n, err
		}
	}
}

// settle agrees on TLS and on the protocol.
func (c *conn) settle() error {
	c.settled = true
	http1, http2 := true, c.tls == nil
	if c.tls != nil {
		_ = c.tls.SetWriteDeadline(time.Now().Add(c.of.headerTimeout))
		if err := c.tls.Handshake(); err != nil {
			c.handshakeFailed(err)
			c.in = framing.NewReader(eof{}, 0, true, false)
			return io.EOF
		}
		_ = c.tls.SetWriteDeadline(time.Time{})
		state := c.tls.ConnectionState()
		c.state = &state
		http2 = state.NegotiatedProtocol == "h2"
		http1 = !http2
	}
	in := framing.NewReader(c.Conn, c.of.header, http1, http2)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = in
	return nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// handshakeFailed tells a client that speaks HTTP without TLS, and the log.
func (c *conn) handshakeFailed(err error) {
	var record tls.RecordHeaderError
	if errors.As(err, &record) && record.Conn != nil && looksLikeHTTP(record.RecordHeader) {
		_, _ = io.WriteString(record.Conn, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
	}
	c.of.log.Debug().Err(err).Msg("a client and TLS did not agree")
}

// looksLikeHTTP reports whether a client's first bytes are the beginning of a method.
func looksLikeHTTP(b [5]byte) bool {
	for _, c := range b {
		if c != ' ' && c != '/' && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// SetReadDeadline is net/http's, to interrupt reading.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline, c.kicked = t, false
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline sets that for writing too.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// begin tells that a request of HTTP/1 is being answered, end that it was.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = true
}

func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy, c.since = false, time.Now()
	c.answered++
}

// brokenBody is what is wrong with the body of the request that is being answered.
func (c *conn) brokenBody() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if request, why := c.in.Broken(); request == c.answered+1 {
		return why
	}
	return nil
}

// more reports whether requests have come, or parts of some, behind the one that is being
// answered.
func (c *conn) more() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moreLocked(1)
}

// moreLocked reports whether there is more than n requests that are not answered. It is
// called with mu held.
func (c *conn) moreLocked(n int64) bool {
	if c.in == nil {
		return waiting(c.tcp)
	}
	return c.in.Requests() > c.answered+n || c.in.Begun() || !c.in.Inside() && waiting(c.tcp)
}

// idle reports since when a connection of HTTP/1 has been so, if it is.
func (c *conn) idle() (since time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy || c.closed || c.moreLocked(0) {
		return time.Time{}, false
	}
	return c.since, true
}

// kick ends a connection that is idle, unless a request comes before it is noticed.
func (c *conn) kick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.busy && !c.closed {
		c.kicked = true
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // a connection that has failed ends by itself
	}
}

// goOn reports whether reading was interrupted, by kick or because the client has sent
// nothing for long, though it must not end now.
func (c *conn) goOn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.kicked {
		// To interrupt reading at once net/http sets a deadline of long ago.
		late := c.deadline.After(time.Unix(1<<30, 0)) && !c.busy && !c.closed &&
			c.in.Requests() == c.answered && !c.in.Begun() && waiting(c.tcp)
		if late { // the first bytes of a request have come just now
			_ = c.Conn.SetReadDeadline(time.Now().Add(c.of.headerTimeout))
		}
		return late
	}
	c.kicked = false
	if !c.busy && !c.moreLocked(0) {
		return false
	}
	_ = c.Conn.SetReadDeadline(c.deadline)
	return true
}

// http2 reports whether the client speaks HTTP/2.
func (c *conn) http2() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in != nil && c.in.HTTP2()
}
