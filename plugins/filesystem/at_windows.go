package filesystem

import (
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/windows"
)

const (
	dataSync = 0x1000 // os.O_SYNC: there is no weaker one
	noWait   = 0
)

// setLinkTimes follows links, which Windows cannot help.
func (d *Descriptor) setLinkTimes(path string, t times) error {
	fi, err := d.dir.Lstat(path)
	if err != nil {
		return err
	}
	if fi.Mode()&fs.ModeSymlink != 0 {
		return Unsupported
	}
	return d.dir.Chtimes(path, t.access, t.modification)
}

func (d *Descriptor) removeDirectory(path string) error { return d.remove(path, true) }

func (d *Descriptor) unlinkFile(path string) error { return d.remove(path, false) }

func (d *Descriptor) remove(path string, directory bool) error {
	fi, err := d.dir.Lstat(path)
	switch {
	case err != nil:
		return err
	case directory && !fi.IsDir():
		return NotDirectory
	case !directory && fi.IsDir():
		return IsDirectory
	case !directory && strings.HasSuffix(path, "/"):
		return NotDirectory
	}
	return d.dir.Remove(path)
}

// rename and link work within one directory that was granted or opened: os.Root
// has no operation on two.
func (d *Descriptor) rename(oldPath string, to *Descriptor, newPath string) error {
	if d.dir != to.dir {
		return CrossDevice
	}
	return d.dir.Rename(oldPath, newPath)
}

func (d *Descriptor) link(oldPath string, to *Descriptor, newPath string) error {
	if d.dir != to.dir {
		return CrossDevice
	}
	return d.dir.Link(oldPath, newPath)
}

func setFileTimes(f *file, t times) error {
	return f.control(func(fd int) error {
		return windows.SetFileTime(windows.Handle(fd), nil, filetime(t.access), filetime(t.modification))
	})
}

// filetime returns nil for a time to be left as it is.
func filetime(t time.Time) *windows.Filetime {
	if t.IsZero() {
		return nil
	}
	ft := windows.NsecToFiletime(t.UnixNano())
	return &ft
}
