package filesystem

import (
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/sidecall/sidecall/host"
)

// Flags is descriptor-flags.
type Flags uint64

// The labels of descriptor-flags.
const (
	FlagRead Flags = 1 << iota
	FlagWrite
	FlagFileIntegritySync
	FlagDataIntegritySync
	FlagRequestedWriteSync
	FlagMutateDirectory
)

// OpenFlags is open-flags.
type OpenFlags uint64

// The labels of open-flags.
const (
	OpenCreate OpenFlags = 1 << iota
	OpenDirectory
	OpenExclusive
	OpenTruncate
)

// pathSymlinkFollow is the label of path-flags.
const pathSymlinkFollow = 1

// Descriptor is behind the resource descriptor: a directory (dir is set) or
// something else (file is set).
type Descriptor struct {
	dir  *os.Root
	file *file
	// held is the process's descriptor of dir, whose place among them it is.
	held *host.Descriptor
	// flags are what it was opened with, and what get-flags returns.
	flags Flags
	// mutable is whether the grant that it comes from allows changes.
	mutable bool
	// from is what it was opened by, for messages.
	from source
}

// file is an open file that a descriptor and its streams share. The last one to go
// closes it.
type file struct {
	*os.File
	held *host.Descriptor
	refs atomic.Int32
}

func newFile(f *os.File) *file {
	s := &file{File: f}
	s.refs.Store(1)
	return s
}

func (f *file) retain() *file {
	f.refs.Add(1)
	return f
}

func (f *file) release() {
	if f.refs.Add(-1) == 0 {
		_ = f.Close() // nobody is left to be told
		f.held.Give()
	}
}

func newDirectory(root *os.Root, mutable bool, from source) *Descriptor {
	d := &Descriptor{dir: root, flags: FlagRead, mutable: mutable, from: from}
	if mutable {
		d.flags |= FlagMutateDirectory
	}
	return d
}

// holding has the descriptor give back its place among the process's when it is closed.
func (d *Descriptor) holding(h *host.Descriptor) *Descriptor {
	if d.dir != nil {
		d.held = h
	} else {
		d.file.held = h
	}
	return d
}

// Drop closes what the descriptor stands for.
func (d *Descriptor) Drop() {
	if d.dir != nil {
		_ = d.dir.Close() // nobody is left to be told
		d.held.Give()
		return
	}
	d.file.release()
}

// stat describes what the descriptor stands for.
func (d *Descriptor) stat() (fs.FileInfo, error) {
	if d.dir != nil {
		return d.dir.Stat(".")
	}
	return d.file.Stat()
}

// readable returns the file, if it was opened for reading.
func (d *Descriptor) readable() (*file, error) { return d.opened(FlagRead) }

// writable returns the file, if it was opened for writing.
func (d *Descriptor) writable() (*file, error) { return d.opened(FlagWrite) }

func (d *Descriptor) opened(f Flags) (*file, error) {
	switch {
	case d.dir != nil:
		return nil, IsDirectory
	case d.flags&f == 0:
		return nil, BadDescriptor
	}
	return d.file, nil
}

// at checks path, which is relative to d.
func (d *Descriptor) at(path string) error {
	switch {
	case d.dir == nil:
		return NotDirectory
	case path == "":
		return NoEntry
	case path[0] == '/':
		return d.from.outside(path)
	}
	return nil
}

// change checks that path, relative to d, may be changed.
func (d *Descriptor) change(path string) error {
	if err := d.at(path); err != nil {
		return err
	}
	if !d.mutable {
		return d.from.readOnly(path)
	}
	return nil
}

func (d *Descriptor) statAt(follow bool, path string) (fs.FileInfo, error) {
	if err := d.at(path); err != nil {
		return nil, err
	}
	if follow {
		return d.dir.Stat(path)
	}
	return d.dir.Lstat(path)
}
