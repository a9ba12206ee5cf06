package http

import (
	"errors"
	"reflect"
)

// streamError has the shape of net/http's errors of HTTP/2 streams, which net/http
// keeps to itself but fills into any type that has it.
type streamError struct {
	StreamID uint32
	Code     uint32 // RFC 9113 section 7
	Cause    error
}

func (streamError) Error() string { return "a stream of HTTP/2 was reset" }

// Codes of RFC 9113 section 7.
const (
	h2Protocol           = 0x1
	h2FlowControl        = 0x3
	h2StreamClosed       = 0x5
	h2FrameSize          = 0x6
	h2Compression        = 0x9
	h2InadequateSecurity = 0xc
	h2HTTP11Required     = 0xd
)

// http2Code is for errors that only HTTP/2 has.
func http2Code(p progress, err error) *Error {
	if !p.http2 {
		return nil
	}
	var reset streamError
	if errors.As(err, &reset) {
		switch reset.Code {
		case h2Protocol, h2FlowControl, h2StreamClosed, h2FrameSize, h2Compression:
			return fail(ProtocolError, nil)
		case h2InadequateSecurity:
			return fail(TLSProtocolError, nil)
		case h2HTTP11Required: // the version is what TLS had agreed on
			return fail(UpgradeFailed, nil)
		}
		return p.terminated()
	}
	for ; err != nil; err = errors.Unwrap(err) {
		switch v := reflect.ValueOf(err); {
		case v.Kind() == reflect.Uint32: // a connection error: a code of RFC 9113
			return fail(ProtocolError, nil)
		case v.Kind() == reflect.Struct && v.FieldByName("LastStreamID").IsValid(): // GOAWAY, then the end
			return p.terminated()
		}
	}
	return nil
}
