package filesystem

import (
	"io/fs"
	"os"
)

// openAt is open-at.
func (d *Descriptor) openAt(follow bool, path string, open OpenFlags, flags Flags) (*Descriptor, error) {
	if err := d.at(path); err != nil {
		return nil, err
	}
	if !d.mutable && (flags&(FlagWrite|FlagMutateDirectory) != 0 || open&(OpenCreate|OpenTruncate) != 0) {
		return nil, d.from.readOnly(path)
	}
	if open&OpenDirectory != 0 {
		if open&(OpenCreate|OpenExclusive|OpenTruncate) != 0 {
			return nil, Invalid
		}
		return d.openDirectory(follow, path, flags)
	}
	// Whether it is a directory, or a link that is not to be followed, is asked
	// before it is opened. Should it change in between, what is opened is still
	// below d, and is looked at again.
	switch fi, err := d.statAt(follow, path); {
	case err != nil:
	case open&(OpenCreate|OpenExclusive) == OpenCreate|OpenExclusive:
		return nil, Exist
	case fi.Mode()&fs.ModeSymlink != 0:
		return nil, Loop
	case fi.IsDir() && open != 0:
		return nil, IsDirectory
	case fi.IsDir():
		return d.openDirectory(follow, path, flags)
	}
	return d.openFile(path, open, flags)
}

func (d *Descriptor) openDirectory(follow bool, path string, flags Flags) (*Descriptor, error) {
	if flags&FlagWrite != 0 {
		return nil, IsDirectory
	}
	fi, err := d.statAt(follow, path)
	if err != nil {
		return nil, err
	}
	if !fi.IsDir() {
		return nil, NotDirectory
	}
	// With "/." nothing but a directory is opened, even if it was replaced by
	// something whose opening would wait.
	root, err := d.dir.OpenRoot(path + "/.")
	if err != nil {
		return nil, err
	}
	return newDirectory(root, d.mutable, d.from.below(path)), nil
}

func (d *Descriptor) openFile(path string, open OpenFlags, flags Flags) (*Descriptor, error) {
	const perm = 0o666 // less the process's umask
	f, err := d.dir.OpenFile(path, osFlags(open, flags), perm)
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	if err == nil && fi.IsDir() {
		err = IsDirectory
	}
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, err
	}
	return &Descriptor{file: newFile(f), flags: flags &^ FlagMutateDirectory, mutable: d.mutable, from: d.from.below(path)}, nil
}

func osFlags(open OpenFlags, flags Flags) int {
	var f int
	switch flags & (FlagRead | FlagWrite) {
	case FlagWrite:
		f = os.O_WRONLY
	case FlagRead | FlagWrite:
		f = os.O_RDWR
	default:
		f = os.O_RDONLY
	}
	if open&OpenTruncate != 0 && flags&FlagWrite == 0 {
		f = os.O_RDWR // systems differ in truncating what is opened for reading only
	}
	if open&OpenCreate != 0 {
		f |= os.O_CREATE
	}
	if open&OpenExclusive != 0 {
		f |= os.O_EXCL
	}
	if open&OpenTruncate != 0 {
		f |= os.O_TRUNC
	}
	switch {
	case flags&(FlagFileIntegritySync|FlagRequestedWriteSync) != 0:
		f |= os.O_SYNC
	case flags&FlagDataIntegritySync != 0:
		f |= dataSync
	}
	return f | noWait
}
