package store

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// manifestName is the file of a composition's manifest, as a directory has it.
const manifestName = "sidecall.yaml"

// Files are an artifact laid out as files, not to be written to.
type Files struct {
	// Digest is that of the artifact's OCI manifest.
	Digest digest.Digest
	// Path is a directory with a manifest, or one component's file.
	Path string
	// Composition tells which.
	Composition bool
}

// Files lays out an artifact that the store has.
func (s *Store) Files(ref string, desc ocispec.Descriptor) (*Files, error) {
	data, err := s.read(desc, MaxManifestSize)
	if err != nil {
		return nil, &Error{Ref: ref, Msg: "the image cannot be read from the local store", Err: err}
	}
	c, err := ReadManifest(ref, data)
	if err != nil {
		return nil, err
	}
	root, err := s.create()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	dir := filesDir + "/" + desc.Digest.Encoded()
	if err := layOut(root, dir, c.files()); err != nil {
		return nil, &Error{Ref: ref, Msg: "the image cannot be laid out as files", Hint: "sidecall pull " + ref + " gets it again", Err: err}
	}
	used(root, dir)
	f := &Files{Digest: desc.Digest, Path: filepath.Join(s.dir, filepath.FromSlash(dir)), Composition: c.Manifest != nil}
	if !f.Composition {
		f.Path = filepath.Join(f.Path, c.Components[0].Name.File())
	}
	return f, nil
}

// filesDir is where artifacts are laid out, each in a directory named by its digest.
const filesDir = "files"

// files are the names of an artifact's files and what is in them.
func (c *Contents) files() map[string]ocispec.Descriptor {
	out := map[string]ocispec.Descriptor{}
	if c.Manifest != nil {
		out[manifestName] = *c.Manifest
	}
	for _, l := range c.Components {
		out[l.Name.File()] = l.Descriptor
	}
	return out
}

// layOut makes dir, whole or not at all. That it is there is no reason to trust it: what
// is in it is compared with what should be, and made again if it is not that.
func layOut(root *os.Root, dir string, files map[string]ocispec.Descriptor) error {
	for range 3 { // others may do the same, and be faster
		tmp := path.Join(path.Dir(dir), incoming+rand.Text())
		if _, err := root.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			found := check(root, dir, files)
			if found == nil {
				return nil
			}
			// Only what is bad is removed: what is good another process may be using.
			if err := root.Rename(dir, tmp); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return errors.Join(found, err)
			}
			if err := root.RemoveAll(tmp); err != nil {
				return errors.Join(found, err)
			}
		}
		err := link(root, tmp, files)
		if err == nil {
			err = root.Rename(tmp, dir)
		}
		if err == nil {
			return nil
		}
		if rest := root.RemoveAll(tmp); rest != nil || !errors.Is(err, fs.ErrExist) {
			return errors.Join(err, rest)
		}
	}
	return check(root, dir, files)
}

// check says what is wrong with an artifact that is laid out already.
func check(root *os.Root, dir string, files map[string]ocispec.Descriptor) error {
	info, err := root.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New(dir + " is not a directory")
	}
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return err
	}
	if len(entries) != len(files) {
		return errors.New(dir + " has other files than the image")
	}
	for name, desc := range files {
		f, err := regular(root, path.Join(dir, name))
		if err != nil {
			return err
		}
		if err := errors.Join(verify(f, desc), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// link makes a new directory of blobs, each checked against its digest once more, as
// what follows trusts the files.
func link(root *os.Root, dir string, files map[string]ocispec.Descriptor) error {
	if err := root.MkdirAll(path.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := root.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := root.Chmod(dir, 0o755); err != nil { // whatever the process's umask is
		return err
	}
	for name, desc := range files {
		if err := linkBlob(root, desc, path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// linkBlob makes a blob appear under another name, which is not there yet. Where there
// are no hard links it is a copy.
func linkBlob(root *os.Root, desc ocispec.Descriptor, name string) error {
	f, err := blob(root, desc)
	if err != nil {
		return err
	}
	defer f.Close()
	err = verify(f, desc)
	if bad := (*damaged)(nil); errors.As(err, &bad) {
		_ = root.Remove(blobName(desc.Digest)) // so that it is fetched again
	}
	if err != nil {
		return err
	}
	if root.Link(blobName(desc.Digest), name) == nil {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	return errors.Join(err, out.Chmod(0o444), out.Close())
}

// Remove removes the files of an artifact, by its digest in hexadecimal, and the blobs
// that no other artifact's files and no name need.
func (s *Store) Remove(encoded string) error {
	d := decoded(encoded)
	if err := checkDigest(d); err != nil {
		return err
	}
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.RemoveAll(filesDir + "/" + d.Encoded()); err != nil {
		return err
	}
	return collect(root, beingPulled)
}

// decoded is the digest that a directory is named by: its length tells the algorithm.
func decoded(encoded string) digest.Digest {
	if len(encoded) == 2*digest.SHA512.Size() {
		return digest.NewDigestFromEncoded(digest.SHA512, encoded)
	}
	return digest.NewDigestFromEncoded(digest.SHA256, encoded)
}

// beingPulled is for how long a blob that nothing refers to may be one whose image is on
// its way.
const beingPulled = time.Hour

// collect removes blobs that nothing refers to: no artifact's files, and no name. Those
// younger than fresh stay.
func collect(root *os.Root, fresh time.Duration) error {
	keep := map[digest.Digest]bool{}
	mark := func(d digest.Digest) {
		if checkDigest(d) == nil { // else it was never made whole
			maps.Copy(keep, blobsOf(root, d))
		}
	}
	files, err := entries(root, filesDir)
	if err != nil {
		return err
	}
	for _, f := range files {
		mark(decoded(f.Name()))
	}
	refs, err := entries(root, "refs")
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if desc, ok := readRef(root, "refs/"+ref.Name()); ok {
			mark(desc.Digest)
		}
	}
	for _, algorithm := range []digest.Algorithm{digest.SHA256, digest.SHA512} {
		dir := ocispec.ImageBlobsDir + "/" + algorithm.String()
		blobs, err := entries(root, dir)
		if err != nil {
			return err
		}
		for _, b := range blobs {
			info, err := b.Info()
			if err != nil || keep[digest.NewDigestFromEncoded(algorithm, b.Name())] || time.Since(info.ModTime()) < fresh {
				continue
			}
			if err := root.RemoveAll(dir + "/" + b.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// blobsOf are the blobs of an image, its manifest among them; none if that cannot be read.
func blobsOf(root *os.Root, d digest.Digest) map[digest.Digest]bool {
	data, err := readLimited(root.FS(), blobName(d), MaxManifestSize)
	if err != nil {
		return nil
	}
	m, err := decodeManifest("", data)
	if err != nil {
		return nil
	}
	out := map[digest.Digest]bool{d: true, m.Config.Digest: true}
	for _, l := range m.Layers {
		out[l.Digest] = true
	}
	return out
}

// entries lists a directory of the store, which may not be there yet.
func entries(root *os.Root, dir string) ([]fs.DirEntry, error) {
	info, err := root.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.IsDir() { // a pipe would wait
		err = errors.New(dir + " is not a directory")
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadDir(root.FS(), dir)
}
