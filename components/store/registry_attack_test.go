package store_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sidecall/sidecall/components/store"
)

// endless yields zeros and counts them.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.n += int64(len(p))
	if e.n > 64<<20 {
		return 0, errors.New("somebody reads it all")
	}
	clear(p)
	return len(p), nil
}

// TestHostileRegistry pulls from registries that send what nobody asked for.
func TestHostileRegistry(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	wasm := []byte("\x00asm\x0d\x00\x01\x00")
	manifest := func(edit func(m *ocispec.Manifest)) []byte {
		m := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
			Config: layer(store.MediaTypeWasmConfig, []byte("{}"), nil), Layers: []ocispec.Descriptor{layer(store.MediaTypeWasm, wasm, nil)}}
		if edit != nil {
			edit(&m)
		}
		data, _ := json.Marshal(m)
		return data
	}
	good := manifest(nil)
	send := func(w http.ResponseWriter, r *http.Request, data []byte) {
		w.Header().Set("Docker-Content-Digest", digest.FromBytes(data).String())
		w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(data)
		}
	}
	for _, test := range []struct {
		name, ref, want string
		serve           func(w http.ResponseWriter, r *http.Request, kind string)
	}{
		{"a manifest of 1 GB", ":1", "has 1073741824 bytes, more than 4194304", func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Docker-Content-Digest", digest.FromBytes(good).String())
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
			w.Header().Set("Content-Length", "1073741824")
		}},
		{"a manifest without an end", ":1", "", func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
			if r.Method == http.MethodHead {
				w.Header().Set("Docker-Content-Digest", digest.FromBytes(good).String())
				w.Header().Set("Content-Length", fmt.Sprint(len(good)))
				return
			}
			_, _ = io.Copy(w, &endless{})
		}},
		{"a layer without an end", ":1", "more content than its descriptor says", func(w http.ResponseWriter, r *http.Request, kind string) {
			if kind == "manifests" {
				send(w, r, good)
			} else if strings.Contains(r.URL.Path, digest.FromString("{}").Encoded()) {
				_, _ = io.WriteString(w, "{}")
			} else {
				_, _ = io.Copy(w, &endless{})
			}
		}},
		{"a layer that is compressed on its way", ":1", "more content than its descriptor says", func(w http.ResponseWriter, r *http.Request, kind string) {
			if kind == "manifests" {
				send(w, r, good)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.Copy(z, io.LimitReader(&endless{}, 32<<20))
			_ = z.Close()
		}},
		{"another image than the digest's", "@" + digest.FromString("other").String(), "", func(w http.ResponseWriter, r *http.Request, _ string) { send(w, r, good) }},
		{"an index and an image at once", ":1", "or is an index as well", func(w http.ResponseWriter, r *http.Request, _ string) {
			send(w, r, []byte(strings.TrimSuffix(string(good), "}")+`,"manifests":[]}`))
		}},
		{"a type that is another's", ":1", "is not one", func(w http.ResponseWriter, r *http.Request, _ string) {
			send(w, r, manifest(func(m *ocispec.Manifest) { m.MediaType = ocispec.MediaTypeImageIndex }))
		}},
		{"a long media type", ":1", "its layers are xxx", func(w http.ResponseWriter, r *http.Request, _ string) {
			send(w, r, manifest(func(m *ocispec.Manifest) { m.Layers[0].MediaType = strings.Repeat("x", 1<<20) }))
		}},
		{"a long digest", ":1", "digest", func(w http.ResponseWriter, r *http.Request, _ string) {
			send(w, r, manifest(func(m *ocispec.Manifest) { m.Layers[0].Digest = digest.Digest("sha256:" + strings.Repeat("a", 1<<20)) }))
		}},
		{"a long error", ":1", "", func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errors":[{"code":"X","message":"`+strings.Repeat("long ", 1<<18)+`"}]}`)
		}},
		{"sent round and round", ":1", "10 redirects", func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				kind := "manifests"
				if strings.Contains(r.URL.Path, "/blobs/") {
					kind = "blobs"
				}
				test.serve(w, r, kind)
			}))
			defer s.Close()
			root := t.TempDir()
			_, err := store.Open(root).Pull(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/x"+test.ref)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			} else if len(err.Error()) > 1200 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			for _, file := range below(t, root) {
				if strings.Contains(file, "incoming") || strings.HasPrefix(file, "refs/") {
					t.Errorf("%s was left behind", file)
				}
			}
		})
	}
}

// TestAtOnce: many processes may pull and lay out the same image at the same time, and
// while somebody spoils what is there.
func TestAtOnce(t *testing.T) {
	wasm, yaml := []byte("\x00asm\x0d\x00\x01\x00"), []byte("a manifest")
	src := layout(t, []ocispec.Descriptor{layer(store.MediaTypeManifest, yaml, nil), layer(store.MediaTypeWasm, wasm, map[string]string{store.AnnotationComponent: "app"})}, wasm, yaml)
	root := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s := store.Open(root)
			desc, err := s.Import(t.Context(), src)
			if err != nil {
				t.Error(err)
				return
			}
			f, err := s.Files("x", desc)
			if err != nil || f.Path != filepath.Join(root, "files", desc.Digest.Encoded()) {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
	wg.Wait()
	for _, file := range below(t, root) {
		if strings.Contains(file, "incoming") {
			t.Errorf("%s was left behind", file)
		}
	}
}
