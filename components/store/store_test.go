package store_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sidecall/sidecall/components/store"
)

var composition = &store.Artifact{
	Name:     name("orders"),
	Manifest: []byte("apiVersion: sidecall.dev/v1alpha1\n"),
	Components: []store.Component{
		{Name: name("app"), Bytes: []byte("\x00asm\x0d\x00\x01\x00app"), Imports: []string{"a:b/log", "wasi:cli/stdout@0.2.0"}, Exports: []string{"wasi:cli/run@0.2.0"}},
		{Name: name("log"), Bytes: []byte("\x00asm\x0d\x00\x01\x00log"), Imports: []string{"wasi:cli/stdout@0.2.0"}, Exports: []string{"a:b/log"}},
	},
}

var single = &store.Artifact{Name: name("app"), Components: composition.Components[:1]}

func name(text string) store.Name {
	n, err := store.NewName(text)
	if err != nil {
		panic(err)
	}
	return n
}

// requests are those that a registry was sent; several may come at once.
type requests struct {
	mu   sync.Mutex
	seen []string
}

func (r *requests) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

// take returns what came since it was called before.
func (r *requests) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// serve starts a registry and returns its host and what it is asked.
func serve(t *testing.T) (host string, asked *requests) {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	asked = &requests{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.Method + " " + r.URL.Path)
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), asked
}

func add(t *testing.T, s *store.Store, a *store.Artifact) ocispec.Descriptor {
	t.Helper()
	desc, err := s.Add(a)
	if err != nil {
		t.Fatal(err)
	}
	return desc
}

// laidOut checks that the files of an image are those of an artifact.
func laidOut(t *testing.T, s *store.Store, desc ocispec.Descriptor, a *store.Artifact) {
	t.Helper()
	f, err := s.Files("test", desc)
	if err != nil {
		t.Fatal(err)
	}
	if f.Composition != (a.Manifest != nil) {
		t.Fatalf("composition: %v", f.Composition)
	}
	dir := f.Path
	if !f.Composition {
		dir = filepath.Dir(f.Path)
	} else if got, _ := os.ReadFile(filepath.Join(dir, "sidecall.yaml")); !bytes.Equal(got, a.Manifest) {
		t.Errorf("the manifest is %q", got)
	}
	for _, c := range a.Components {
		if got, _ := os.ReadFile(filepath.Join(dir, c.Name.File())); !bytes.Equal(got, c.Bytes) {
			t.Errorf("component %s is %q", c.Name, got)
		}
	}
}

