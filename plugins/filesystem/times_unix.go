//go:build unix

package filesystem

import "golang.org/x/sys/unix"

// setLinkTimes sets the times of what is at path itself, be it a link.
func (d *Descriptor) setLinkTimes(path string, t times) error {
	p, err := d.parent(path)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.slash || p.dots { // a link is to be followed to its directory, or there is none
		return d.dir.Chtimes(path, t.access, t.modification)
	}
	var st unix.Stat_t
	fd := int(p.dir.Fd())
	if err := retry(func() error { return unix.Fstatat(fd, p.base, &st, unix.AT_SYMLINK_NOFOLLOW) }); err != nil {
		return err
	}
	ts, err := t.timespecs(&st)
	if err != nil {
		return err
	}
	return retry(func() error { return unix.UtimesNanoAt(fd, p.base, ts, unix.AT_SYMLINK_NOFOLLOW) })
}
