package http

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"

	"github.com/sidecall/sidecall/host"
)

// stage is how far a request has come.
type stage int

const (
	stageDial   stage = iota // a connection is looked for, or made
	stageLookup              // a name is looked up for it
	stageTLS                 // it is being secured
	stageSend                // the request is being sent, or was
	stageHeader              // the response's header is coming
	stageBody                // it has come
)

// progress is how far a request has come on the connection that it is sent by now.
// net/http tells much of what goes wrong by text alone; when it went wrong says what
// it was.
type progress struct {
	stage stage
	conn  *observed // what it is sent by, nil before stageSend
	read  int64     // bytes that conn had read before the request
	http2 bool
	// written is set when the request's header was written, trailers when trailers were
	// to be, unsent when the request could not be written to its end.
	written, trailers, unsent bool
	chunked                   bool  // the response's body is
	headerLimit               int64 // bytes of a response's header that net/http reads
}

// tracker follows a request.
type tracker struct {
	headerLimit int64
	h2c         bool // what it is sent by is HTTP/2 though it is without TLS

	mu sync.Mutex
	p  progress // guarded by mu
}

func (t *tracker) now() progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.p
	p.headerLimit = t.headerLimit
	p.http2 = p.http2 || t.h2c && p.conn != nil
	return p
}

func (t *tracker) update(f func(p *progress)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.p)
}

// dialling notes a stage of making a connection. While one is being made another one
// may become free for the request; from then on the former does not matter.
func (t *tracker) dialling(s stage) {
	t.update(func(p *progress) {
		if p.conn == nil {
			p.stage = s
		}
	})
}

// hooks returns a trace that follows the request, and calls dialling and sending when
// it wants a connection and when it has one.
func (t *tracker) hooks(dialling, sending func()) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { // once more for a request that is sent again
			t.update(func(p *progress) { *p = progress{} })
			dialling()
		},
		DNSStart:          func(httptrace.DNSStartInfo) { t.dialling(stageLookup) },
		DNSDone:           func(httptrace.DNSDoneInfo) { t.dialling(stageDial) },
		TLSHandshakeStart: func() { t.dialling(stageTLS) },
		GotConn: func(info httptrace.GotConnInfo) {
			t.update(func(p *progress) { p.sendBy(info.Conn) })
			sending()
		},
		WroteHeaders: func() { t.update(func(p *progress) { p.written = true }) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			t.update(func(p *progress) { p.unsent = info.Err != nil })
		},
		GotFirstResponseByte: func() {
			t.update(func(p *progress) { p.stage = stageHeader })
		},
	}
}

func (p *progress) sendBy(c net.Conn) {
	p.stage = stageSend
	if s, ok := c.(*tls.Conn); ok {
		p.http2 = s.ConnectionState().NegotiatedProtocol == "h2"
		c = s.NetConn()
	}
	if p.conn, _ = c.(*observed); p.conn != nil {
		p.read = p.conn.read.Load()
	}
}

// begun notes that the response's header has come.
func (t *tracker) begun(r *http.Response) {
	t.update(func(p *progress) {
		p.stage = stageBody
		p.chunked = len(r.TransferEncoding) > 0
	})
}

// received is how many bytes came by the connection since the request was sent. That
// includes what TLS adds, and, by HTTP/2, what belongs to other requests.
func (p progress) received() int64 {
	if p.conn == nil {
		return 0
	}
	return p.conn.read.Load() - p.read
}

// stuck reports whether the other end does not take what is sent.
func (p progress) stuck() bool { return p.conn != nil && p.conn.writing.Load() }

// observed is a connection that counts what it reads, and knows that it is writing.
type observed struct {
	net.Conn
	closed  func(*observed) // called when it is closed
	held    *host.Descriptor
	read    atomic.Int64
	writing atomic.Bool
}

// Read reads what is there.
func (o *observed) Read(b []byte) (int, error) {
	n, err := o.Conn.Read(b)
	o.read.Add(int64(n))
	return n, err
}

// Write writes all of b.
func (o *observed) Write(b []byte) (int, error) {
	o.writing.Store(true)
	defer o.writing.Store(false)
	return o.Conn.Write(b)
}

// Close closes the connection.
func (o *observed) Close() error {
	o.closed(o)
	return o.Conn.Close()
}
