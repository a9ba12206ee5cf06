package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// open opens the store's directory. All that the store does with files it does below
// this: no name and no link leads out of it.
func (s *Store) open() (*os.Root, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0 {
		err = fmt.Errorf("everybody may write to %s, so nothing in it can be trusted; chmod o-w it", s.dir)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// create is open for a store that may have to be made.
func (s *Store) create() (*os.Root, error) {
	if err := os.MkdirAll(filepath.Dir(s.dir), 0o755); err != nil {
		return nil, err
	}
	if err := os.Mkdir(s.dir, s.mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return s.open()
}

// temporary makes a new file in a directory of the store, which is made too.
func temporary(root *os.Root, dir string) (*os.File, string, error) {
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return nil, "", err
	}
	name := path.Join(dir, incoming+rand.Text())
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return f, name, err
}

// incoming is what files and directories are called until they are whole.
const incoming = ".incoming-"

// regular opens a file that is one: no link, device or pipe, which would wait.
func regular(root *os.Root, name string) (*os.File, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(fmt.Errorf("%s is being changed", name), err, f.Close())
	}
	return f, nil
}

// damaged says that a file has not the content of its digest.
type damaged struct{ file string }

func (e *damaged) Error() string { return e.file + " is damaged" }

// verify reads what should be a descriptor's content. The error is a *damaged if it is
// not what its digest says; what is, but not as long as an image says, is that image's lie.
func verify(f *os.File, desc ocispec.Descriptor) error {
	verifier := desc.Digest.Verifier()
	n, err := io.Copy(verifier, f)
	switch {
	case err != nil:
		return err
	case !verifier.Verified():
		return &damaged{f.Name()}
	case n != desc.Size:
		return fmt.Errorf("%s has %d bytes, not %d as the image says", desc.Digest, n, desc.Size)
	}
	return nil
}
