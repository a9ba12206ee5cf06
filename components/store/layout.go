package store

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	pathpkg "path"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// annotationImageName is where containerd looks for the name of an imported image.
const annotationImageName = "io.containerd.image.name"

// Export writes an image that the store has as an OCI image layout: a tar archive if
// path ends in .tar, else a directory, which must be empty or new. ref names it
// inside; it may be empty.
func (s *Store) Export(path, ref string, desc ocispec.Descriptor) error {
	files, err := s.layoutFiles(ref, desc)
	if err != nil {
		return &Error{Ref: path, Msg: "the image cannot be written", Err: err}
	}
	if strings.HasSuffix(path, ".tar") {
		err = s.exportTar(path, files)
	} else {
		err = s.exportDir(path, files)
	}
	if err != nil {
		return &Error{Ref: path, Msg: "the image cannot be written", Err: err}
	}
	return nil
}

// layoutFile is one file of an image layout: data, or a blob of the store.
type layoutFile struct {
	name string
	data []byte
	blob *ocispec.Descriptor
}

func (s *Store) layoutFiles(ref string, desc ocispec.Descriptor) ([]layoutFile, error) {
	data, err := s.read(desc, MaxManifestSize)
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(ref, data)
	if err != nil {
		return nil, err
	}
	root := desc
	if ref != "" {
		root.Annotations = map[string]string{annotationImageName: ref}
		if r, err := ParseRef(ref); err == nil {
			root.Annotations[ocispec.AnnotationRefName] = r.Reference
		}
	}
	index, err := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{root}})
	if err != nil {
		return nil, err
	}
	files := []layoutFile{
		{name: ocispec.ImageLayoutFile, data: []byte(`{"imageLayoutVersion":"` + ocispec.ImageLayoutVersion + `"}`)},
		{name: ocispec.ImageIndexFile, data: index},
	}
	seen := map[digest.Digest]bool{}
	for _, d := range append([]ocispec.Descriptor{desc, m.Config}, m.Layers...) {
		if !seen[d.Digest] {
			seen[d.Digest] = true
			files = append(files, layoutFile{name: blobName(d.Digest), blob: &d})
		}
	}
	return files, nil
}

func blobName(d digest.Digest) string {
	return ocispec.ImageBlobsDir + "/" + d.Algorithm().String() + "/" + d.Encoded()
}

func (s *Store) openFile(f layoutFile) (io.ReadCloser, int64, error) {
	if f.blob == nil {
		return io.NopCloser(strings.NewReader(string(f.data))), int64(len(f.data)), nil
	}
	r, err := s.Fetch(context.Background(), *f.blob)
	return r, f.blob.Size, err
}

func (s *Store) exportTar(path string, files []layoutFile) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	t := tar.NewWriter(out)
	for _, f := range files {
		r, size, err := s.openFile(f)
		if err != nil {
			return err
		}
		if err = t.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: size, Typeflag: tar.TypeReg}); err == nil {
			_, err = io.Copy(t, r)
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return t.Close()
}

func (s *Store) exportDir(dir string, files []layoutFile) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return errors.New("the directory is not empty")
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		r, _, err := s.openFile(f)
		if err != nil {
			return err
		}
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_, err = io.Copy(out, r)
			err = errors.Join(err, out.Close())
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// IsLayout tells whether path is an OCI image layout, as a directory or an archive.
func IsLayout(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if info.IsDir() {
		_, err = os.Stat(filepath.Join(path, ocispec.ImageLayoutFile))
		return err == nil
	}
	return strings.HasSuffix(path, ".tar")
}

// Import copies the image of an OCI image layout into the store. A layout that holds
// several is treated as an index.
func (s *Store) Import(ctx context.Context, path string) (ocispec.Descriptor, error) {
	info, err := os.Stat(path)
	if err != nil {
		return ocispec.Descriptor{}, &Error{Ref: path, Msg: "the image cannot be read", Err: err}
	}
	root := os.DirFS(path)
	if !info.IsDir() {
		if !info.Mode().IsRegular() { // not opened: a pipe would wait for its other end
			return ocispec.Descriptor{}, &Error{Ref: path, Msg: "the image cannot be read", Err: errors.New("this is not a regular file")}
		}
		dir, err := os.MkdirTemp("", "sidecall-layout-")
		if err != nil {
			return ocispec.Descriptor{}, &Error{Ref: path, Msg: "the image cannot be read", Err: err}
		}
		defer os.RemoveAll(dir)
		if err := untar(path, dir); err != nil {
			return ocispec.Descriptor{}, &Error{Ref: path, Msg: "this is not an archive of an OCI image layout", Err: err}
		}
		root = os.DirFS(dir)
	}
	index, err := readLimited(root, ocispec.ImageIndexFile, MaxManifestSize)
	if err != nil {
		return ocispec.Descriptor{}, &Error{Ref: path, Msg: "this is not an OCI image layout", Err: err}
	}
	desc, err := only(path, index)
	if err != nil {
		return desc, err
	}
	return s.pull(ctx, path, layoutFetcher{root}, desc)
}

// only returns the image of a layout's index: its one entry, which may be an index
// itself, or the one for WebAssembly.
func only(ref string, data []byte) (ocispec.Descriptor, error) {
	if index, err := decodeIndex(ref, data); err == nil && len(index.Manifests) == 1 {
		return checkSize(ref, index.Manifests[0])
	}
	return choose(ref, data)
}

type layoutFetcher struct{ fs.FS }

func (l layoutFetcher) Fetch(_ context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	if err := checkDigest(desc.Digest); err != nil {
		return nil, err
	}
	return openIn(l.FS, blobName(desc.Digest))
}

// openIn opens a file that is one, or a link to one: a device or a pipe may have no end.
func openIn(root fs.FS, name string) (fs.File, error) {
	if info, err := fs.Stat(root, name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return root.Open(name)
}

func readLimited(root fs.FS, name string, max int64) ([]byte, error) {
	f, err := openIn(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(data)) > max {
		return nil, fmt.Errorf("%s has more than %d bytes", name, max)
	}
	return data, err
}

// untar takes an image layout's index and blobs out of an archive, and nothing else.
func untar(path, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	t := tar.NewReader(f)
	var total int64
	for files := 0; ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		name := strings.TrimPrefix(h.Name, "./")
		if h.Typeflag != tar.TypeReg || name != ocispec.ImageIndexFile && !isBlobName(name) {
			continue
		}
		// A sparse file's size is whatever it says.
		if total += min(h.Size, MaxTotalSize+1); total > MaxTotalSize {
			return fmt.Errorf("it has more than %d bytes", int64(MaxTotalSize))
		}
		if files++; files > maxLayoutFiles {
			return fmt.Errorf("it has more than %d blobs", maxLayoutFiles)
		}
		if err := extract(root, name, t); err != nil {
			return err
		}
	}
}

// maxLayoutFiles bounds an archive's blobs: those of a few images.
const maxLayoutFiles = 10 * MaxLayers

// isBlobName tells whether a path is that of a blob in an image layout.
func isBlobName(name string) bool {
	rest, ok := strings.CutPrefix(name, ocispec.ImageBlobsDir+"/")
	algorithm, encoded, _ := strings.Cut(rest, "/")
	return ok && checkDigest(digest.NewDigestFromEncoded(digest.Algorithm(algorithm), encoded)) == nil
}

// extract writes one file. Of a blob that comes twice the first is taken, as any is what
// its digest says; of two indexes nobody could say which one is meant.
func extract(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(pathpkg.Dir(name), 0o755); err != nil {
		return err
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) && name != ocispec.ImageIndexFile {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, out.Close())
}
