//go:build unix

package operator

import (
	"errors"
	"os"
	"syscall"
)

// trusted refuses a file that others than the operator could have written.
func trusted(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case !ok || owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return errors.New("it is not root's; chown root it")
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("others may write to it; chmod go-w it")
	}
	return nil
}