func TestPushPull(t *testing.T) {
	host, asked := serve(t)
	for _, a := range []*store.Artifact{single, composition} {
		from, to := store.Open(t.TempDir()), store.Open(t.TempDir())
		desc := add(t, from, a)
		ref := host + "/acme/" + a.Name.String() + ":1.0"
		if err := from.Push(t.Context(), ref, desc); err != nil {
			t.Fatal(err)
		}
		got, err := to.Pull(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest != desc.Digest {
			t.Errorf("pushed %s, pulled %s", desc.Digest, got.Digest)
		}
		laidOut(t, to, got, a)

		pinned := host + "/acme/" + a.Name.String() + "@" + desc.Digest.String()
		if got, err = store.Open(t.TempDir()).Pull(t.Context(), pinned); err != nil || got.Digest != desc.Digest {
			t.Errorf("by digest: %s, %v", got.Digest, err)
		}
		// What was pulled is used without asking again.
		asked.take()
		got, err = to.Get(t.Context(), ref)
		if again := asked.take(); err != nil || got.Digest != desc.Digest || len(again) != 0 {
			t.Errorf("again: %s, %v, %q", got.Digest, err, again)
		}
	}
}

// TestShared shows that compositions share the layers of their common components.
func TestShared(t *testing.T) {
	host, asked := serve(t)
	s := store.Open(t.TempDir())
	if err := s.Push(t.Context(), host+"/acme/app:1", add(t, s, composition)); err != nil {
		t.Fatal(err)
	}
	other := *composition
	other.Manifest = []byte("another manifest")
	asked.take()
	if err := s.Push(t.Context(), host+"/acme/app:2", add(t, s, &other)); err != nil {
		t.Fatal(err)
	}
	uploads, seen := 0, asked.take()
	for _, r := range seen {
		if strings.HasPrefix(r, "POST ") {
			uploads++
		}
	}
	if uploads != 2 { // the manifest's layer and the configuration
		t.Errorf("%d blobs were sent: %q", uploads, seen)
	}
}

func TestSameBytes(t *testing.T) {
	a, b := add(t, store.Open(t.TempDir()), composition), add(t, store.Open(t.TempDir()), composition)
	if a.Digest != b.Digest {
		t.Errorf("%s and %s", a.Digest, b.Digest)
	}
}

// TestConfig pins what other tools read.
func TestConfig(t *testing.T) {
	dir := t.TempDir()
	s := store.Open(dir)
	desc := add(t, s, composition)
	var m ocispec.Manifest
	blob := func(d digest.Digest) []byte {
		data, err := os.ReadFile(filepath.Join(dir, "blobs", "sha256", d.Encoded()))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if err := json.Unmarshal(blob(desc.Digest), &m); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, l := range m.Layers {
		types = append(types, l.MediaType)
	}
	if want := []string{store.MediaTypeManifest, "application/wasm", "application/wasm"}; !slices.Equal(types, want) {
		t.Errorf("layers %q, want %q", types, want)
	}
	if m.ArtifactType != "application/vnd.sidecall.composition.v1alpha1" || m.Config.MediaType != "application/vnd.wasm.config.v0+json" {
		t.Errorf("types %q, %q", m.ArtifactType, m.Config.MediaType)
	}
	var config struct {
		Architecture, OS string
		LayerDigests     []digest.Digest
		Component        struct{ Exports, Imports []string }
		Config           ocispec.ImageConfig
	}
	if err := json.Unmarshal(blob(m.Config.Digest), &config); err != nil {
		t.Fatal(err)
	}
	if config.Architecture != "wasm" || config.OS != "wasip2" || len(config.LayerDigests) != 3 || config.LayerDigests[1] != m.Layers[1].Digest {
		t.Errorf("configuration %+v", config)
	}
	if got := config.Component; !slices.Equal(got.Exports, []string{"wasi:cli/run@0.2.0"}) || !slices.Equal(got.Imports, []string{"wasi:cli/stdout@0.2.0"}) {
		t.Errorf("world %+v", got)
	}
}

// TestModuleConfig shows that a core module is labelled as one.
func TestModuleConfig(t *testing.T) {
	dir := t.TempDir()
	s := store.Open(dir)
	desc := add(t, s, &store.Artifact{Name: name("app"), Components: []store.Component{{Name: name("app"), Bytes: []byte("\x00asm\x01\x00\x00\x00"), Module: true,
		Imports: []string{"wasi:cli/stdout@0.2.0"}}}})
	var m ocispec.Manifest
	var config map[string]any
	for _, step := range []struct {
		digest *digest.Digest
		to     any
	}{{&desc.Digest, &m}, {&m.Config.Digest, &config}} {
		data, err := os.ReadFile(filepath.Join(dir, "blobs", "sha256", step.digest.Encoded()))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, step.to); err != nil {
			t.Fatal(err)
		}
	}
	if _, has := config["component"]; config["architecture"] != "wasm" || config["os"] != "wasip1" || has {
		t.Errorf("configuration %v", config)
	}
}

func TestLayout(t *testing.T) {
	for _, name := range []string{"image.tar", "image"} {
		from, to := store.Open(t.TempDir()), store.Open(t.TempDir())
		desc := add(t, from, composition)
		path := filepath.Join(t.TempDir(), name)
		if err := from.Export(path, "example.com/orders:1", desc); err != nil {
			t.Fatal(err)
		}
		if !store.IsLayout(path) {
			t.Errorf("%s is not a layout", name)
		}
		got, err := to.Import(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest != desc.Digest {
			t.Errorf("%s: %s, want %s", name, got.Digest, desc.Digest)
		}
		laidOut(t, to, got, composition)
	}
}

func TestIndex(t *testing.T) {
	entry := func(os, arch string, d ocispec.Descriptor) ocispec.Descriptor {
		d.Platform = &ocispec.Platform{OS: os, Architecture: arch}
		return d
	}
	src := t.TempDir()
	from := store.Open(src)
	wasm, other := add(t, from, composition), add(t, from, single)
	for _, tc := range []struct {
		name    string
		entries []ocispec.Descriptor
		want    string
	}{
		{"by platform", []ocispec.Descriptor{entry("linux", "amd64", other), entry("wasip2", "wasm", wasm)}, ""},
		{"by the older platform", []ocispec.Descriptor{entry("linux", "amd64", other), entry("wasi", "wasm", wasm)}, ""},
		{"by type", []ocispec.Descriptor{entry("linux", "amd64", other), wasm}, ""},
		{"none", []ocispec.Descriptor{entry("linux", "amd64", other), entry("linux", "arm64", other)},
			"LAYOUT: the image's index lists none for WebAssembly, only linux/amd64, linux/arm64"},
		{"empty", nil, "LAYOUT: the image's index lists no image"},
		{"indexes", []ocispec.Descriptor{{MediaType: ocispec.MediaTypeImageIndex, Digest: wasm.Digest, Size: 1}, {MediaType: ocispec.MediaTypeImageIndex, Digest: other.Digest, Size: 1}},
			"LAYOUT: the image's index lists no image"},
		{"too long", []ocispec.Descriptor{{MediaType: ocispec.MediaTypeImageManifest, Digest: wasm.Digest, Size: 1 << 40}},
			"LAYOUT: the image's manifest has 1099511627776 bytes, more than 4194304"},
		{"bad digest", []ocispec.Descriptor{{MediaType: ocispec.MediaTypeImageManifest, Digest: "sha256:../../etc/passwd", Size: 1}},
			"LAYOUT: the image's index is not usable: digest \"sha256:../../etc/passwd\": invalid checksum digest length"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			layout := t.TempDir()
			if err := os.CopyFS(layout, os.DirFS(src)); err != nil {
				t.Fatal(err)
			}
			data, _ := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, Manifests: tc.entries})
			write(t, filepath.Join(layout, "index.json"), data)
			write(t, filepath.Join(layout, "oci-layout"), []byte("{}"))
			got, err := store.Open(t.TempDir()).Import(t.Context(), layout)
			checkError(t, err, tc.want, layout)
			if tc.want == "" && got.Digest != wasm.Digest {
				t.Errorf("chose %s", got.Digest)
			}
		})
	}
}

