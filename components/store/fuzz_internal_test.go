package store

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

// FuzzName: names that are accepted are those of a file in a directory, on every system.
func FuzzName(f *testing.F) {
	for _, s := range []string{"app", "../../x", "a/b.wasm", `a\b`, "con", "COM1.wasm", "-a", "..", "", "é", "a.wasm.wasm", strings.Repeat("a", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		of := NameOf(text)
		if again, err := NewName(of.String()); err != nil || again != of {
			t.Errorf("%q became %q, which is no name: %v", text, of, err)
		}
		n, err := NewName(text)
		if err != nil {
			if n != (Name{}) || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("%q: %q, %q", text, n, err)
			}
			return
		}
		if file := n.File(); n.String() != text || !filepath.IsLocal(file) || filepath.Base(file) != file || len(file) > 255 || NameOf(file) != n {
			t.Errorf("%q is accepted", text)
		}
	})
}

// FuzzIndex: what is chosen from an index can be fetched within the limits.
func FuzzIndex(f *testing.F) {
	const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	f.Add([]byte(`{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"` + digest + `","size":2}]}`))
	f.Add([]byte(`{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"` + digest + `","size":-1,"platform":{"os":"wasip1","architecture":"wasm"}},{}]}`))
	f.Add([]byte(`{"manifests":[{"digest":"../x"}],"layers":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, pick := range []func(string, []byte) (d digestAndSize, err error){
			func(ref string, data []byte) (digestAndSize, error) {
				d, err := choose(ref, data)
				return digestAndSize{d.Digest, d.Size}, err
			},
			func(ref string, data []byte) (digestAndSize, error) {
				d, err := only(ref, data)
				return digestAndSize{d.Digest, d.Size}, err
			},
		} {
			d, err := pick("x", data)
			if err == nil && (d.size < 0 || d.size > MaxManifestSize || !filepath.IsLocal(blobName(d.digest))) {
				t.Errorf("%q: %v is chosen", data, d)
			}
		}
	})
}

type digestAndSize struct {
	digest digest.Digest
	size   int64
}

// FuzzArchive: from an archive come an index and blobs, and nothing lands elsewhere.
func FuzzArchive(f *testing.F) {
	archive := func(names ...string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, n := range names {
			_ = w.WriteHeader(&tar.Header{Name: n, Typeflag: tar.TypeReg, Size: 2, Mode: 0o644})
			_, _ = w.Write([]byte("{}"))
		}
		_ = w.WriteHeader(&tar.Header{Name: "blobs", Typeflag: tar.TypeSymlink, Linkname: "/tmp"})
		_ = w.Close()
		return b.Bytes()
	}
	blob := "blobs/sha256/" + strings.Repeat("a", 64)
	f.Add(archive("index.json", blob))
	f.Add(archive("../index.json", "./index.json", "blobs/../../x", "/"+blob))
	f.Fuzz(func(t *testing.T, data []byte) {
		parent := t.TempDir()
		dir, file := filepath.Join(parent, "in"), filepath.Join(parent, "a.tar")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_ = untar(file, dir)
		if outside, _ := os.ReadDir(parent); len(outside) != 2 {
			t.Errorf("%v lie beside the directory", outside)
		}
		_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			name, _ := filepath.Rel(dir, path)
			if err == nil && !e.IsDir() && (!e.Type().IsRegular() || name != "index.json" && !isBlobName(filepath.ToSlash(name))) {
				t.Errorf("%s was made", name)
			}
			return err
		})
	})
}
