package server

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// peers are the clients of a listener, by their addresses. net/http tells of a client
// that leaves only once the request's body is read to its end; the connection knows
// it before.
type peers struct {
	net.Listener
	mu    sync.Mutex
	conns map[string]*net.TCPConn // guarded by mu
}

func newPeers(l net.Listener) *peers {
	return &peers{Listener: l, conns: map[string]*net.TCPConn{}}
}

// Accept notes who it is.
func (p *peers) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	tcp, ok := c.(*net.TCPConn)
	if err != nil || !ok {
		return c, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[tcp.RemoteAddr().String()] = tcp
	return &peer{tcp, p}, nil
}

// peer is a connection that is forgotten when it is closed.
type peer struct {
	*net.TCPConn
	of *peers
}

func (c *peer) Close() error {
	address := c.RemoteAddr().String()
	c.of.mu.Lock()
	if c.of.conns[address] == c.TCPConn { // and not that of who has the address now
		delete(c.of.conns, address)
	}
	c.of.mu.Unlock()
	return c.TCPConn.Close()
}

// of returns a client's connection, nil if it is not known.
func (p *peers) of(address string) *net.TCPConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns[address]
}

// gone reports whether a client is known to have left.
func (p *peers) gone(address string) bool {
	c := p.of(address)
	return c != nil && hungUp(c)
}

// goneInterval is how often is asked for clients whose body is not read yet.
const goneInterval = 250 * time.Millisecond

// watch calls left when the client of a request has left before its body was read to
// the end. stop ends that.
func (p *peers) watch(r *http.Request, ended *atomic.Bool, left func()) (stop func()) {
	var mu sync.Mutex
	var t *time.Timer
	stopped := false
	mu.Lock()
	defer mu.Unlock()
	t = time.AfterFunc(goneInterval, func() {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case stopped || ended.Load(): // net/http itself takes over at the body's end
		case p.gone(r.RemoteAddr):
			left()
		default:
			t.Reset(goneInterval)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		t.Stop()
	}
}