// TestForeign pulls images that are not for us, or lie.
func TestForeign(t *testing.T) {
	wasm := []byte("\x00asm\x0d\x00\x01\x00")
	layer := func(mediaType string, data []byte) ocispec.Descriptor {
		return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	}
	component := layer(store.MediaTypeWasm, wasm)
	yaml := layer(store.MediaTypeManifest, wasm)
	sized := func(d ocispec.Descriptor, n int64) ocispec.Descriptor { d.Size = n; return d }
	named := func(d ocispec.Descriptor, n string) ocispec.Descriptor {
		d.Annotations = map[string]string{store.AnnotationComponent: n}
		return d
	}
	for _, tc := range []struct {
		name   string
		layers []ocispec.Descriptor
		want   string
	}{
		{"no wasm", []ocispec.Descriptor{layer(ocispec.MediaTypeImageLayerGzip, wasm)},
			"LAYOUT: the image holds no WebAssembly: its layers are application/vnd.oci.image.layer.v1.tar+gzip"},
		{"empty", nil, "LAYOUT: the image holds no WebAssembly: its layers are none"},
		{"two without a manifest", []ocispec.Descriptor{component, component},
			"LAYOUT: the image has 2 components and nothing that says how they belong together"},
		{"two manifests", []ocispec.Descriptor{yaml, yaml, component}, "LAYOUT: the image has two manifests of compositions"},
		{"a name for elsewhere", []ocispec.Descriptor{yaml, named(component, "../evil")},
			`LAYOUT: a layer's annotation dev.sidecall.component is no component's name: the name "../evil" has other characters than letters of ASCII, digits, - and _`},
		{"too large", []ocispec.Descriptor{sized(component, 1<<40)},
			"LAYOUT: " + component.Digest.String() + " has 1099511627776 bytes, more than the 536870912 that a layer may have"},
		{"too large together", slices.Repeat([]ocispec.Descriptor{sized(component, store.MaxLayerSize)}, 5), "LAYOUT: the image has more than 2147483648 bytes"},
		{"too many layers", slices.Repeat([]ocispec.Descriptor{component}, store.MaxLayers+1), "LAYOUT: the image has 1001 layers, more than 1000"},
		{"a manifest that is too large", []ocispec.Descriptor{sized(yaml, store.MaxYAMLSize+1), component},
			"LAYOUT: the composition's manifest has 1048577 bytes, more than 1048576"},
		{"negative", []ocispec.Descriptor{sized(component, -1)},
			"LAYOUT: " + component.Digest.String() + " has -1 bytes, more than the 536870912 that a layer may have"},
		{"shorter than said", []ocispec.Descriptor{sized(component, 100)},
			"LAYOUT: pulling " + component.Digest.String() + " failed: content ends after 8 of 100 bytes: unexpected EOF"},
		{"longer than said", []ocispec.Descriptor{sized(component, 3)},
			"LAYOUT: pulling " + component.Digest.String() + " failed: there is more content than its descriptor says"},
		{"not there", []ocispec.Descriptor{layer(store.MediaTypeWasm, []byte("nowhere"))}, "LAYOUT: pulling " +
			digest.FromString("nowhere").String() + " failed: open blobs/sha256/" + digest.FromString("nowhere").Encoded() + ": no such file or directory"},
		{"a strange digest", []ocispec.Descriptor{{MediaType: store.MediaTypeWasm, Digest: "md5:0", Size: 1}},
			`LAYOUT: the image's manifest is not usable: digest "md5:0": unsupported digest algorithm`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			layout := t.TempDir()
			put := func(data []byte) digest.Digest {
				d := digest.FromBytes(data)
				write(t, filepath.Join(layout, "blobs", "sha256", d.Encoded()), data)
				return d
			}
			put(wasm)
			config := []byte("{}")
			put(config)
			m, _ := json.Marshal(ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
				Config: layer(store.MediaTypeWasmConfig, config), Layers: tc.layers})
			index, _ := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2},
				Manifests: []ocispec.Descriptor{{MediaType: ocispec.MediaTypeImageManifest, Digest: put(m), Size: int64(len(m))}}})
			write(t, filepath.Join(layout, "index.json"), index)
			_, err := store.Open(t.TempDir()).Import(t.Context(), layout)
			checkError(t, err, tc.want, layout)
		})
	}
}

