package sockets

import (
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/sidecall/sidecall/host"
)

// ErrorCode is the enum error-code, in the order of the WIT. It is an error.
type ErrorCode int

// The cases of error-code.
const (
	Unknown ErrorCode = iota
	AccessDenied
	NotSupported
	InvalidArgument
	OutOfMemory
	Timeout
	ConcurrencyConflict
	NotInProgress
	WouldBlock
	InvalidState
	NewSocketLimit
	AddressNotBindable
	AddressInUse
	RemoteUnreachable
	ConnectionRefused
	ConnectionReset
	ConnectionAborted
	DatagramTooLarge
	NameUnresolvable
	TemporaryResolverFailure
	PermanentResolverFailure
)

var errorCodeNames = [...]string{"unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory",
	"timeout", "concurrency-conflict", "not-in-progress", "would-block", "invalid-state", "new-socket-limit",
	"address-not-bindable", "address-in-use", "remote-unreachable", "connection-refused", "connection-reset",
	"connection-aborted", "datagram-too-large", "name-unresolvable", "temporary-resolver-failure",
	"permanent-resolver-failure"}

// Error returns the case's name.
func (c ErrorCode) Error() string { return errorCodeNames[c] }

// codeOf returns the error-code for an error of the system, or of this package.
func codeOf(err error) ErrorCode {
	var code ErrorCode
	var errno syscall.Errno
	var dns *net.DNSError
	var refusal *host.Refusal
	switch {
	case errors.As(err, &code):
		return code
	case errors.As(err, &refusal):
		return AccessDenied
	case errors.As(err, &errno):
		return codeOfErrno(errno)
	case errors.As(err, &dns):
		return codeOfLookup(dns)
	case errors.Is(err, os.ErrClosed):
		return InvalidState
	}
	return Unknown
}

func codeOfLookup(err *net.DNSError) ErrorCode {
	switch {
	case err.IsNotFound:
		return NameUnresolvable
	case err.IsTimeout, err.IsTemporary:
		return TemporaryResolverFailure
	}
	return PermanentResolverFailure
}
