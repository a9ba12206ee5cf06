package store_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sidecall/sidecall/components/store"
)

// names that somebody would like to be part of a path.
var hostileNames = []string{
	"../../../../../victim/pwned", "..", ".", "./a", "a/b", `..\..\victim`, `a\b`, "/etc/cron.d/x", "C:", `C:\x`, "a:b",
	".hidden", "-rf", "a\x00b", "a\nb", "a\x1b[2Jb", "a b", " ", "a\u202eb", "a\u200b", "\ufeffa", "é", "ａ", "a\u0301", "\xff",
	"con", "NUL", "Aux", "prn", "com1", "LPT9", "a.", "a.wasm", "~", "$HOME", "*", "a;b", "%2e%2e", strings.Repeat("a", 201),
}

func TestNames(t *testing.T) {
	for _, text := range append(hostileNames, "") {
		if n, err := store.NewName(text); err == nil {
			t.Errorf("%q became the name %q", text, n)
		} else if strings.ContainsAny(err.Error(), "\x00\n\x1b\u202e\u200b") || len(err.Error()) > 2000 {
			t.Errorf("the error shows it raw: %q", err)
		}
	}
	for _, text := range []string{"app", "App-2_x", "_x", "0", "console", "com10", strings.Repeat("a", 200)} {
		if n, err := store.NewName(text); err != nil || n.String() != text || n.File() != text+".wasm" {
			t.Errorf("%q: %q, %v", text, n, err)
		}
	}
	for file, want := range map[string]string{
		"app.wasm": "app", "/x/my app.wasm": "my-app", `x\y.wasm`: "y", "../..": "component", "": "component", ".wasm": "component",
		"-rf.wasm": "rf", "nul.wasm": "component", "é": "component", strings.Repeat("b", 999): strings.Repeat("b", 200),
	} {
		n := store.NameOf(file)
		if again, err := store.NewName(n.String()); n.String() != want || err != nil || again != n {
			t.Errorf("%q: %q, want %q, %v", file, n, want, err)
		}
	}
}

// layout writes an image layout of these layers and returns its directory.
func layout(t *testing.T, layers []ocispec.Descriptor, blobs ...[]byte) string {
	t.Helper()
	dir := t.TempDir()
	put := func(mediaType string, data []byte) ocispec.Descriptor {
		d := digest.FromBytes(data)
		write(t, filepath.Join(dir, "blobs", "sha256", d.Encoded()), data)
		return ocispec.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data))}
	}
	for _, b := range blobs {
		put("", b)
	}
	m, _ := json.Marshal(ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: put(store.MediaTypeWasmConfig, []byte("{}")), Layers: layers})
	index, _ := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, Manifests: []ocispec.Descriptor{put(ocispec.MediaTypeImageManifest, m)}})
	write(t, filepath.Join(dir, "index.json"), index)
	write(t, filepath.Join(dir, "oci-layout"), []byte("{}"))
	return dir
}

func layer(mediaType string, data []byte, annotations map[string]string) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data)), Annotations: annotations}
}

// below lists the files below a directory.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNamesOfImages lays out images that choose names for what they hold. Whatever they
// choose, nothing appears outside of the store.
func TestNamesOfImages(t *testing.T) {
	wasm, yaml := []byte("\x00asm\x0d\x00\x01\x00"), []byte("a manifest")
	outer := t.TempDir()
	s := store.Open(filepath.Join(outer, "a", "b", "store"))
	for _, text := range hostileNames {
		for _, kind := range []string{"annotation", "title", "composition"} {
			annotations := map[string]string{store.AnnotationComponent: text}
			if kind == "title" {
				annotations = map[string]string{ocispec.AnnotationTitle: text}
			}
			layers := []ocispec.Descriptor{layer(store.MediaTypeWasm, wasm, annotations)}
			if kind == "composition" {
				layers = append(layers, layer(store.MediaTypeManifest, yaml, nil))
			}
			src := layout(t, layers, wasm, yaml)
			desc, err := s.Import(t.Context(), src)
			if kind != "title" {
				if err == nil || !strings.Contains(err.Error(), "dev.sidecall.component") {
					t.Errorf("%s %q: error %v", kind, text, err)
				}
			} else if err != nil {
				t.Errorf("%s %q: %v", kind, text, err)
			} else if f, err := s.Files("x", desc); err != nil || filepath.Dir(f.Path) != filepath.Join(outer, "a", "b", "store", "files", desc.Digest.Encoded()) {
				t.Errorf("%s %q: %+v, %v", kind, text, f, err)
			}
		}
	}
	for _, file := range below(t, outer) {
		if file != "." && file != "a" && file != "a/b" && !strings.HasPrefix(file, "a/b/store") {
			t.Errorf("%s was made", file)
		}
	}
}