// TestDamage shows that damage on disk is noticed before a file is used.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := store.Open(dir)
	desc := add(t, s, composition)
	blob := filepath.Join(dir, "blobs", "sha256", digest.FromBytes(composition.Components[0].Bytes).Encoded())
	if err := os.Chmod(blob, 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, blob, []byte("something else"))
	_, err := s.Files("orders", desc)
	checkError(t, err, "orders: the image cannot be laid out as files: "+blob+" is damaged", "")
	if _, err := os.Stat(blob); !errors.Is(err, os.ErrNotExist) {
		t.Error("the damaged blob is still there")
	}
}

func TestRegistryErrors(t *testing.T) {
	host, _ := serve(t)
	s := store.Open(t.TempDir())
	_, err := s.Pull(t.Context(), host+"/acme/nothing:1")
	checkError(t, err, host+"/acme/nothing:1: there is no such image", "")
	for _, ref := range []string{"app", "./app.wasm", "example.com/App:1", "example.com/app:", ""} {
		_, err = s.Pull(t.Context(), ref)
		checkError(t, err, ref+": this is not the name of an image", "")
	}
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	ref := strings.TrimPrefix(refusing.URL, "http://") + "/acme/app:1"
	_, err = s.Pull(t.Context(), ref)
	checkError(t, err, ref+": the registry does not allow it: status 403", "")
}

