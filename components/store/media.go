package store

import (
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Media types of artifacts, as other tools name them, and the one of ours.
const (
	MediaTypeWasmConfig  = "application/vnd.wasm.config.v0+json"
	MediaTypeWasm        = "application/wasm"
	MediaTypeManifest    = "application/vnd.sidecall.composition.v1alpha1+yaml"
	ArtifactComposition  = "application/vnd.sidecall.composition.v1alpha1"
	mediaTypeDockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json"
	mediaTypeDocker      = "application/vnd.docker.distribution.manifest.v2+json"
)

// Annotations of layers and images.
const (
	// AnnotationComponent names the component of a composition that a layer holds.
	AnnotationComponent = "dev.sidecall.component"
	// LabelComposition, in the configuration of an ordinary image, is the path of a
	// manifest in its files: a runtime that knows Sidecall may run that instead of the
	// image's entrypoint.
	LabelComposition = "dev.sidecall.composition"
)

// HasWasm tells whether a layer of a manifest is a component or module. Before there was
// application/wasm each tool had a name of its own for it, all with the suffix +wasm: those
// of wasm-to-oci, wash, Istio, Spin and runwasi. ORAS, if nobody tells it, calls any file a
// layer of an image, and gives it its name as a title.
func HasWasm(m *ocispec.Manifest, layer *ocispec.Descriptor) bool {
	mediaType, _, _ := strings.Cut(strings.ToLower(layer.MediaType), ";")
	switch mediaType = strings.TrimSpace(mediaType); {
	case mediaType == MediaTypeWasm || strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+wasm"):
		return true
	case mediaType == ocispec.MediaTypeImageLayer || mediaType == "application/octet-stream":
		return !isImageConfig(m.Config.MediaType) && strings.HasSuffix(layer.Annotations[ocispec.AnnotationTitle], ".wasm")
	}
	return false
}

// isImageConfig tells whether a configuration is that of an ordinary image, whose layers
// are archives.
func isImageConfig(mediaType string) bool {
	return mediaType == ocispec.MediaTypeImageConfig || mediaType == "application/vnd.docker.container.image.v1+json"
}

// IsIndex tells whether a media type is that of an index of images.
func IsIndex(mediaType string) bool {
	return mediaType == ocispec.MediaTypeImageIndex || mediaType == mediaTypeDockerIndex
}

func isManifest(mediaType string) bool {
	return mediaType == ocispec.MediaTypeImageManifest || mediaType == mediaTypeDocker
}

// IsWasmPlatform tells whether an index or a configuration means WebAssembly.
// Tools disagree which of the two fields says so.
func IsWasmPlatform(os, architecture string) bool {
	return architecture == "wasm" || slices.Contains([]string{"wasi", "wasip1", "wasip2"}, os)
}

// Limits of what is accepted, in bytes unless they count something.
const (
	MaxManifestSize = 4 << 20   // of an index, a manifest or a configuration
	MaxYAMLSize     = 1 << 20   // of a composition's manifest
	MaxLayerSize    = 512 << 20 // of a component
	MaxTotalSize    = 2 << 30   // of all layers
	MaxLayers       = 1000
)
