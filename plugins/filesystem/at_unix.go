//go:build unix

package filesystem

import (
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	dataSync = unix.O_DSYNC
	// noWait lets the opening of a FIFO return; regular files do not care.
	noWait = unix.O_NONBLOCK | unix.O_NOCTTY
)

// place is the last component of a path and the directory that it is in.
type place struct {
	dir  *os.File
	base string
	// slash is whether the path ended in a slash, which asks for a directory.
	slash bool
	// dots is whether base is "." or "..", a directory that its own path cannot name. dir
	// is nil then.
	dots bool
}

// Close closes the directory.
func (p place) Close() {
	if p.dir != nil {
		_ = p.dir.Close() // it was only looked in
	}
}

// parent opens the directory of the last component of path. The caller closes the place.
// The last component is not looked at, unless it is "." or "..": then it is there, and
// below d.
func (d *Descriptor) parent(path string) (place, error) {
	p := place{base: strings.TrimRight(path, "/")}
	p.slash = len(p.base) < len(path)
	dir := "."
	if i := strings.LastIndexByte(p.base, '/'); i >= 0 {
		dir, p.base = p.base[:i+1], p.base[i+1:]
	}
	var err error
	if p.base == "." || p.base == ".." {
		p.dots = true
		_, err = d.dir.Stat(path)
		return p, err
	}
	p.dir, err = d.dir.OpenFile(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	return p, err
}

// mode returns the kind of what is at the place, following no link.
func (p place) mode() (fs.FileMode, error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstatat(int(p.dir.Fd()), p.base, &st, unix.AT_SYMLINK_NOFOLLOW) }); err != nil {
		return 0, err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return fs.ModeDir, nil
	case unix.S_IFLNK:
		return fs.ModeSymlink, nil
	}
	return 0, nil
}

// wantDirectory checks what a slash at the end asks for.
func (p place) wantDirectory() error {
	mode, err := p.mode()
	if err == nil && mode != fs.ModeDir {
		err = NotDirectory
	}
	return err
}

func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}

func (d *Descriptor) removeDirectory(path string) error {
	p, err := d.parent(path)
	if err != nil {
		return err
	}
	defer p.Close()
	switch {
	case p.dots && p.base == ".":
		return Invalid
	case p.dots:
		return NotEmpty
	}
	return retry(func() error { return unix.Unlinkat(int(p.dir.Fd()), p.base, unix.AT_REMOVEDIR) })
}

func (d *Descriptor) unlinkFile(path string) error {
	p, err := d.parent(path)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.dots {
		return IsDirectory
	}
	// Some systems let the superuser unlink directories; the specification lets nobody.
	mode, err := p.mode()
	switch {
	case err != nil:
		return err
	case mode == fs.ModeDir:
		return IsDirectory
	case p.slash:
		return NotDirectory
	}
	return retry(func() error { return unix.Unlinkat(int(p.dir.Fd()), p.base, 0) })
}

// withParents calls f with the places of two paths.
func (d *Descriptor) withParents(oldPath string, to *Descriptor, newPath string, f func(o, n place) error) error {
	o, err := d.parent(oldPath)
	if err != nil {
		return err
	}
	defer o.Close()
	n, err := to.parent(newPath)
	if err != nil {
		return err
	}
	defer n.Close()
	return f(o, n)
}

func (d *Descriptor) rename(oldPath string, to *Descriptor, newPath string) error {
	return d.withParents(oldPath, to, newPath, rename)
}

func rename(o, n place) error {
	if o.dots || n.dots {
		return Busy
	}
	if o.slash || n.slash {
		if err := o.wantDirectory(); err != nil {
			return err
		}
	}
	return retry(func() error {
		return unix.Renameat(int(o.dir.Fd()), o.base, int(n.dir.Fd()), n.base)
	})
}

func (d *Descriptor) link(oldPath string, to *Descriptor, newPath string) error {
	return d.withParents(oldPath, to, newPath, link)
}

func link(o, n place) error {
	switch {
	case n.dots:
		return Exist
	case o.dots: // no directory has a second name
		return NotPermitted
	}
	if o.slash {
		if err := o.wantDirectory(); err != nil {
			return err
		}
	}
	if n.slash { // a link is no directory, whatever is there
		if _, err := n.mode(); err != nil {
			return err
		}
		return Exist
	}
	return retry(func() error {
		return unix.Linkat(int(o.dir.Fd()), o.base, int(n.dir.Fd()), n.base, 0)
	})
}
