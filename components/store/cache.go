package store

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sidecall/sidecall/components/evict"
)

// Kept is an image in a store, or a blob that belongs to none.
type Kept struct {
	// Digest is that of the image's manifest, or of the blob.
	Digest digest.Digest
	// Loose tells that it is a blob of no image: on its way, or left.
	Loose bool
	// Names are those that images were pulled by.
	Names []string
	// Size is that of its blobs, in bytes. A blob of several images counts with the one of
	// them that was used last.
	Size int64
	// Last is when it was pulled or used last, exact to an hour or so.
	Last time.Time
}

// used notes that an artifact's files are used, if that is not known already.
func used(root *os.Root, dir string) {
	if info, err := root.Lstat(dir); err == nil && evict.Stale(info.ModTime()) {
		now := time.Now()
		_ = root.Chtimes(dir, now, now) // where it cannot be noted others decide how long it stays
	}
}

// List returns what the store has, which need not be there yet: what was used last first.
func (s *Store) List() ([]Kept, error) {
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	images := map[digest.Digest]*Kept{}
	at := func(d digest.Digest, f fs.DirEntry) *Kept {
		k := images[d]
		if k == nil {
			k = &Kept{Digest: d}
			images[d] = k
		}
		if info, err := f.Info(); err == nil && info.ModTime().After(k.Last) {
			k.Last = info.ModTime()
		}
		return k
	}
	files, err := entries(root, filesDir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if d := decoded(f.Name()); checkDigest(d) == nil {
			at(d, f)
		}
	}
	refs, err := entries(root, "refs")
	if err != nil {
		return nil, err
	}
	for _, f := range refs {
		if desc, ok := readRef(root, "refs/"+f.Name()); ok {
			k := at(desc.Digest, f)
			if name := readName(root, "refs/"+f.Name()); name != "" {
				k.Names = append(k.Names, name)
			}
		}
	}
	blobs, err := allBlobs(root)
	if err != nil {
		return nil, err
	}
	var out []Kept
	for _, k := range images {
		out = append(out, *k)
	}
	slices.SortFunc(out, lastFirst)
	for i, k := range out {
		for d := range blobsOf(root, k.Digest) {
			if info := blobs[d]; info != nil {
				out[i].Size += info.Size()
				delete(blobs, d)
			}
		}
	}
	for d, info := range blobs {
		out = append(out, Kept{Digest: d, Loose: true, Size: info.Size(), Last: info.ModTime()})
	}
	slices.SortFunc(out, lastFirst)
	return out, nil
}

func lastFirst(a, b Kept) int {
	return evict.Order(b.Last, b.Digest.String(), a.Last, a.Digest.String())
}

// readName reads by which name an image was pulled.
func readName(root *os.Root, name string) string {
	f, err := regular(root, name)
	if err != nil {
		return ""
	}
	defer f.Close()
	var ref struct {
		Ref string `json:"ref"`
	}
	if json.NewDecoder(io.LimitReader(f, MaxManifestSize)).Decode(&ref) != nil {
		return ""
	}
	return ref.Ref
}

// allBlobs lists the blobs of a store. What is being written has no digest yet.
func allBlobs(root *os.Root) (map[digest.Digest]fs.FileInfo, error) {
	out := map[digest.Digest]fs.FileInfo{}
	for _, algorithm := range []digest.Algorithm{digest.SHA256, digest.SHA512} {
		blobs, err := entries(root, ocispec.ImageBlobsDir+"/"+algorithm.String())
		if err != nil {
			return nil, err
		}
		for _, b := range blobs {
			d := digest.NewDigestFromEncoded(algorithm, b.Name())
			if info, err := b.Info(); err == nil && info.Mode().IsRegular() && checkDigest(d) == nil {
				out[d] = info
			}
		}
	}
	return out, nil
}

// Drop removes an image, its names too, or a loose blob. With it go blobs that nothing
// refers to, unless they are younger than fresh.
func (s *Store) Drop(k Kept, fresh time.Duration) error {
	if err := checkDigest(k.Digest); err != nil {
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
	if k.Loose {
		return collect(root, fresh) // it may be an image's by now
	}
	refs, err := entries(root, "refs")
	if err != nil {
		return err
	}
	for _, f := range refs {
		if desc, ok := readRef(root, "refs/"+f.Name()); ok && desc.Digest == k.Digest {
			if err := root.Remove("refs/" + f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if err := root.RemoveAll(filesDir + "/" + k.Digest.Encoded()); err != nil {
		return err
	}
	return collect(root, fresh)
}

// Damaged names what is not what its digest says: blobs, and the files of artifacts. With
// remove it is removed, and fetched or made again when it is needed.
func (s *Store) Damaged(remove bool) (names []string, err error) {
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	bad := func(name string) error {
		names = append(names, name)
		if !remove {
			return nil
		}
		return root.RemoveAll(name)
	}
	// Files before blobs: by a damaged manifest they could not be checked.
	files, err := entries(root, filesDir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		d := decoded(f.Name())
		if checkDigest(d) != nil {
			continue
		}
		data, err := readLimited(root.FS(), blobName(d), MaxManifestSize)
		if err != nil || d.Algorithm().FromBytes(data) != d {
			continue // it is laid out anew only after its manifest has been fetched again
		}
		c, err := ReadManifest(d.String(), data)
		if err != nil {
			continue
		}
		name := filesDir + "/" + f.Name()
		if err := check(root, name, c.files()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if err := bad(name); err != nil {
				return names, err
			}
		}
	}
	blobs, err := allBlobs(root)
	if err != nil {
		return names, err
	}
	for d, info := range blobs {
		f, err := regular(root, blobName(d))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = errors.Join(verify(f, ocispec.Descriptor{Digest: d, Size: info.Size()}), f.Close())
		}
		if broken := (*damaged)(nil); errors.As(err, &broken) {
			err = bad(blobName(d))
		}
		if err != nil {
			return names, err
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names, nil
}
