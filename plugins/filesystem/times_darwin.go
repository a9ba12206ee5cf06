package filesystem

import (
	"time"

	"golang.org/x/sys/unix"
)

// timespecs returns the times, those to leave as they are from st: setattrlist
// cannot leave a time out.
func (t times) timespecs(st *unix.Stat_t) ([]unix.Timespec, error) {
	ts := []unix.Timespec{st.Atim, st.Mtim}
	for i, tm := range []time.Time{t.access, t.modification} {
		if tm.IsZero() {
			continue
		}
		var err error
		if ts[i], err = unix.TimeToTimespec(tm); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

func setFileTimes(f *file, t times) error {
	return f.control(func(fd int) error {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		ts, err := t.timespecs(&st)
		if err != nil {
			return err
		}
		tv := []unix.Timeval{unix.NsecToTimeval(ts[0].Nano()), unix.NsecToTimeval(ts[1].Nano())}
		return unix.Futimes(fd, tv)
	})
}
