package http

import (
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// Code is a case of the variant error-code, in the order of the WIT.
type Code int

// The cases of error-code.
const (
	DNSTimeout Code = iota
	DNSError
	DestinationNotFound
	DestinationUnavailable
	DestinationIPProhibited
	DestinationIPUnroutable
	ConnectionRefused
	ConnectionTerminated
	ConnectionTimeout
	ConnectionReadTimeout
	ConnectionWriteTimeout
	ConnectionLimitReached
	TLSProtocolError
	TLSCertificateError
	TLSAlertReceived
	RequestDenied
	RequestLengthRequired
	RequestBodySize
	RequestMethodInvalid
	RequestURIInvalid
	RequestURITooLong
	RequestHeaderSectionSize
	RequestHeaderSize
	RequestTrailerSectionSize
	RequestTrailerSize
	ResponseIncomplete
	ResponseHeaderSectionSize
	ResponseHeaderSize
	ResponseBodySize
	ResponseTrailerSectionSize
	ResponseTrailerSize
	ResponseTransferCoding
	ResponseContentCoding
	ResponseTimeout
	UpgradeFailed
	ProtocolError
	LoopDetected
	ConfigurationError
	InternalError
)

var codeNames = [...]string{"DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable",
	"destination-IP-prohibited", "destination-IP-unroutable", "connection-refused", "connection-terminated",
	"connection-timeout", "connection-read-timeout", "connection-write-timeout", "connection-limit-reached",
	"TLS-protocol-error", "TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied",
	"HTTP-request-length-required", "HTTP-request-body-size", "HTTP-request-method-invalid",
	"HTTP-request-URI-invalid", "HTTP-request-URI-too-long", "HTTP-request-header-section-size",
	"HTTP-request-header-size", "HTTP-request-trailer-section-size", "HTTP-request-trailer-size",
	"HTTP-response-incomplete", "HTTP-response-header-section-size", "HTTP-response-header-size",
	"HTTP-response-body-size", "HTTP-response-trailer-section-size", "HTTP-response-trailer-size",
	"HTTP-response-transfer-coding", "HTTP-response-content-coding", "HTTP-response-timeout",
	"HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected", "configuration-error", "internal-error"}

// String returns the case's name.
func (c Code) String() string { return codeNames[c] }

// Error is an error-code. It is an error.
type Error struct {
	Code Code
	// payload is what the case holds, nil if it holds nothing.
	payload *value.Value
	// cause is for logs of the host; guests do not see it.
	cause error
}

// Error returns the case's name.
func (e *Error) Error() string { return e.Code.String() }

// Unwrap returns what led to it.
func (e *Error) Unwrap() error { return e.cause }

// value makes the error-code.
func (e *Error) value() value.Value { return value.Variant(int(e.Code), e.payload) }

// fail makes an error of a case. Cases with payload get an empty one.
func fail(c Code, cause error) *Error { return &Error{c, emptyPayload(c), cause} }

// with makes an error of a case that holds what can be told of it: option's payload,
// or the payload itself.
func with(c Code, payload value.Value) *Error { return &Error{Code: c, payload: &payload} }

// failSize makes an error of a case that holds an optional number of bytes.
func failSize(c Code, n uint64) *Error {
	p := value.Some(value.U64(n))
	return &Error{Code: c, payload: &p}
}

// emptyPayload is a payload that tells nothing, for the cases that have one.
func emptyPayload(c Code) *value.Value {
	none := value.None()
	switch c {
	case DNSError, TLSAlertReceived, RequestTrailerSize, ResponseHeaderSize, ResponseTrailerSize:
		none = value.Record(none, none)
	case RequestBodySize, RequestHeaderSectionSize, RequestHeaderSize, RequestTrailerSectionSize,
		ResponseHeaderSectionSize, ResponseBodySize, ResponseTrailerSectionSize, ResponseTransferCoding,
		ResponseContentCoding, InternalError:
	default:
		return nil
	}
	return &none
}

// readError reads an error-code that a guest made.
func readError(v value.Value) *Error {
	e := &Error{Code: Code(v.Case())}
	if p, ok := v.Payload(); ok {
		e.payload = &p
	}
	return e
}

// errResult is result::error(e).
func errResult(e *Error) (value.Value, error) { return wire.Err(e.value()) }
