package framing

// Frames follows what a server writes by HTTP/2, to know where another frame may stand
// (RFC 9113 section 4.1). The zero Frames is at the beginning.
type Frames struct {
	header  [9]byte
	n       int  // bytes of header
	left    int  // bytes of the frame's payload
	block   bool // a block of fields goes on in the next frame
	answers bool
}

const (
	frameHeaders      = 0x1
	framePushPromise  = 0x5
	frameContinuation = 0x9
	flagEndHeaders    = 0x4
)

// Goaway says that no stream after those under way should be begun, and refuses none:
// a client may have begun some already (RFC 9113 section 6.8).
var Goaway = []byte{0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}

// Between reports whether a frame may stand here, behind an answer: a client that is sent
// away before it has one may come again and again.
func (f *Frames) Between() bool { return f.n == 0 && f.left == 0 && !f.block && f.answers }

// Advance takes what is written next, up to where Between becomes true if stop is set,
// and returns how much that was.
func (f *Frames) Advance(b []byte, stop bool) (n int) {
	for n < len(b) {
		if stop && f.Between() {
			return n
		}
		if f.left > 0 {
			k := min(f.left, len(b)-n)
			f.left -= k
			n += k
			continue
		}
		k := copy(f.header[f.n:], b[n:])
		f.n += k
		n += k
		if f.n == len(f.header) {
			f.begin()
		}
	}
	return n
}

// begin takes a frame's header.
func (f *Frames) begin() {
	h := &f.header
	f.left, f.n = int(h[0])<<16|int(h[1])<<8|int(h[2]), 0
	switch h[3] {
	case frameHeaders, framePushPromise, frameContinuation:
		f.block = h[4]&flagEndHeaders == 0
		f.answers = f.answers || h[3] == frameHeaders
	}
}