// TestCollision: names that are one where case does not count.
func TestCollision(t *testing.T) {
	wasm, yaml := []byte("\x00asm\x0d\x00\x01\x00"), []byte("a manifest")
	named := func(n string) ocispec.Descriptor {
		return layer(store.MediaTypeWasm, wasm, map[string]string{store.AnnotationComponent: n})
	}
	for _, other := range []string{"app", "APP", "aPp"} {
		src := layout(t, []ocispec.Descriptor{named("app"), named(other), layer(store.MediaTypeManifest, yaml, nil)}, wasm, yaml)
		_, err := store.Open(t.TempDir()).Import(t.Context(), src)
		checkError(t, err, "LAYOUT: two components of the composition have one name: app and "+other, src)
		a := *composition
		a.Components = []store.Component{{Name: name("app")}, {Name: name(other)}}
		if _, err := store.Open(t.TempDir()).Add(&a); err == nil || !strings.Contains(err.Error(), "would be one file") {
			t.Errorf("packing app and %s: %v", other, err)
		}
	}
}

// TestLaidOutBefore: that an artifact's directory is there already is no reason to
// trust what is in it.
func TestLaidOutBefore(t *testing.T) {
	evil := []byte("\x00asm\x0d\x00\x01\x00evil")
	for what, spoil := range map[string]func(dir string){
		"other bytes": func(dir string) {
			remove(t, filepath.Join(dir, "app.wasm"))
			write(t, filepath.Join(dir, "app.wasm"), evil)
		},
		"bytes changed in place": func(dir string) {
			if err := os.Chmod(filepath.Join(dir, "app.wasm"), 0o644); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "app.wasm"), composition.Components[0].Bytes[:4])
		},
		"one more file": func(dir string) { write(t, filepath.Join(dir, "more.wasm"), evil) },
		"one less":      func(dir string) { remove(t, filepath.Join(dir, "log.wasm")) },
		"none at all":   func(dir string) { remove(t, dir); mkdir(t, dir) },
		"a link for a file": func(dir string) {
			secret := filepath.Join(t.TempDir(), "secret")
			write(t, secret, composition.Components[0].Bytes)
			remove(t, filepath.Join(dir, "app.wasm"))
			symlink(t, secret, filepath.Join(dir, "app.wasm"))
		},
		"a directory for a file": func(dir string) { remove(t, filepath.Join(dir, "app.wasm")); mkdir(t, filepath.Join(dir, "app.wasm")) },
		"a link to elsewhere": func(dir string) {
			elsewhere := filepath.Join(t.TempDir(), "elsewhere")
			if err := os.Rename(dir, elsewhere); err != nil {
				t.Fatal(err)
			}
			symlink(t, elsewhere, dir)
		},
		"a file": func(dir string) { remove(t, dir); write(t, dir, evil) },
	} {
		t.Run(what, func(t *testing.T) {
			root := t.TempDir()
			s := store.Open(root)
			desc := add(t, s, composition)
			laidOut(t, s, desc, composition)
			spoil(filepath.Join(root, "files", desc.Digest.Encoded()))
			if _, err := s.Files("x", desc); err != nil { // a hard link is a blob too, which has to be fetched again
				add(t, s, composition)
			}
			laidOut(t, s, desc, composition)
			info, err := os.Lstat(filepath.Join(root, "files", desc.Digest.Encoded()))
			if err != nil || !info.IsDir() {
				t.Errorf("%v, %v", info, err)
			}
			for _, file := range below(t, root) {
				if strings.Contains(file, "incoming") {
					t.Errorf("%s was left behind", file)
				}
			}
		})
	}
}

