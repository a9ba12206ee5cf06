package http

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// pipe carries a body from a guest, which never waits when it writes, to Go code
// that waits when it reads. It holds no more than pipeRoom bytes, and until the guest has
// handed the message over, so that somebody reads, no more than keptBody.
type pipe struct {
	room wasiio.Signal // told when the writer can go on
	more wasiio.Signal // told when the reader can go on

	mu       sync.Mutex
	buf      []byte // guarded by mu
	flushing bool   // guarded by mu
	// written counts what was written; length is what must be written in all, -1 if
	// any length will do.
	written, length int64 // guarded by mu
	// read is set when somebody reads, or will: the guest has handed the message over.
	// guarded by mu
	read     bool
	over     Code // the case for a body of another length
	trailers *fields
	readErr  error // guarded by mu: what the reader gets after buf
	writeErr error // guarded by mu: what the writer gets
}

// pipeRoom is how many bytes wait for the reader at most.
const pipeRoom = 64 << 10

// keptBody is how many bytes of a body are kept that nobody can read yet. Many guests
// write a body, or much of one, before they set the response or send the request that has
// it.
const keptBody = 256 << 10

// flushAtOnce is up to how many bytes a flush does not wait for the reader.
const flushAtOnce = 16 << 10

func newPipe(length int64, over Code) *pipe { return &pipe{length: length, over: over} }

// errUnfinished is what the reader gets when the guest drops a body instead of
// finishing it.
var errUnfinished = errors.New("the body was not finished")

// Ready reports whether there is room, or an error.
func (p *pipe) Ready() bool {
	n, err := p.Permit()
	return n > 0 || err != nil
}

// Watch watches for room.
func (p *pipe) Watch(wake func()) (stop func()) { return p.room.Watch(wake) }

// Permit returns the room that is left.
func (p *pipe) Permit() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.writeErr != nil:
		return 0, p.writeErr
	case p.flushing && len(p.buf) > 0:
		return 0, nil
	}
	p.flushing = false
	if !p.read {
		return min(pipeRoom, keptBody-len(p.buf)), nil
	}
	return max(0, pipeRoom-len(p.buf)), nil
}

// handOver tells that the message is on its way: the body will be read. It returns the
// length of a body that has ended, else -1.
func (p *pipe) handOver() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = true
	if errors.Is(p.readErr, io.EOF) {
		return int64(len(p.buf))
	}
	return -1
}

// failed is why the body cannot be what the guest wanted, nil if it can.
func (p *pipe) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readErr != nil && !errors.Is(p.readErr, io.EOF) {
		return p.readErr
	}
	return nil
}

// Stuck tells who waits for room that nobody will make: the guest itself would have to
// hand the message over first.
func (p *pipe) Stuck() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.read || p.writeErr != nil || len(p.buf) < keptBody:
		return nil
	case p.over == RequestBodySize:
		return fmt.Errorf("nobody reads the body of a request that was not sent, and %d bytes of it are kept at most: call outgoing-handler.handle before more is written", keptBody)
	}
	return fmt.Errorf("nobody reads the body of a response that was not set, and %d bytes of it are kept at most: call response-outparam.set before more is written", keptBody)
}

// Fail ends the body as broken off, because of err.
func (p *pipe) Fail(err error) { p.abort(err) }

// retained is how many bytes the body may come to hold.
func (p *pipe) retained() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read {
		return max(pipeRoom, len(p.buf))
	}
	return keptBody
}

// Write keeps b for the reader.
func (p *pipe) Write(b []byte) error {
	p.mu.Lock()
	defer p.more.Notify()
	defer p.mu.Unlock()
	if p.writeErr != nil {
		return p.writeErr
	}
	p.written += int64(len(b))
	if p.length >= 0 && p.written > p.length {
		p.writeErr = failSize(p.over, uint64(p.written))
		p.readErr = p.writeErr
		return p.writeErr
	}
	p.buf = append(p.buf, b...)
	return nil
}

