package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Store is a directory of blobs by digest, and of names that mean some of them:
//
//	blobs/sha256/<hex>    content; a file with this name is whole and has this digest
//	refs/<hash of name>   the descriptor that an image's name stood for when it was pulled
//	files/<hex>           artifacts laid out as files, hard links to blobs
//
// Files appear by renaming, so that processes may share the directory. Who can write to
// it is trusted no further than that: content is compared with its digest whenever it is
// used.
type Store struct {
	dir  string
	mode os.FileMode // of dir, if it has to be made
}

// Open returns the store in dir, which is made when something is put into it. What
// images hold is nobody else's to read.
func Open(dir string) *Store { return &Store{dir, 0o700} }

// OpenShared is Open for a store whose laid out artifacts are mounted where others see
// them, who must come by.
func OpenShared(dir string) *Store { return &Store{dir, 0o711} }

// checkDigest lets only digests pass that are safe and strong as names of files.
func checkDigest(d digest.Digest) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("digest %q: %w", d, err)
	}
	if d.Algorithm() != digest.SHA256 && d.Algorithm() != digest.SHA512 {
		return fmt.Errorf("digest %q is neither sha256 nor sha512", d)
	}
	return nil
}

// Has tells whether the store has the content with a digest.
func (s *Store) Has(d digest.Digest) bool {
	root, err := s.open()
	if err != nil {
		return false
	}
	defer root.Close()
	return has(root, d)
}

func has(root *os.Root, d digest.Digest) bool {
	if checkDigest(d) != nil {
		return false
	}
	info, err := root.Lstat(blobName(d))
	return err == nil && info.Mode().IsRegular()
}

// errTooLong is returned by put for content longer than its descriptor says.
var errTooLong = errors.New("there is more content than its descriptor says")

// put stores what r yields, which must be what desc describes, unless it is there.
func (s *Store) put(desc ocispec.Descriptor, r io.Reader) (err error) {
	if err := checkDigest(desc.Digest); err != nil {
		return err
	}
	root, err := s.create()
	if err != nil {
		return err
	}
	defer root.Close()
	if has(root, desc.Digest) {
		return nil
	}
	f, name, err := temporary(root, path.Dir(blobName(desc.Digest)))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the error that matters is there already
			_ = root.Remove(name)
		}
	}()
	verifier := desc.Digest.Verifier()
	n, err := io.Copy(io.MultiWriter(f, verifier), io.LimitReader(r, desc.Size+1))
	switch {
	case err != nil:
		return err
	case n > desc.Size:
		return errTooLong
	case n < desc.Size:
		return fmt.Errorf("content ends after %d of %d bytes: %w", n, desc.Size, io.ErrUnexpectedEOF)
	case !verifier.Verified():
		return fmt.Errorf("content does not have the digest %s", desc.Digest)
	}
	if err = f.Chmod(0o444); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return root.Rename(name, blobName(desc.Digest))
}

// add stores data and returns its descriptor.
func (s *Store) add(mediaType string, data []byte) (ocispec.Descriptor, error) {
	desc := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	return desc, s.put(desc, bytes.NewReader(data))
}

// read returns content of at most max bytes, checked again: a disk is not a promise.
func (s *Store) read(desc ocispec.Descriptor, max int64) ([]byte, error) {
	if desc.Size > max {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", desc.Digest, desc.Size, max)
	}
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := blob(root, desc)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if digest := desc.Digest.Algorithm().FromBytes(data); digest != desc.Digest {
		_ = root.Remove(blobName(desc.Digest)) // so that it is fetched again
		return nil, fmt.Errorf("%s is damaged: its content is %s", f.Name(), digest)
	}
	return data, nil
}

// blob opens content of the store, which is not checked.
func blob(root *os.Root, desc ocispec.Descriptor) (*os.File, error) {
	if err := checkDigest(desc.Digest); err != nil {
		return nil, err
	}
	return regular(root, blobName(desc.Digest))
}

// name keeps what an image's name stands for.
func (s *Store) name(ref string, desc ocispec.Descriptor) error {
	data, err := json.Marshal(struct {
		Ref string `json:"ref"`
		ocispec.Descriptor
	}{ref, desc})
	if err != nil {
		return err
	}
	root, err := s.create()
	if err != nil {
		return err
	}
	defer root.Close()
	name := refName(ref)
	f, tmp, err := temporary(root, path.Dir(name))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(tmp, name)
	}
	if err != nil {
		_ = root.Remove(tmp)
	}
	return err
}

func refName(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return "refs/" + hex.EncodeToString(sum[:]) + ".json"
}

// named returns what an image's name stood for when it was pulled last.
func (s *Store) named(ref string) (ocispec.Descriptor, bool) {
	root, err := s.open()
	if err != nil {
		return ocispec.Descriptor{}, false
	}
	defer root.Close()
	desc, ok := readRef(root, refName(ref)) // if not, then it is as if it had never been pulled
	return desc, ok && has(root, desc.Digest)
}

// readRef reads what one name stands for.
func readRef(root *os.Root, name string) (desc ocispec.Descriptor, ok bool) {
	f, err := regular(root, name)
	if err != nil {
		return desc, false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxManifestSize))
	ok = err == nil && DecodeJSON(data, &desc) == nil && checkDigest(desc.Digest) == nil
	return desc, ok
}

// Fetch opens content, for oras.
func (s *Store) Fetch(_ context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return blob(root, desc)
}

// Exists tells oras whether content is there.
func (s *Store) Exists(_ context.Context, desc ocispec.Descriptor) (bool, error) {
	return s.Has(desc.Digest), nil
}