func TestCredentials(t *testing.T) {
	host, _ := serve(t)
	var got string
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		got = user + ":" + password
		w.WriteHeader(http.StatusNotFound)
	}))
	defer guarded.Close()
	name := strings.TrimPrefix(guarded.URL, "http://")
	write(t, filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(`{"auths":{"`+name+`":{"auth":"YWRhOnNlY3JldA=="}}}`))
	_, err := store.Open(t.TempDir()).Pull(context.Background(), name+"/app:1")
	checkError(t, err, name+"/app:1: there is no such image", "")
	if got != "ada:secret" {
		t.Errorf("the registry %s saw %q", host, got)
	}
}

// TestOtherTools takes artifacts as tools made them before there was one media type, and
// leaves ordinary images alone.
func TestOtherTools(t *testing.T) {
	wasm := []byte("\x00asm\x0d\x00\x01\x00")
	titled := map[string]string{ocispec.AnnotationTitle: "plugin.wasm"}
	for _, tc := range []struct {
		tool, layer, config string
		annotations         map[string]string
		want                bool
	}{
		{"wkg", "application/wasm", store.MediaTypeWasmConfig, nil, true},
		{"wkg before 0.3", "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm", store.MediaTypeWasmConfig, nil, true},
		{"wasm-to-oci", "application/vnd.wasm.content.layer.v1+wasm", "application/vnd.wasm.config.v1+json", nil, true},
		{"wash", "application/vnd.module.wasm.content.layer.v1+wasm", "application/vnd.wasmcloud.actor.archive.config", nil, true},
		{"Istio", "application/vnd.module.wasm.content.layer.v1+wasm", "application/vnd.module.wasm.config.v1+json", nil, true},
		{"runwasi, module", "application/vnd.w3c.wasm.module.v1+wasm", ocispec.MediaTypeImageConfig, nil, true},
		{"runwasi, component", "application/vnd.w3c.wasm.component.v1+wasm", ocispec.MediaTypeImageConfig, nil, true},
		{"in capitals, with a parameter", "Application/Wasm; charset=binary", "application/vnd.oci.empty.v1+json", nil, true},
		{"oras push x.wasm", ocispec.MediaTypeImageLayer, "application/vnd.oci.empty.v1+json", titled, true},
		{"oras push x.wasm of 0.x", ocispec.MediaTypeImageLayer, "application/vnd.unknown.config.v1+json", titled, true},
		{"an unknown tool", "application/octet-stream", "application/vnd.oci.empty.v1+json", titled, true},
		{"an image's layer", ocispec.MediaTypeImageLayer, ocispec.MediaTypeImageConfig, titled, false},
		{"a packed layer", ocispec.MediaTypeImageLayerGzip, "application/vnd.oci.empty.v1+json", titled, false},
		{"a text", "application/octet-stream", "application/vnd.oci.empty.v1+json", map[string]string{ocispec.AnnotationTitle: "a.txt"}, false},
		{"not the suffix", "application/wasm+json", "application/vnd.oci.empty.v1+json", nil, false},
	} {
		data, _ := json.Marshal(ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
			Config: ocispec.Descriptor{MediaType: tc.config, Digest: digest.FromString("{}"), Size: 2},
			Layers: []ocispec.Descriptor{{MediaType: tc.layer, Digest: digest.FromBytes(wasm), Size: int64(len(wasm)), Annotations: tc.annotations}}})
		c, err := store.ReadManifest("x", data)
		if (err == nil) != tc.want || err == nil && len(c.Components) != 1 {
			t.Errorf("%s: %v, %v", tc.tool, c, err)
		}
	}
}

