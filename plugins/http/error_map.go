package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"syscall"

	"github.com/sidecall/sidecall/host/value"
)

// clientError makes the error-code of an error that net/http's client returned for
// a request whose context is ctx. What the error itself says comes first; where it
// is only a text, how far the request had come says what went wrong.
func clientError(ctx context.Context, p progress, err error) *Error {
	var own *Error
	if cause := context.Cause(ctx); errors.As(cause, &own) || errors.As(err, &own) {
		return own
	}
	for _, find := range []func(progress, error) *Error{bodyCode, dnsCode, tlsCode, networkCode, http2Code, stageCode} {
		if e := find(p, err); e != nil {
			e.cause = err
			return e
		}
	}
	return fail(InternalError, err)
}

// bodyCode is for what the guest itself did to the body that it sent.
func bodyCode(_ progress, err error) *Error {
	if errors.Is(err, errUnfinished) {
		return fail(ProtocolError, nil)
	}
	return nil
}

func dnsCode(_ progress, err error) *Error {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return nil
	case dns.IsTimeout:
		return fail(DNSTimeout, nil)
	case dns.IsNotFound:
		return with(DNSError, value.Record(value.Some(value.String("NXDOMAIN")), value.None()))
	}
	return fail(DNSError, nil)
}

func tlsCode(p progress, err error) *Error {
	var (
		noRoots      x509.SystemRootsError
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        *net.OpError
	)
	switch {
	case errors.As(err, &noRoots):
		return fail(ConfigurationError, nil)
	case errors.As(err, &verification):
		return fail(TLSCertificateError, nil)
	case errors.As(err, &record):
		return fail(TLSProtocolError, nil)
	case !errors.As(err, &alert):
		return nil
	}
	// crypto/tls tells of alerts by a type of its own, a number, in the error of an
	// operation of one of these names.
	switch number := reflect.ValueOf(alert.Err); {
	case alert.Op == "local error":
		return fail(TLSProtocolError, nil)
	case alert.Op == "remote error" && number.Kind() == reflect.Uint8:
		a := tls.AlertError(number.Uint())
		return with(TLSAlertReceived, value.Record(value.Some(value.U8(uint8(a))), value.Some(value.String(a.Error()))))
	}
	return nil
}

func networkCode(p progress, err error) *Error {
	var timeout net.Error
	switch {
	case isAny(err, syscall.ECONNREFUSED):
		return fail(ConnectionRefused, nil)
	case isAny(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EAFNOSUPPORT):
		return fail(DestinationIPUnroutable, nil)
	case isAny(err, syscall.EACCES, syscall.EPERM): // a packet filter of this host
		return fail(DestinationIPProhibited, nil)
	case isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL): // no descriptor or port is left
		return fail(ConnectionLimitReached, nil)
	case isAny(err, syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, context.Canceled):
		return p.terminated()
	case errors.As(err, &timeout) && timeout.Timeout():
		return fail(p.late(), nil)
	}
	return nil
}

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// stageCode is for errors of which nothing but the time is known.
func stageCode(p progress, _ error) *Error {
	switch p.stage {
	case stageTLS:
		return fail(TLSProtocolError, nil)
	case stageSend:
		switch { // by HTTP/2, the server says how much it takes
		case p.http2 && !p.written:
			return fail(RequestHeaderSectionSize, nil)
		case p.http2 && p.trailers && p.unsent:
			return fail(RequestTrailerSectionSize, nil)
		}
		return p.terminated()
	case stageHeader:
		if !p.http2 && p.received() >= p.headerLimit {
			return fail(ResponseHeaderSectionSize, nil)
		}
		return fail(ProtocolError, nil)
	case stageBody:
		if p.chunked {
			return with(ResponseTransferCoding, value.Some(value.String("chunked")))
		}
		return fail(ProtocolError, nil)
	}
	return nil
}

// terminated is the case for a connection that has ended.
func (p progress) terminated() *Error {
	if p.stage >= stageHeader {
		return fail(ResponseIncomplete, nil)
	}
	return fail(ConnectionTerminated, nil)
}

// late is the case for a request that makes no progress.
func (p progress) late() Code {
	switch {
	case p.stage == stageLookup:
		return DNSTimeout
	case p.stage < stageSend:
		return ConnectionTimeout
	case p.stage == stageSend && p.stuck():
		return ConnectionWriteTimeout
	}
	return ConnectionReadTimeout
}

// serverError makes the error-code of an error in reading a request's body.
func serverError(err error) *Error {
	var own *Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &tooLarge):
		e := failSize(RequestBodySize, uint64(tooLarge.Limit))
		e.cause = err
		return e
	}
	return fail(ConnectionTerminated, err)
}
