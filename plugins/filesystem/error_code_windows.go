package filesystem

import "syscall"

// codeOfErrno knows the errors of Windows that files and directories meet.
func codeOfErrno(e syscall.Errno) ErrorCode {
	const (
		errorSharingViolation = 32
		errorNotSupported     = 50
		errorInvalidParameter = 87
		errorDiskFull         = 112
		errorInvalidName      = 123
		errorDirectory        = 267
		errorNotSameDevice    = 17
	)
	switch e {
	case syscall.ERROR_FILE_NOT_FOUND, syscall.ERROR_PATH_NOT_FOUND, errorInvalidName:
		return NoEntry
	case syscall.ERROR_ACCESS_DENIED, syscall.EACCES, errorSharingViolation:
		return Access
	case syscall.ERROR_FILE_EXISTS, syscall.ERROR_ALREADY_EXISTS, syscall.EEXIST:
		return Exist
	case syscall.ERROR_DIR_NOT_EMPTY, syscall.ENOTEMPTY:
		return NotEmpty
	case errorDirectory:
		return NotDirectory
	case syscall.EISDIR:
		return IsDirectory
	case syscall.ELOOP:
		return Loop
	case syscall.EINVAL, errorInvalidParameter:
		return Invalid
	case syscall.ENAMETOOLONG:
		return NameTooLong
	case errorDiskFull:
		return InsufficientSpace
	case errorNotSameDevice:
		return CrossDevice
	case syscall.ERROR_PRIVILEGE_NOT_HELD, syscall.EPERM:
		return NotPermitted
	case syscall.EWINDOWS, syscall.ENOSYS, errorNotSupported:
		return Unsupported
	}
	return IO
}
