package framing

import "strings"

// chunked follows a body in chunks (RFC 9112 section 7.1), byte by byte where it is not
// data. net/http takes a bare LF for the end of a line, and forgives more.
type chunked struct {
	state  chunkState
	size   int64
	digits int
	line   int // bytes of the line, or of all trailers
	name   []byte
}

type chunkState int

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	trailerStart
	trailerName
	trailerValue
	trailerLF
	lastLF
)

const (
	// maxChunkDigits are those of the largest size that is a number of 63 bits.
	maxChunkDigits = 15
	// maxChunkLine are the bytes of a chunk's size with its extensions, which mean
	// nothing to anybody.
	maxChunkLine = 4 << 10
	// maxTrailers are the bytes of all trailers.
	maxTrailers = 64 << 10
)

// notTrailers are fields that say where a message ends or goes: whoever moves trailers
// into a header would read another message (RFC 9110 section 6.5.1).
var notTrailers = []string{"content-length", "transfer-encoding", "host", "trailer", "connection", "upgrade", "te", "expect"}

// advance takes bytes and returns how many are of the body, and whether it has ended.
func (c *chunked) advance(b []byte) (n int, done bool, err error) {
	for n < len(b) {
		if c.state == chunkData {
			k := min(c.size, int64(len(b)-n))
			n += int(k)
			if c.size -= k; c.size == 0 {
				c.state = chunkDataCR
			}
			continue
		}
		if done, err = c.step(b[n]); err != nil {
			return n, false, err
		}
		n++
		if done {
			return n, true, nil
		}
	}
	return n, false, nil
}

// step takes a byte that is not data.
func (c *chunked) step(b byte) (done bool, err error) {
	c.line++
	switch c.state {
	case chunkSize, chunkExtension:
		return false, c.sizeLine(b)
	case chunkSizeLF:
		if b != '\n' {
			return false, Refused("the size of a chunk does not end in CRLF")
		}
		c.state = chunkData
		if c.size == 0 {
			c.state, c.line = trailerStart, 0
		}
	case chunkDataCR:
		if b != '\r' {
			return false, Refused("a chunk is longer than its size")
		}
		c.state = chunkDataLF
	case chunkDataLF:
		if b != '\n' {
			return false, Refused("a chunk does not end in CRLF")
		}
		*c = chunked{name: c.name[:0]}
	case lastLF:
		if b != '\n' {
			return false, Refused("the trailers do not end in CRLF")
		}
		return true, nil
	default:
		return false, c.trailer(b)
	}
	return false, nil
}

// sizeLine takes a byte of "chunk-size [ chunk-ext ] CRLF".
func (c *chunked) sizeLine(b byte) error {
	switch {
	case c.line > maxChunkLine:
		return Refused("the extensions of a chunk are too long")
	case b == '\r' && c.digits > 0:
		c.state = chunkSizeLF
	case c.state == chunkExtension:
		if b < ' ' && b != '\t' || b == 0x7f {
			return Refused("there is a control character in the extension of a chunk")
		}
	case isHex(b):
		if c.digits++; c.digits > maxChunkDigits {
			return Refused("the size of a chunk is too large")
		}
		c.size = c.size<<4 | int64(strings.IndexByte("0123456789abcdef", b|0x20))
	case b == ';' && c.digits > 0:
		c.state = chunkExtension
	default:
		return Refused("the size of a chunk is no number")
	}
	return nil
}

// trailer takes a byte of the lines after the last chunk.
func (c *chunked) trailer(b byte) error {
	if c.line > maxTrailers {
		return Refused("the trailers are too long")
	}
	switch c.state {
	case trailerStart, trailerName:
		switch {
		case b == '\r' && c.state == trailerStart:
			c.state = lastLF
		case b == ':' && c.state == trailerName:
			for _, not := range notTrailers {
				if strings.EqualFold(not, string(c.name)) {
					return Refused("a trailer is named " + not)
				}
			}
			c.state, c.name = trailerValue, c.name[:0]
		case isToken([]byte{b}):
			c.state, c.name = trailerName, append(c.name, b)
		default:
			return Refused("a trailer has no name, or not directly before its colon")
		}
	case trailerValue:
		switch {
		case b == '\r':
			c.state = trailerLF
		case b < ' ' && b != '\t' || b == 0x7f:
			return Refused("there is a control character in a trailer")
		}
	case trailerLF:
		if b != '\n' {
			return Refused("a trailer does not end in CRLF")
		}
		c.state = trailerStart
	}
	return nil
}
