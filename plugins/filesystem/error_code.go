package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ErrorCode is the enum error-code, in the order of the WIT. It is an error.
type ErrorCode int

// The cases of error-code.
const (
	Access ErrorCode = iota
	WouldBlock
	Already
	BadDescriptor
	Busy
	Deadlock
	Quota
	Exist
	FileTooLarge
	IllegalByteSequence
	InProgress
	Interrupted
	Invalid
	IO
	IsDirectory
	Loop
	TooManyLinks
	MessageSize
	NameTooLong
	NoDevice
	NoEntry
	NoLock
	InsufficientMemory
	InsufficientSpace
	NotDirectory
	NotEmpty
	NotRecoverable
	Unsupported
	NoTTY
	NoSuchDevice
	Overflow
	NotPermitted
	Pipe
	ReadOnly
	InvalidSeek
	TextFileBusy
	CrossDevice
)

var errorCodeNames = [...]string{"access", "would-block", "already", "bad-descriptor", "busy", "deadlock", "quota",
	"exist", "file-too-large", "illegal-byte-sequence", "in-progress", "interrupted", "invalid", "io", "is-directory",
	"loop", "too-many-links", "message-size", "name-too-long", "no-device", "no-entry", "no-lock",
	"insufficient-memory", "insufficient-space", "not-directory", "not-empty", "not-recoverable", "unsupported",
	"no-tty", "no-such-device", "overflow", "not-permitted", "pipe", "read-only", "invalid-seek", "text-file-busy",
	"cross-device"}

// Error returns the case's name.
func (c ErrorCode) Error() string { return errorCodeNames[c] }

// codeOf returns the error-code for an error of package os, or of this package.
func codeOf(err error) ErrorCode {
	var code ErrorCode
	var denied *deniedError
	var errno syscall.Errno
	switch {
	case errors.As(err, &denied):
		return denied.code
	case errors.As(err, &code):
		return code
	case errors.As(err, &errno):
		return codeOfErrno(errno)
	case errors.Is(err, fs.ErrClosed):
		return BadDescriptor
	case errors.Is(err, fs.ErrNotExist):
		return NoEntry
	case errors.Is(err, fs.ErrExist):
		return Exist
	case errors.Is(err, fs.ErrInvalid):
		return Invalid
	case refusedByRoot(err):
		return NotPermitted
	}
	return IO
}

// refusedByRoot reports whether os.Root itself refused a path, because it leads out
// of the root: the only errors of its operations that come from nowhere else.
func refusedByRoot(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	return errors.As(err, &path) || errors.As(err, &link)
}