// TestLinksInStore: links among the store's own directories lead nowhere else.
func TestLinksInStore(t *testing.T) {
	for _, dir := range []string{"blobs", "blobs/sha256", "files", "refs"} {
		root, elsewhere := t.TempDir(), t.TempDir()
		mkdir(t, filepath.Dir(filepath.Join(root, dir)))
		symlink(t, elsewhere, filepath.Join(root, dir))
		s := store.Open(root)
		if desc, err := s.Add(composition); err == nil {
			_, err = s.Files("x", desc)
			if err == nil && dir != "refs" {
				t.Errorf("with a link %s to elsewhere: no error", dir)
			}
		}
		if got := below(t, elsewhere); len(got) != 1 {
			t.Errorf("by a link %s elsewhere has %q", dir, got)
		}
	}
	// A blob that is a link to a file with the right content is none.
	root := t.TempDir()
	s := store.Open(root)
	desc := add(t, s, composition)
	path := filepath.Join(root, "blobs", "sha256", desc.Digest.Encoded())
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Rename(path, other); err != nil {
		t.Fatal(err)
	}
	symlink(t, other, path)
	if s.Has(desc.Digest) {
		t.Error("a link is taken for a blob")
	}
	// Nor is one to another blob of the store.
	remove(t, path)
	symlink(t, digest.FromBytes(composition.Components[0].Bytes).Encoded(), path)
	if s.Has(desc.Digest) {
		t.Error("a link to another blob is taken for a blob")
	}
}

func TestStoreModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	root := filepath.Join(t.TempDir(), "images")
	s := store.Open(root)
	desc := add(t, s, composition)
	info, err := os.Stat(root)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the store is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(root, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Files("x", desc); err == nil || !strings.Contains(err.Error(), "everybody may write to") {
		t.Errorf("a store that everybody may write to: %v", err)
	}
}

func TestRemoveNames(t *testing.T) {
	root := t.TempDir()
	s := store.Open(root)
	desc := add(t, s, composition)
	laidOut(t, s, desc, composition)
	for _, encoded := range []string{"", ".", "..", "../files", "x", strings.ToUpper(desc.Digest.Encoded()), strings.Repeat(".", 64)} {
		if err := s.Remove(encoded); err == nil {
			t.Errorf("%q was removed", encoded)
		}
	}
	laidOut(t, s, desc, composition)
	if err := s.Remove(desc.Digest.Encoded()); err != nil {
		t.Error(err)
	}
	if slices.Contains(below(t, root), "files/"+desc.Digest.Encoded()) {
		t.Error("the files are still there")
	}
}

// TestLieAboutSize: an image that says something else of a blob which others have does
// not take it from them.
func TestLieAboutSize(t *testing.T) {
	root := t.TempDir()
	s := store.Open(root)
	desc := add(t, s, composition)
	lie := layer(store.MediaTypeWasm, composition.Components[0].Bytes, nil)
	lie.Size++
	liar, err := s.Import(t.Context(), layout(t, []ocispec.Descriptor{lie}, composition.Components[0].Bytes))
	if err == nil {
		_, err = s.Files("liar", liar)
	}
	if err == nil || !strings.Contains(err.Error(), "as the image says") {
		t.Errorf("error %v", err)
	}
	laidOut(t, s, desc, composition)
}

// TestWrongBytes: what has not the digest that was asked for gets no name in the store.
func TestWrongBytes(t *testing.T) {
	good, bad := []byte("\x00asm\x0d\x00\x01\x00"), []byte("\x00asm\x0d\x00\x01\x01")
	src, root := layout(t, []ocispec.Descriptor{layer(store.MediaTypeWasm, good, nil)}, good), t.TempDir()
	write(t, filepath.Join(src, "blobs", "sha256", digest.FromBytes(good).Encoded()), bad)
	s := store.Open(root)
	_, err := s.Import(t.Context(), src)
	checkError(t, err, "LAYOUT: pulling "+digest.FromBytes(good).String()+" failed: content does not have the digest "+digest.FromBytes(good).String(), src)
	for _, file := range below(t, root) {
		if strings.Contains(file, digest.FromBytes(good).Encoded()) || strings.Contains(file, "incoming") {
			t.Errorf("the store has %s", file)
		}
	}
}

