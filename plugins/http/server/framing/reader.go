package framing

import (
	"bytes"
	"io"
	"sync/atomic"
)

// Reader reads a client's connection of HTTP/1, or of HTTP/2 with its preface. One
// goroutine at a time may read; the other methods may be called by others.
type Reader struct {
	src io.Reader
	// limit is how many bytes of a header are held back until it is complete.
	limit int
	// http1 and http2 say which of them the client may speak.
	http1, http2 bool

	state state
	head  head
	left  int64 // bytes of a body
	chunk chunked
	// held are the bytes of a header that is not complete. given of them were handed out,
	// and those before line were looked at.
	held        []byte
	given, line int
	skipped     bool   // an empty line before this header
	out         []byte // what is handed out next
	err         error  // what comes after that, once stopped in a body

	requests atomic.Int64
	begun    atomic.Bool
	inside   atomic.Bool // a body has not come to its end
	isHTTP2  atomic.Bool
	broken   atomic.Pointer[broken]
}

type broken struct {
	why error
	// request is the one whose body it was, counted from 1, 0 for a header.
	request int64
}

type state int

const (
	inHead state = iota
	inBody
	inChunks
	raw     // HTTP/2
	stopped // what comes now means nothing any more
)

// NewReader makes a Reader of src. limit is how many bytes of a header net/http takes,
// which answers what is longer.
func NewReader(src io.Reader, limit int, http1, http2 bool) *Reader {
	return &Reader{src: src, limit: limit, http1: http1, http2: http2}
}

// Requests is how many requests' headers have come.
func (r *Reader) Requests() int64 { return r.requests.Load() }

// Begun reports whether a part of a header has come, but not all of it.
func (r *Reader) Begun() bool { return r.begun.Load() }

// Inside reports whether a body has come in part.
func (r *Reader) Inside() bool { return r.inside.Load() }

// HTTP2 reports whether the client speaks HTTP/2.
func (r *Reader) HTTP2() bool { return r.isHTTP2.Load() }

// Broken is why nothing more of the connection is read, nil if more is. If that is the
// fault of a body, request says whose, counted from 1; else it is 0.
func (r *Reader) Broken() (request int64, why error) {
	if b := r.broken.Load(); b != nil {
		return b.request, b.why
	}
	return 0, nil
}

// preface is how a client begins that speaks HTTP/2 (RFC 9113 section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// marker is no first line of a request, whatever stands before it: net/http answers 400.
// It is as long as preface, for which net/http waits.
const marker = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\r\n\r\n"

