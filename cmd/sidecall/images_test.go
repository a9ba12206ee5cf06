package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sidecall/sidecall/components/store"
)

// makeImage makes an image that sidecall pack would not make: nobody checks it. A
// MANIFEST of - makes one of a single component.
func makeImage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: image DIR MANIFEST NAME=FILE...")
	}
	dir := ts.MkAbs(args[0])
	put := func(mediaType string, data []byte, annotations map[string]string) ocispec.Descriptor {
		d := digest.FromBytes(data)
		ts.Check(os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755))
		ts.Check(os.WriteFile(filepath.Join(dir, "blobs", "sha256", d.Encoded()), data, 0o644))
		return ocispec.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data)), Annotations: annotations}
	}
	m := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest}
	m.Config = put(store.MediaTypeWasmConfig, []byte(`{"architecture":"wasm","os":"wasip2","config":{}}`), nil)
	if args[1] != "-" {
		m.ArtifactType = store.ArtifactComposition
		m.Layers = append(m.Layers, put(store.MediaTypeManifest, []byte(ts.ReadFile(args[1])), nil))
	}
	for _, arg := range args[2:] {
		name, file, _ := strings.Cut(arg, "=")
		m.Layers = append(m.Layers, put(store.MediaTypeWasm, []byte(ts.ReadFile(file)), map[string]string{store.AnnotationComponent: name}))
	}
	data, err := json.Marshal(m)
	ts.Check(err)
	index, err := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2},
		Manifests: []ocispec.Descriptor{put(m.MediaType, data, nil)}})
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644))
	ts.Check(os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644))
}

// startRegistry serves image layouts as a registry that nobody should trust: the image
// NAME of any tag is what the directory NAME has.
func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	dirs := map[string]string{}
	for _, arg := range args {
		dirs[filepath.Base(arg)] = ts.MkAbs(arg)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/") // /v2/NAME/manifests/TAG or /v2/NAME/blobs/DIGEST
		if len(parts) != 5 || dirs[parts[2]] == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		dir, encoded := dirs[parts[2]], strings.TrimPrefix(parts[4], "sha256:")
		if parts[3] == "manifests" {
			var index ocispec.Index
			data, _ := os.ReadFile(filepath.Join(dir, "index.json"))
			if json.Unmarshal(data, &index) != nil || len(index.Manifests) != 1 {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			encoded = index.Manifests[0].Digest.Encoded()
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
		}
		data, err := os.ReadFile(filepath.Join(dir, "blobs", "sha256", encoded))
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Docker-Content-Digest", digest.FromBytes(data).String())
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	ts.Defer(s.Close)
	ts.Setenv("REGISTRY", strings.TrimPrefix(s.URL, "http://"))
}
