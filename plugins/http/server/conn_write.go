package server

import (
	"io"
	"time"

	"github.com/sidecall/sidecall/plugins/http/server/framing"
)

// badRequest is what net/http answers to what is no request.
const badRequest = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"

// Write writes; by HTTP/1, why a request is refused too, which net/http does not know; by
// HTTP/2, a GOAWAY between frames if one is due.
func (c *conn) Write(p []byte) (int, error) {
	if c.in == nil {
		return c.Conn.Write(p)
	}
	if !c.in.HTTP2() {
		inBody, why := c.in.Broken()
		if why == nil || inBody != 0 || string(p) != badRequest {
			return c.Conn.Write(p)
		}
		c.of.log.Debug().Str("client", c.RemoteAddr().String()).Err(why).Msg("a request was refused")
		_, err := c.Conn.Write([]byte(badRequest + ": " + why.Error() + "\n"))
		return len(p), err
	}
	n, err := c.writeFrames(p)
	c.goAway() // one may have become due meanwhile
	return n, err
}

func (c *conn) writeFrames(p []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		k := c.frames.Advance(p[n:], c.away.Load() && !c.gone)
		w, err := c.Conn.Write(p[n : n+k])
		n += w
		if err != nil || n == len(p) {
			return n, err
		}
		if err := c.goAwayLocked(); err != nil {
			return n, err
		}
	}
}

// goAway sends GOAWAY, if it is due and may stand here. Who writes just now sees to it.
func (c *conn) goAway() {
	if c.away.Load() && c.writing.TryLock() {
		defer c.writing.Unlock()
		_ = c.goAwayLocked() // a connection that has failed ends by itself
	}
}

func (c *conn) goAwayLocked() error {
	if c.gone || !c.frames.Between() {
		return nil
	}
	c.gone = true
	_, err := c.Conn.Write(framing.Goaway)
	return err
}

// CloseWrite tells the client that nothing more comes.
func (c *conn) CloseWrite() error {
	if c.tls != nil {
		if err := c.tls.CloseWrite(); err != nil {
			return err
		}
	}
	if c.tcp == nil {
		return nil
	}
	return c.tcp.CloseWrite()
}

const (
	// lingerTime is how long a client may take to see that nothing more comes, and
	// lingerBytes how much of what it sends meanwhile is thrown away.
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
)

// Close closes the connection when the client has seen that nothing more comes: to close
// one that has sent something more makes the kernel reset it, and the client loses the
// end of its answer (RFC 9112 section 9.6).
func (c *conn) Close() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	c.mu.Unlock()
	if again {
		return nil
	}
	if c.tcp == nil || c.http2() || c.of.forced.Load() || c.CloseWrite() != nil {
		return c.closeNow()
	}
	go func() {
		_ = c.tcp.SetDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.tcp, lingerBytes)
		_ = c.closeNow() // nobody can do anything about it
	}()
	return nil
}

func (c *conn) closeNow() error {
	c.of.forget(c)
	return c.Conn.Close()
}
