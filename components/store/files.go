package store

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
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
	dir := filepath.Join(s.dir, "files", desc.Digest.Encoded())
	if err := s.layOut(dir, c); err != nil {
		return nil, &Error{Ref: ref, Msg: "the image cannot be laid out as files", Hint: "sidecall pull " + ref + " gets it again", Err: err}
	}
	f := &Files{Digest: desc.Digest, Path: dir, Composition: c.Manifest != nil}
	if !f.Composition {
		f.Path = filepath.Join(dir, FileName(c.Components[0].Name))
	}
	return f, nil
}

// layOut makes dir, whole or not at all.
func (s *Store) layOut(dir string, c *Contents) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".incoming-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) // after a rename there is nothing left of it
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if c.Manifest != nil {
		if err := s.linkBlob(*c.Manifest, filepath.Join(tmp, manifestName)); err != nil {
			return err
		}
	}
	for _, l := range c.Components {
		if err := s.linkBlob(l.Descriptor, filepath.Join(tmp, FileName(l.Name))); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, statErr := os.Stat(dir); statErr != nil { // else another process was faster
			return err
		}
	}
	return nil
}

// linkBlob makes a blob appear under another name, checked against its digest once
// more, as what follows trusts the file.
func (s *Store) linkBlob(desc ocispec.Descriptor, path string) error {
	f, err := s.open(desc)
	if err != nil {
		return err
	}
	defer f.Close()
	verifier := desc.Digest.Verifier()
	if _, err := io.Copy(verifier, f); err != nil {
		return err
	}
	if !verifier.Verified() {
		_ = os.Remove(f.Name()) // so that it is fetched again
		return errors.New(f.Name() + " is damaged")
	}
	if os.Link(f.Name(), path) == nil {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	return errors.Join(err, out.Close())
}

// Remove removes the files of an artifact, by its digest in hexadecimal, and the blobs
// that no other artifact's files and no name need.
func (s *Store) Remove(encoded string) error {
	if encoded == "" || filepath.Base(encoded) != encoded {
		return errors.New("not a digest: " + encoded)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "files", encoded)); err != nil {
		return err
	}
	return s.collect()
}

// collect removes blobs that nothing refers to: no artifact's files, and no name.
func (s *Store) collect() error {
	keep := map[digest.Digest]bool{}
	mark := func(d digest.Digest) {
		data, err := os.ReadFile(s.blob(d))
		if err != nil || len(data) > MaxManifestSize {
			return
		}
		if m, err := decodeManifest("", data); err == nil {
			keep[d], keep[m.Config.Digest] = true, true
			for _, l := range m.Layers {
				keep[l.Digest] = true
			}
		}
	}
	files, err := os.ReadDir(filepath.Join(s.dir, "files"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		mark(digest.NewDigestFromEncoded(digest.SHA256, f.Name()))
	}
	refs, err := filepath.Glob(filepath.Join(s.dir, "refs", "*.json"))
	if err != nil {
		return err
	}
	for _, ref := range refs {
		var desc ocispec.Descriptor
		if data, err := os.ReadFile(ref); err == nil && json.Unmarshal(data, &desc) == nil && checkDigest(desc.Digest) == nil {
			mark(desc.Digest)
		}
	}
	blobs, err := os.ReadDir(filepath.Join(s.dir, "blobs", "sha256"))
	if err != nil {
		return err
	}
	for _, b := range blobs {
		d := digest.NewDigestFromEncoded(digest.SHA256, b.Name())
		info, err := b.Info()
		if err != nil || keep[d] || time.Since(info.ModTime()) < time.Hour { // one that is being pulled
			continue
		}
		if err := os.Remove(s.blob(d)); err != nil {
			return err
		}
	}
	return nil
}
