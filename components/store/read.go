package store

import (
	"encoding/json"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Contents says which layers of a manifest are what.
type Contents struct {
	// Manifest is the layer of a composition's manifest, nil for one component.
	Manifest *ocispec.Descriptor
	// Components are the layers of the components, with their names.
	Components []Layer
}

// Layer is a component in a layer.
type Layer struct {
	Name Name
	ocispec.Descriptor
}

// ReadManifest checks an OCI manifest and finds out what is in it. An image without
// WebAssembly is an error; IsWasm asks first.
func ReadManifest(ref string, data []byte) (*Contents, error) {
	m, err := decodeManifest(ref, data)
	if err != nil {
		return nil, err
	}
	return contents(ref, m)
}

func decodeManifest(ref string, data []byte) (*ocispec.Manifest, error) {
	var m struct {
		ocispec.Manifest
		Manifests json.RawMessage `json:"manifests"`
	}
	if err := decodeJSON(ref, "the image's manifest", data, &m); err != nil {
		return nil, err
	}
	if m.Manifests != nil || m.MediaType != "" && !isManifest(m.MediaType) {
		return nil, foreign(ref, "", "the image's manifest is not one, or is an index as well") // CVE-2021-41190
	}
	if m.SchemaVersion != 2 {
		return nil, foreign(ref, "", "the image's manifest has schema version %d, not 2", m.SchemaVersion)
	}
	if len(m.Layers) > MaxLayers {
		return nil, foreign(ref, "", "the image has %d layers, more than %d", len(m.Layers), MaxLayers)
	}
	var total int64
	for _, d := range append([]ocispec.Descriptor{m.Config}, m.Layers...) {
		if err := checkDigest(d.Digest); err != nil {
			return nil, &Error{Ref: ref, Msg: "the image's manifest is not usable", Err: err}
		}
		if d.Size < 0 || d.Size > MaxLayerSize {
			return nil, foreign(ref, "", "%s has %d bytes, more than the %d that a layer may have", d.Digest, d.Size, MaxLayerSize)
		}
		if total += d.Size; total > MaxTotalSize {
			return nil, foreign(ref, "", "the image has more than %d bytes", MaxTotalSize)
		}
	}
	if m.Config.Size > MaxManifestSize {
		return nil, foreign(ref, "", "the image's configuration has %d bytes, more than %d", m.Config.Size, MaxManifestSize)
	}
	return &m.Manifest, nil
}

func contents(ref string, m *ocispec.Manifest) (*Contents, error) {
	c := &Contents{}
	for i := range m.Layers {
		l := &m.Layers[i]
		switch {
		case l.MediaType == MediaTypeManifest && c.Manifest != nil:
			return nil, foreign(ref, "", "the image has two manifests of compositions")
		case l.MediaType == MediaTypeManifest && l.Size > MaxYAMLSize:
			return nil, foreign(ref, "", "the composition's manifest has %d bytes, more than %d", l.Size, MaxYAMLSize)
		case l.MediaType == MediaTypeManifest:
			c.Manifest = l
		case HasWasm(m, l):
			name, err := layerName(l)
			if err != nil {
				return nil, &Error{Ref: ref, Msg: "a layer's annotation " + AnnotationComponent + " is no component's name", Err: err}
			}
			c.Components = append(c.Components, Layer{name, *l})
		}
	}
	switch {
	case len(c.Components) == 0:
		return nil, foreign(ref, "an image for Sidecall is made by sidecall pack or sidecall push",
			"the image holds no WebAssembly: its layers are %s", mediaTypes(m.Layers))
	case c.Manifest == nil && len(c.Components) > 1:
		return nil, foreign(ref, "pack them as a composition, which has a manifest",
			"the image has %d components and nothing that says how they belong together", len(c.Components))
	}
	names := make([]Name, len(c.Components))
	for i, l := range c.Components {
		names[i] = l.Name
	}
	if one, other, ok := collision(names); ok {
		return nil, foreign(ref, "", "two components of the composition have one name: %s and %s", one, other)
	}
	return c, nil
}

// layerName is what a layer calls its component. The annotation is of those who know
// compositions, and must be right; a title is any file's.
func layerName(l *ocispec.Descriptor) (Name, error) {
	if text, ok := l.Annotations[AnnotationComponent]; ok {
		return NewName(text)
	}
	return NameOf(l.Annotations[ocispec.AnnotationTitle]), nil
}

func mediaTypes(layers []ocispec.Descriptor) string {
	var out []string
	for _, l := range layers {
		if len(out) == 4 {
			out = append(out, "…")
			break
		}
		out = append(out, l.MediaType)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

func decodeIndex(ref string, data []byte) (*ocispec.Index, error) {
	var index struct {
		ocispec.Index
		Layers json.RawMessage `json:"layers"`
	}
	if err := decodeJSON(ref, "the image's index", data, &index); err != nil {
		return nil, err
	}
	if index.Layers != nil || index.MediaType != "" && !IsIndex(index.MediaType) {
		return nil, foreign(ref, "", "the image's index is not one, or is an image as well")
	}
	return &index.Index, nil
}

// choose picks an index's manifest for WebAssembly: by its platform, or by its type,
// or because it is the only one.
func choose(ref string, data []byte) (ocispec.Descriptor, error) {
	index, err := decodeIndex(ref, data)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	var manifests, wasm []ocispec.Descriptor
	var platforms []string
	for _, d := range index.Manifests {
		if !isManifest(d.MediaType) || d.Annotations["vnd.docker.reference.type"] != "" {
			continue // an attestation, or an index in an index
		}
		manifests = append(manifests, d)
		if d.ArtifactType == ArtifactComposition || d.ArtifactType == MediaTypeWasmConfig || d.ArtifactType == MediaTypeWasm ||
			strings.HasSuffix(d.ArtifactType, "+wasm") ||
			d.Platform != nil && IsWasmPlatform(d.Platform.OS, d.Platform.Architecture) {
			wasm = append(wasm, d)
		}
		if d.Platform != nil && len(platforms) < 10 {
			platforms = append(platforms, d.Platform.OS+"/"+d.Platform.Architecture)
		}
	}
	switch {
	case len(wasm) > 0:
		return checkSize(ref, wasm[0])
	case len(manifests) == 1:
		return checkSize(ref, manifests[0])
	case len(manifests) == 0:
		return ocispec.Descriptor{}, foreign(ref, "", "the image's index lists no image")
	}
	return ocispec.Descriptor{}, foreign(ref, "", "the image's index lists none for WebAssembly, only %s", strings.Join(platforms, ", "))
}

func checkSize(ref string, d ocispec.Descriptor) (ocispec.Descriptor, error) {
	if err := checkDigest(d.Digest); err != nil {
		return d, &Error{Ref: ref, Msg: "the image's index is not usable", Err: err}
	}
	if d.Size < 0 || d.Size > MaxManifestSize {
		return d, foreign(ref, "", "the image's manifest has %d bytes, more than %d", d.Size, MaxManifestSize)
	}
	return d, nil
}
