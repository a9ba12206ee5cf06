//go:build unix

package filesystem

import "syscall"

func codeOfErrno(e syscall.Errno) ErrorCode {
	if code, ok := errnoCodes[e]; ok {
		return code
	}
	return IO
}

// errnoCodes is never changed. ENOTSUP and EOPNOTSUPP are one number on Linux.
var errnoCodes = func() map[syscall.Errno]ErrorCode {
	m := map[syscall.Errno]ErrorCode{
		syscall.EACCES:          Access,
		syscall.EAGAIN:          WouldBlock,
		syscall.EALREADY:        Already,
		syscall.EBADF:           BadDescriptor,
		syscall.EBUSY:           Busy,
		syscall.EDEADLK:         Deadlock,
		syscall.EDQUOT:          Quota,
		syscall.EEXIST:          Exist,
		syscall.EFBIG:           FileTooLarge,
		syscall.EILSEQ:          IllegalByteSequence,
		syscall.EINPROGRESS:     InProgress,
		syscall.EINTR:           Interrupted,
		syscall.EINVAL:          Invalid,
		syscall.EIO:             IO,
		syscall.EISDIR:          IsDirectory,
		syscall.ELOOP:           Loop,
		syscall.EMLINK:          TooManyLinks,
		syscall.EMSGSIZE:        MessageSize,
		syscall.ENAMETOOLONG:    NameTooLong,
		syscall.ENODEV:          NoDevice,
		syscall.ENOENT:          NoEntry,
		syscall.ENOLCK:          NoLock,
		syscall.ENOMEM:          InsufficientMemory,
		syscall.ENOSPC:          InsufficientSpace,
		syscall.ENOTDIR:         NotDirectory,
		syscall.ENOTEMPTY:       NotEmpty,
		syscall.ENOTRECOVERABLE: NotRecoverable,
		syscall.ENOSYS:          Unsupported,
		syscall.ENOTTY:          NoTTY,
		syscall.ENXIO:           NoSuchDevice,
		syscall.EOVERFLOW:       Overflow,
		syscall.EPERM:           NotPermitted,
		syscall.EPIPE:           Pipe,
		syscall.EROFS:           ReadOnly,
		syscall.ESPIPE:          InvalidSeek,
		syscall.ETXTBSY:         TextFileBusy,
		syscall.EXDEV:           CrossDevice,
		// The host has run out of descriptors, for which there is no code of its own.
		syscall.EMFILE: InsufficientMemory,
		syscall.ENFILE: InsufficientMemory,
	}
	m[syscall.ENOTSUP] = Unsupported
	m[syscall.EOPNOTSUPP] = Unsupported
	return m
}()
