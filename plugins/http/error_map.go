package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/sidecall/sidecall/host/value"
)

// clientError makes the error-code of an error that net/http's client returned for
// a request whose context is ctx.
func clientError(ctx context.Context, err error) *Error {
	var own *Error
	if cause := context.Cause(ctx); errors.As(cause, &own) || errors.As(err, &own) {
		return own
	}
	for _, find := range []func(error) (Code, bool){dnsCode, tlsCode, networkCode, httpCode} {
		if code, ok := find(err); ok {
			return withDetails(fail(code, err))
		}
	}
	return fail(InternalError, err)
}

func dnsCode(err error) (Code, bool) {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return 0, false
	}
	if dns.IsTimeout {
		return DNSTimeout, true
	}
	return DNSError, true
}

func tlsCode(err error) (Code, bool) {
	var (
		verification *tls.CertificateVerificationError
		unknown      x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		alert        tls.AlertError
		record       tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &verification), errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return TLSCertificateError, true
	case errors.As(err, &alert):
		return TLSAlertReceived, true
	case errors.As(err, &record):
		return TLSProtocolError, true
	}
	return 0, false
}

func networkCode(err error) (Code, bool) {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return ConnectionRefused, true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return DestinationIPUnroutable, true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		return ConnectionTerminated, true
	case errors.As(err, &timeout) && timeout.Timeout():
		return ConnectionTimeout, true
	}
	return 0, false
}

func httpCode(err error) (Code, bool) {
	var tooLarge *http.MaxBytesError
	return RequestBodySize, errors.As(err, &tooLarge)
}

// withDetails fills in what a case can tell.
func withDetails(e *Error) *Error {
	var dns *net.DNSError
	var alert tls.AlertError
	var tooLarge *http.MaxBytesError
	switch {
	case e.Code == DNSError && errors.As(e.cause, &dns) && dns.IsNotFound:
		p := value.Record(value.Some(value.String("NXDOMAIN")), value.None())
		e.payload = &p
	case e.Code == TLSAlertReceived && errors.As(e.cause, &alert):
		p := value.Record(value.Some(value.U8(uint8(alert))), value.Some(value.String(alert.Error())))
		e.payload = &p
	case e.Code == RequestBodySize && errors.As(e.cause, &tooLarge):
		p := value.Some(value.U64(uint64(tooLarge.Limit)))
		e.payload = &p
	}
	return e
}

// serverError makes the error-code of an error in reading a request's body.
func serverError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if code, ok := httpCode(err); ok {
		return withDetails(fail(code, err))
	}
	return fail(ConnectionTerminated, err)
}