// TestPodmanCredentials looks in podman's files, in its order, and by its keys.
func TestPodmanCredentials(t *testing.T) {
	serve(t)
	var got string
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		got = user + ":" + password
		w.WriteHeader(http.StatusNotFound)
	}))
	defer guarded.Close()
	name := strings.TrimPrefix(guarded.URL, "http://")
	auths := func(pairs ...string) []byte {
		m := map[string]map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(pairs[i+1]))}
		}
		b, _ := json.Marshal(map[string]any{"auths": m})
		return b
	}
	runtime, config := t.TempDir(), t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("REGISTRY_AUTH_FILE", "")
	pull := func(want string) {
		t.Helper()
		got = ""
		_, err := store.Open(t.TempDir()).Pull(t.Context(), name+"/acme/app:1")
		if got != want {
			t.Errorf("the registry saw %q, want %q: %v", got, want, err)
		}
	}
	_, err := store.Open(t.TempDir()).Pull(t.Context(), name+"/acme/app:1")
	checkError(t, err, name+"/acme/app:1: the registry wants to know who asks, and there are no credentials for it", "")
	var e *store.Error
	if errors.As(err, &e); !strings.Contains(e.Hint, "docker login "+name) || !strings.Contains(e.Hint, "podman login "+name) {
		t.Errorf("hint %q", e.Hint)
	}
	write(t, filepath.Join(config, "containers", "auth.json"), auths(name, "home:1"))
	pull("home:1")
	write(t, filepath.Join(runtime, "containers", "auth.json"), auths(name, "registry:2", name+"/acme", "acme:3", name+"/other", "other:4"))
	pull("acme:3")
	write(t, filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), auths(name, "docker:5"))
	pull("docker:5")
	named := filepath.Join(t.TempDir(), "auth.json")
	t.Setenv("REGISTRY_AUTH_FILE", named)
	write(t, named, auths(name+"/acme/app", "named:6"))
	pull("named:6")
	write(t, named, []byte("{"))
	_, err = store.Open(t.TempDir()).Pull(t.Context(), name+"/acme/app:1")
	if err == nil || !strings.Contains(err.Error(), "the credentials in "+named+" cannot be read") {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestOrdinaryImage(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sidecall")
	write(t, program, []byte("\x7fELF and so on"))
	s := store.Open(t.TempDir())
	desc, err := s.AddImage(composition, program, "run", ocispec.Platform{OS: "linux", Architecture: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := s.Export(path, "", desc); err != nil {
		t.Fatal(err)
	}
	write(t, program, dynamicProgram())
	_, err = s.AddImage(composition, program, "run", ocispec.Platform{OS: "linux", Architecture: "amd64"})
	checkError(t, err, program+": this program needs the libraries of the system that it was built on, and an image has none", "")
	write(t, program, []byte("#!/bin/sh"))
	_, err = s.AddImage(composition, program, "run", ocispec.Platform{OS: "linux", Architecture: "amd64"})
	checkError(t, err, program+`: this is not a program for Linux, which an image of kind "image" needs`, "")
}

// dynamicProgram is the head of a program for Linux that asks for an interpreter.
func dynamicProgram() []byte {
	head := make([]byte, 64+56)
	copy(head, "\x7fELF\x02\x01\x01")
	binary.LittleEndian.PutUint16(head[16:], uint16(elf.ET_EXEC))
	binary.LittleEndian.PutUint16(head[18:], uint16(elf.EM_X86_64))
	binary.LittleEndian.PutUint32(head[20:], uint32(elf.EV_CURRENT))
	binary.LittleEndian.PutUint64(head[32:], 64) // where the program headers are
	binary.LittleEndian.PutUint16(head[52:], 64)
	binary.LittleEndian.PutUint16(head[54:], 56)
	binary.LittleEndian.PutUint16(head[56:], 1)
	binary.LittleEndian.PutUint32(head[64:], uint32(elf.PT_INTERP))
	return head
}

func TestDynamic(t *testing.T) {
	if !store.Dynamic(dynamicProgram()) {
		t.Error("a program with an interpreter is not found")
	}
	for _, text := range []string{"", "\x7fELF", "\x7fELF and so on", string(dynamicProgram()[:80])} {
		if store.Dynamic([]byte(text)) {
			t.Errorf("%q asks for an interpreter", text)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":2,"layers":[{"mediaType":"application/wasm","digest":"sha256:` + strings.Repeat("0", 64) + `","size":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := store.ReadManifest("x", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v and %v", c, err)
		}
	})
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func checkError(t *testing.T, err error, want, layout string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
		if layout != "" {
			got = strings.ReplaceAll(got, layout, "LAYOUT")
		}
		var typed *store.Error
		if !errors.As(err, &typed) {
			t.Errorf("%T is not a *store.Error", err)
		}
	}
	if got != want {
		t.Errorf("error\n got %q\nwant %q", got, want)
	}
}