// Read reads what may be read. Errors are src's, and a Refused in the middle of a body.
func (r *Reader) Read(p []byte) (int, error) {
	for len(p) > 0 {
		switch {
		case len(r.out) > 0:
			n := copy(p, r.out)
			if r.out = r.out[n:]; len(r.out) == 0 {
				r.out = nil
			}
			return n, nil
		case r.state == stopped && r.err != nil && len(p) > 1:
			return 0, r.err
		case r.state == stopped:
			// The client is still there, and sees the answers that are due. net/http asks for
			// one byte while it answers a request of which it has read all.
			if _, err := r.src.Read(make([]byte, 512)); err != nil {
				return 0, err
			}
			continue
		case r.state == raw:
			return r.src.Read(p)
		}
		if n, err := r.fill(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// fill reads once. What is of no header that is held is looked at where it is read to.
func (r *Reader) fill(p []byte) (int, error) {
	from, buf := len(r.held), p
	if from > 0 {
		buf = make([]byte, from+max(512, from))
		copy(buf, r.held)
	}
	n, err := r.src.Read(buf[from:])
	if n == 0 {
		return 0, err
	}
	ok, end := r.consume(buf[:from+n], from)
	given := 0
	switch {
	case from > 0 && ok > 0:
		r.out = append(buf[r.given:ok:ok], r.out...) // a marker comes last
		r.given = 0
	case from == 0:
		given = ok
	}
	if ok > 0 || from == 0 {
		r.held = append([]byte(nil), buf[ok:end]...)
	} else {
		r.held = buf[:end]
	}
	// net/http asks for one byte while it answers a request. It gets the first of a header
	// at once, and so goes on to see a client leave.
	if from == 0 && len(p) == 1 && len(r.held) == 1 && r.held[0] != '\r' {
		r.given, given = 1, 1
	}
	if begun := r.state == inHead && len(r.held) > 0; begun != r.begun.Load() {
		r.begun.Store(begun)
	}
	if inside := r.state == inBody || r.state == inChunks; inside != r.inside.Load() {
		r.inside.Store(inside)
	}
	return given, nil
}

// consume looks at data from i on; what is before was looked at already. data[:ok] may be
// handed out, data[ok:end] is to be held.
func (r *Reader) consume(data []byte, i int) (ok, end int) {
	for i < len(data) && r.state != stopped {
		switch r.state {
		case inHead:
			if !r.skipped && r.line == 0 && bytes.HasPrefix(data[ok:], []byte("\r\n")) {
				// A client may send an empty line before a request (RFC 9112 section 2.2).
				r.skipped, i = true, ok
				data = append(data[:ok], data[ok+2:]...)
				continue
			}
			n, done := r.header(data[ok:], i-ok)
			if i = ok + n; done {
				ok = i
			}
		case inBody:
			n := int(min(r.left, int64(len(data)-i)))
			i += n
			ok = i
			if r.left -= int64(n); r.left == 0 {
				r.next()
			}
		case inChunks:
			n, done, err := r.chunk.advance(data[i:])
			i += n
			ok = i
			if err != nil {
				r.refuse(err, true)
			} else if done {
				r.next()
			}
		case raw:
			return len(data), len(data)
		}
	}
	switch {
	case r.state == stopped:
		return ok, ok
	case r.state == inHead && len(data)-ok > r.limit: // net/http answers 431
		r.state = stopped
		return len(data), len(data)
	}
	return ok, len(data)
}

// header looks at a header's next line, which begins at r.line and was looked at up to i,
// and returns up to where it has looked, and whether that is the end of the header.
func (r *Reader) header(b []byte, i int) (n int, done bool) {
	if same := commonPrefix(b, preface); r.requests.Load() == 0 && r.line == 0 && r.http2 && same > 0 {
		switch {
		case same == len(preface):
			r.isHTTP2.Store(true)
			r.state = raw
			return len(b), true
		case same == len(b):
			return len(b), false
		case same > len("PRI "):
			r.refuse(Refused("the preface of HTTP/2 is not complete"), false)
			return len(b), false
		}
	}
	nl := bytes.IndexByte(b[i:], '\n')
	switch {
	case r.head.lines == 0 && b[0] != '\r' && b[0] != '\n' && !isToken(b[:1]):
		// What speaks TLS, for one, may send no line for long, and waits.
		r.refuse(Refused("the first line is not method, target and version"), false)
		return len(b), false
	case nl < 0:
		return len(b), false
	}
	n = i + nl + 1
	done, err := r.headerLine(b[r.line:n])
	r.line = n
	if err != nil {
		r.refuse(err, false)
		return n, false
	}
	if done {
		r.body()
	}
	return n, done
}

// headerLine takes a line with its end.
func (r *Reader) headerLine(b []byte) (done bool, err error) {
	text, ok := bytes.CutSuffix(b, []byte("\r\n"))
	switch {
	case !r.http1:
		return false, Refused("the client and the server have agreed on HTTP/2")
	case !ok:
		return false, Refused("a line ends in LF without CR")
	case len(text) == 0 && r.head.lines > 0:
		return true, r.head.end()
	case len(text) == 0:
		return false, Refused("there are empty lines before the first")
	}
	if err := checkLine(text); err != nil {
		return false, err
	}
	return false, r.head.line(text)
}

// body begins what follows a header.
func (r *Reader) body() {
	r.requests.Add(1)
	switch h := &r.head; {
	case h.method == "CONNECT" || h.foreign:
		// What follows is no request, or nobody knows where it ends.
		r.state = stopped
	case h.chunked:
		r.state, r.chunk = inChunks, chunked{}
	case h.length > 0:
		r.state, r.left = inBody, h.length
	default:
		r.next()
	}
}

// next begins a header.
func (r *Reader) next() { r.state, r.head, r.line, r.skipped = inHead, head{}, 0, false }

// refuse takes nothing more of the connection.
func (r *Reader) refuse(why error, inBody bool) {
	r.state = stopped
	if inBody {
		r.broken.Store(&broken{why, r.requests.Load()})
		r.err = why
		return
	}
	r.broken.Store(&broken{why, 0})
	r.out = []byte(marker)
}

func commonPrefix(b []byte, s string) int {
	n := min(len(b), len(s))
	for i := range n {
		if b[i] != s[i] {
			return i
		}
	}
	return n
}
