package filesystem

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// timespecs returns the times as utimensat takes them.
func (t times) timespecs(*unix.Stat_t) ([]unix.Timespec, error) {
	ts := make([]unix.Timespec, 2)
	for i, tm := range []time.Time{t.access, t.modification} {
		if tm.IsZero() {
			ts[i].Nsec = unix.UTIME_OMIT
			continue
		}
		var err error
		if ts[i], err = unix.TimeToTimespec(tm); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

// setFileTimes is futimens, which x/sys/unix does not have: utimensat without a path.
func setFileTimes(f *file, t times) error {
	ts, err := t.timespecs(nil)
	if err != nil {
		return err
	}
	return f.control(func(fd int) error {
		_, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(&ts[0])), 0, 0, 0)
		if e != 0 {
			return e
		}
		return nil
	})
}
