package store

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Artifact is what is packed: one component, or a composition.
type Artifact struct {
	// Name is the component's or composition's.
	Name Name
	// Manifest is the composition's manifest, whose components have the files
	// Name.File(); nil for one component by itself.
	Manifest []byte
	// Components are the composition's, the main one first.
	Components []Component
}

// Component is one component of an artifact.
type Component struct {
	Name  Name
	Bytes []byte
	// Imports and Exports are the names of its world.
	Imports, Exports []string
	// Module says that it is a core module of WASI preview1.
	Module bool
}

// wasmConfig is the configuration of an artifact: that of the Wasm OCI artifact
// layout, and the part of an OCI image's configuration that a Kubernetes node looks
// at. Without an entrypoint it would refuse a pod that names no command; with a
// numeric user that is not 0, a pod may ask for runAsNonRoot.
type wasmConfig struct {
	Architecture string              `json:"architecture"`
	OS           string              `json:"os"`
	LayerDigests []digest.Digest     `json:"layerDigests"`
	Component    *componentConfig    `json:"component,omitempty"`
	Config       ocispec.ImageConfig `json:"config"`
}

type componentConfig struct {
	Exports []string `json:"exports"`
	Imports []string `json:"imports"`
}

// Entrypoint is what an artifact says that its container runs. No runtime looks for it that
// knows what an artifact is; of others it is the error, which people then read: exec:
// "needs-runtimeClassName-sidecall": executable file not found in $PATH.
const Entrypoint = "needs-runtimeClassName-sidecall"

// user is who an artifact runs as unless the pod says otherwise: nobody in
// particular, as nothing in WebAssembly needs root.
const user = "65532:65532"

// Add packs an artifact into the store and returns its manifest's descriptor. The
// same artifact is the same bytes, always: nothing of when or where goes into it.
func (s *Store) Add(a *Artifact) (ocispec.Descriptor, error) {
	if err := a.check(); err != nil {
		return ocispec.Descriptor{}, err
	}
	var layers []ocispec.Descriptor
	if a.Manifest != nil {
		layer, err := s.add(MediaTypeManifest, a.Manifest)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		layer.Annotations = map[string]string{ocispec.AnnotationTitle: manifestName}
		layers = append(layers, layer)
	}
	for _, c := range a.Components {
		layer, err := s.add(MediaTypeWasm, c.Bytes)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		layer.Annotations = map[string]string{ocispec.AnnotationTitle: c.Name.File(), AnnotationComponent: c.Name.String()}
		layers = append(layers, layer)
	}
	config, err := s.addConfig(a, layers)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	m := ocispec.Manifest{
		Versioned:   specs.Versioned{SchemaVersion: 2},
		MediaType:   ocispec.MediaTypeImageManifest,
		Config:      config,
		Layers:      layers,
		Annotations: map[string]string{ocispec.AnnotationTitle: a.Name.String()},
	}
	if a.Manifest != nil {
		m.ArtifactType = ArtifactComposition
	}
	return s.addManifest(m)
}

// check refuses an artifact that Files would refuse.
func (a *Artifact) check() error {
	names := []Name{}
	for _, c := range a.Components {
		names = append(names, c.Name)
	}
	if a.Name == (Name{}) || slices.Contains(names, Name{}) {
		return &Error{Ref: a.Name.String(), Msg: "a component or the composition has no name"}
	}
	if one, other, ok := collision(names); ok {
		return &Error{Ref: a.Name.String(), Msg: fmt.Sprintf("the components %s and %s would be one file where upper case is lower case", one, other), Hint: "rename one of them"}
	}
	return nil
}

func (s *Store) addManifest(m ocispec.Manifest) (ocispec.Descriptor, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("packing: %w", err)
	}
	desc, err := s.add(m.MediaType, data)
	desc.ArtifactType = m.ArtifactType
	return desc, err
}

func (s *Store) addConfig(a *Artifact, layers []ocispec.Descriptor) (ocispec.Descriptor, error) {
	c := wasmConfig{Architecture: "wasm", OS: "wasip2", Component: a.world(),
		Config: ocispec.ImageConfig{User: user, Entrypoint: []string{Entrypoint}}}
	if a.Manifest == nil && len(a.Components) == 1 && a.Components[0].Module {
		c.OS, c.Component = "wasip1", nil // the layout has no world for these
	}
	for _, l := range layers {
		c.LayerDigests = append(c.LayerDigests, l.Digest)
	}
	data, err := json.Marshal(c)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("packing: %w", err)
	}
	return s.add(MediaTypeWasmConfig, data)
}

// world is what the main component exports, and what the components import that none
// of them exports.
func (a *Artifact) world() *componentConfig {
	w := &componentConfig{Exports: []string{}, Imports: []string{}}
	seen := map[string]bool{}
	for i, c := range a.Components {
		for _, name := range c.Exports {
			seen[name] = true
			if i == 0 {
				w.Exports = append(w.Exports, name)
			}
		}
	}
	for _, c := range a.Components {
		for _, name := range c.Imports {
			if !seen[name] {
				seen[name] = true
				w.Imports = append(w.Imports, name)
			}
		}
	}
	return w
}

// HostPlatform is the platform of ordinary images that this program can be part of.
func HostPlatform() ocispec.Platform {
	return ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH}
}
