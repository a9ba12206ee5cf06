package server

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// conns are the clients' connections, from their beginning to their real end.
type conns struct {
	net.Listener
	peers         *peers
	tls           *tls.Config // nil without TLS
	header        int         // as framing.NewReader has it
	headerTimeout time.Duration
	log           zerolog.Logger

	forced atomic.Bool // connections are closed without waiting for clients
	leave  atomic.Bool // clients are told to go elsewhere

	most int       // how many there may be
	told time.Time // when the log was told that there are; Accept is one goroutine's

	mu  sync.Mutex
	all map[*conn]struct{} // guarded by mu
}

func newConns(l net.Listener, p *peers, opt Listen, log zerolog.Logger) *conns {
	cs := &conns{
		Listener: l, peers: p, most: opt.Connections, headerTimeout: opt.HeaderTimeout, log: log, all: map[*conn]struct{}{},
		// What net/http reads of a header before it answers 431, and what it may have
		// read ahead of it.
		header: opt.Header + 4<<10 + 4<<10,
	}
	if opt.TLS != nil {
		cs.tls = opt.TLS.Clone()
		cs.tls.NextProtos = []string{"h2", "http/1.1"}
	}
	return cs
}

// Accept accepts a client. It does not wait for what it says.
func (cs *conns) Accept() (net.Conn, error) {
	below, err := cs.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: below, of: cs, since: time.Now(), tcp: cs.peers.of(below.RemoteAddr().String())}
	if cs.tls != nil {
		c.tls = tls.Server(below, cs.tls)
		c.Conn = c.tls
	}
	c.away.Store(cs.leave.Load())
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.all[c] = struct{}{}
	if n := len(cs.all); n >= cs.most && time.Since(cs.told) >= acceptInterval {
		cs.told = time.Now()
		cs.log.Warn().Int("clients", n).Msg("as many clients are connected as may be, others wait; see http.limits.connections")
	}
	return c, nil
}

func (cs *conns) forget(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.all, c)
}

func (cs *conns) list() []*conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	list := make([]*conn, 0, len(cs.all))
	for c := range cs.all {
		list = append(list, c)
	}
	return list
}

// sendAway has clients told to go elsewhere: with the next answer by HTTP/1, at once, or
// with the first answer, by HTTP/2.
func (cs *conns) sendAway() {
	if cs.leave.Swap(true) {
		return
	}
	for _, c := range cs.list() {
		c.away.Store(true)
		c.goAway()
	}
}

// sweep ends the connections of HTTP/1 that have been idle since before, and reports
// whether there are others.
func (cs *conns) sweep(before time.Time) (left bool) {
	list := slices.DeleteFunc(cs.list(), (*conn).http2)
	for _, c := range list {
		if since, ok := c.idle(); ok && since.Before(before) {
			c.kick()
		}
	}
	return len(list) > 0
}

// any reports whether there are connections.
func (cs *conns) any() bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.all) > 0
}

// force closes what is left as soon as it is to be closed.
func (cs *conns) force() {
	cs.forced.Store(true)
	for _, c := range cs.list() {
		if c.tcp != nil {
			_ = c.tcp.SetDeadline(time.Unix(1, 0)) // also of those that linger
		}
	}
}
