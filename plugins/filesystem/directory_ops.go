package filesystem

import (
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// same reports whether two descriptors stand for the same file.
func (d *Descriptor) same(other *Descriptor) bool {
	a, err := d.stat()
	if err != nil {
		return false
	}
	b, err := other.stat()
	return err == nil && os.SameFile(a, b)
}

// linkAt is link-at. It does not follow links: it could not without a race.
func (d *Descriptor) linkAt(follow bool, oldPath string, to *Descriptor, newPath string) error {
	if err := d.change(oldPath); err != nil {
		return err
	}
	if err := to.change(newPath); err != nil {
		return err
	}
	if follow {
		return Invalid
	}
	return d.link(oldPath, to, newPath)
}

// renameAt is rename-at.
func (d *Descriptor) renameAt(oldPath string, to *Descriptor, newPath string) error {
	if err := d.change(oldPath); err != nil {
		return err
	}
	if err := to.change(newPath); err != nil {
		return err
	}
	return d.rename(oldPath, to, newPath)
}

// symlinkAt is symlink-at. A link may lead anywhere but to an absolute path: it is
// when it is followed that it has to stay below the directory.
func (d *Descriptor) symlinkAt(target, path string) error {
	if err := d.change(path); err != nil {
		return err
	}
	if absolute(target) {
		return NotPermitted
	}
	return d.dir.Symlink(target, path)
}

// readlinkAt is readlink-at. What an absolute link contains is the host's.
func (d *Descriptor) readlinkAt(path string) (string, error) {
	if err := d.at(path); err != nil {
		return "", err
	}
	target, err := d.dir.Readlink(path)
	switch {
	case err != nil:
		return "", err
	case absolute(target):
		return "", NotPermitted
	case !utf8.ValidString(target):
		return "", IllegalByteSequence
	}
	return target, nil
}

func absolute(path string) bool {
	return strings.HasPrefix(path, "/") || filepath.IsAbs(path) || filepath.VolumeName(path) != ""
}