// TestLargeJSON: 4 MB of empty descriptors are hundreds of MB of them in memory.
func TestLargeJSON(t *testing.T) {
	many := func(item string) string { return strings.TrimSuffix(strings.Repeat(item+",", 1<<20/len(item)), ",") }
	for what, data := range map[string]string{
		"layers":      `{"schemaVersion":2,"layers":[` + many("{}") + `]}`,
		"numbers":     `{"schemaVersion":2,"layers":[` + many("0") + `]}`,
		"annotations": `{"schemaVersion":2,"annotations":{` + many(`"":""`) + `}}`,
		"nested":      `{"schemaVersion":2,"layers":` + strings.Repeat("[", 1<<20),
		"quoted":      `{"schemaVersion":2,"a\"":"\\","layers":[` + many("{}") + `]}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := store.ReadManifest("x", []byte(data))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "not usable: it") {
			t.Errorf("%s: %v", what, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%s: took %d bytes", what, took)
		}
	}
	quoted := `{"schemaVersion":2,"annotations":{"a":"` + strings.Repeat(`,:{[\"`, 1<<17) + `"}}`
	if _, err := store.ReadManifest("x", []byte(quoted)); err == nil || strings.Contains(err.Error(), "values") {
		t.Errorf("what stands in quotes is counted: %v", err)
	}
}

// TestHostileArchive: only what an image layout consists of is taken out of an archive.
func TestHostileArchive(t *testing.T) {
	good := layout(t, []ocispec.Descriptor{layer(store.MediaTypeWasm, []byte("\x00asm\x0d\x00\x01\x00"), nil)}, []byte("\x00asm\x0d\x00\x01\x00"))
	archive := func(extra func(w *tar.Writer)) string {
		var buf bytes.Buffer
		w := tar.NewWriter(&buf)
		extra(w)
		if err := w.AddFS(os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		_ = w.Close() // some of them are not whole
		path := filepath.Join(t.TempDir(), "x.tar")
		write(t, path, buf.Bytes())
		return path
	}
	header := func(h tar.Header, data string) func(*tar.Writer) {
		return func(w *tar.Writer) {
			h.Mode, h.Size = 0o644, int64(len(data))
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(data)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, extra := range map[string]func(w *tar.Writer){
		"a path up":      header(tar.Header{Name: "../../x", Typeflag: tar.TypeReg}, "x"),
		"a way around":   header(tar.Header{Name: "blobs/sha256/../../../x", Typeflag: tar.TypeReg}, "x"),
		"absolute":       header(tar.Header{Name: "/tmp/x", Typeflag: tar.TypeReg}, "x"),
		"a link":         header(tar.Header{Name: "blobs", Linkname: "/tmp", Typeflag: tar.TypeSymlink}, ""),
		"a hard link":    header(tar.Header{Name: "index.json", Linkname: "/etc/passwd", Typeflag: tar.TypeLink}, ""),
		"a pipe":         header(tar.Header{Name: "index.json", Typeflag: tar.TypeFifo}, ""),
		"no digest":      header(tar.Header{Name: "blobs/sha256/x", Typeflag: tar.TypeReg}, "x"),
		"other contents": header(tar.Header{Name: "blobs/x", Typeflag: tar.TypeReg}, "x"),
	} {
		if _, err := store.Open(t.TempDir()).Import(t.Context(), archive(extra)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	twice := archive(header(tar.Header{Name: "index.json", Typeflag: tar.TypeReg}, `{"manifests":[]}`))
	if _, err := store.Open(t.TempDir()).Import(t.Context(), twice); err == nil {
		t.Error("an archive with two indexes")
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}