// Flush makes Permit return 0 until the reader has all, if that is much: the reader
// takes what there is in any case, and to wait for it takes longer than it does.
func (p *pipe) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushing = p.read && len(p.buf) > flushAtOnce
	return p.writeErr
}

// Close is the end of the stream, not of the body.
func (*pipe) Close() error { return nil }

// finish ends the body, with trailers or without (nil). It fails if the length is
// not the one that was announced, or the trailers may only stand in a header.
func (p *pipe) finish(trailers *fields) error {
	p.mu.Lock()
	defer p.more.Notify()
	defer p.mu.Unlock()
	if p.readErr != nil {
		if p.writeErr != nil && !errors.Is(p.writeErr, io.EOF) {
			return p.writeErr
		}
		return nil
	}
	// A response to HEAD announces a body that it does not have.
	headOnly := p.written == 0 && p.over == ResponseBodySize
	if p.length >= 0 && p.written != p.length && !headOnly {
		p.readErr = failSize(p.over, uint64(p.written))
		p.writeErr = p.readErr
		return p.readErr
	}
	if !trailers.mayTrail() {
		p.readErr = fail(ProtocolError, errors.New("the trailers have a field that only a header may have"))
		p.writeErr = p.readErr
		return p.readErr
	}
	p.trailers, p.readErr, p.writeErr = trailers, io.EOF, io.EOF
	return nil
}

// abort ends the body as broken off, if it has not ended.
func (p *pipe) abort(err error) {
	p.mu.Lock()
	defer p.more.Notify()
	defer p.room.Notify()
	defer p.mu.Unlock()
	if p.readErr == nil {
		p.readErr, p.writeErr = err, err
	}
}

// leave tells the writer that nobody reads any more, because of err. io.EOF closes
// the stream.
func (p *pipe) leave(err error) {
	p.mu.Lock()
	defer p.more.Notify()
	defer p.room.Notify()
	defer p.mu.Unlock()
	p.buf = nil
	if p.writeErr == nil {
		p.writeErr = err
	}
	if p.readErr == nil {
		p.readErr = err
	}
}

// complete returns the whole body, if it has ended already.
func (p *pipe) complete() (body []byte, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf, errors.Is(p.readErr, io.EOF)
}

// reader is the pipe as Go code reads it.
type reader struct {
	pipe *pipe
	// atEnd is called before the end of the body is returned.
	atEnd func(trailers *fields)
}

// Read waits for bytes.
func (r *reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		woken := make(chan struct{}, 1)
		stop := r.pipe.more.Watch(func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
		n, err := r.tryRead(b)
		if n > 0 || err != nil {
			stop()
			return n, err
		}
		<-woken
		stop()
	}
}

// tryRead returns what is there.
func (r *reader) tryRead(b []byte) (int, error) {
	p := r.pipe
	p.mu.Lock()
	if len(p.buf) > 0 {
		n := copy(b, p.buf)
		p.buf = p.buf[n:]
		if len(p.buf) == 0 {
			p.buf = nil
		}
		p.mu.Unlock()
		p.room.Notify()
		return n, nil
	}
	err, trailers := p.readErr, p.trailers
	p.mu.Unlock()
	if errors.Is(err, io.EOF) && r.atEnd != nil {
		r.atEnd(trailers)
		r.atEnd = nil
	}
	return 0, err
}

// empty reports whether a read would wait.
func (r *reader) empty() bool {
	r.pipe.mu.Lock()
	defer r.pipe.mu.Unlock()
	return len(r.pipe.buf) == 0 && r.pipe.readErr == nil
}

// soon waits a while for something to read, and reports whether it came.
func (r *reader) soon(d time.Duration) bool {
	woken := make(chan struct{}, 1)
	defer r.pipe.more.Watch(func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})()
	if !r.empty() {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-woken:
		return !r.empty()
	case <-t.C:
		return false
	}
}

// Close tells the guest that nobody reads any more.
func (r *reader) Close() error {
	r.pipe.leave(io.EOF)
	return nil
}
