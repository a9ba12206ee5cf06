//go:build unix

package sockets

import "syscall"

func codeOfErrno(e syscall.Errno) ErrorCode {
	switch e {
	case syscall.EACCES, syscall.EPERM:
		return AccessDenied
	case syscall.EOPNOTSUPP, syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT,
		syscall.EPFNOSUPPORT, syscall.ENOPROTOOPT:
		return NotSupported
	case syscall.EINVAL, syscall.EDESTADDRREQ:
		return InvalidArgument
	case syscall.ENOMEM, syscall.ENOBUFS:
		return OutOfMemory
	case syscall.ETIMEDOUT:
		return Timeout
	case syscall.EALREADY:
		return ConcurrencyConflict
	case syscall.EAGAIN, syscall.EINPROGRESS:
		return WouldBlock
	case syscall.ENOTCONN, syscall.EISCONN, syscall.EBADF:
		return InvalidState
	case syscall.EMFILE, syscall.ENFILE:
		return NewSocketLimit
	case syscall.EADDRNOTAVAIL:
		return AddressNotBindable
	case syscall.EADDRINUSE:
		return AddressInUse
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN:
		return RemoteUnreachable
	case syscall.ECONNREFUSED:
		return ConnectionRefused
	case syscall.ECONNRESET, syscall.EPIPE:
		return ConnectionReset
	case syscall.ECONNABORTED:
		return ConnectionAborted
	case syscall.EMSGSIZE:
		return DatagramTooLarge
	}
	return Unknown
}
