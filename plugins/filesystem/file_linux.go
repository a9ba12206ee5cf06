package filesystem

import "golang.org/x/sys/unix"

func fdatasync(f *file) error {
	return f.control(func(fd int) error { return retry(func() error { return unix.Fdatasync(fd) }) })
}

// fadvise gives advice, numbered as the enum advice is.
func fadvise(fd int, offset, length int64, advice int) error {
	native := [...]int{unix.FADV_NORMAL, unix.FADV_SEQUENTIAL, unix.FADV_RANDOM, unix.FADV_WILLNEED,
		unix.FADV_DONTNEED, unix.FADV_NOREUSE}
	return unix.Fadvise(fd, offset, length, native[advice])
}

// appendTo writes at the end, wherever it is at that moment.
func appendTo(f *file, p []byte) error {
	for len(p) > 0 {
		var n int
		err := f.control(func(fd int) error {
			return retry(func() (err error) {
				n, err = unix.Pwritev2(fd, [][]byte{p}, 0, unix.RWF_APPEND)
				return err
			})
		})
		if err == unix.EOPNOTSUPP || err == unix.ENOSYS {
			return appendAtEnd(f, p)
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
