package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Annotations of an image, "key=value", as registries show them: where its source is, say.
type Annotations map[string]string

// MaxAnnotations bounds the annotations of an image, in bytes, keys and values together.
const MaxAnnotations = 64 << 10

// predefined are the keys that the OCI image specification defines for manifests, but for
// those that only tools can know.
var predefined = []string{
	ocispec.AnnotationCreated, ocispec.AnnotationAuthors, ocispec.AnnotationURL, ocispec.AnnotationDocumentation, ocispec.AnnotationSource,
	ocispec.AnnotationVersion, ocispec.AnnotationRevision, ocispec.AnnotationVendor, ocispec.AnnotationLicenses, ocispec.AnnotationRefName,
	ocispec.AnnotationTitle, ocispec.AnnotationDescription, ocispec.AnnotationBaseImageDigest, ocispec.AnnotationBaseImageName,
}

// AnnotationKeys are the keys that people write most.
func AnnotationKeys() []string { return slices.Clone(predefined) }

// Set adds an annotation. Errors say what is wrong with it.
func (a Annotations) Set(key, value string) error {
	size := len(key) + len(value)
	for k, v := range a {
		size += len(k) + len(v)
	}
	_, twice := a[key]
	switch {
	case key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("the key %q must be of printable ASCII without spaces, as in %s", key, ocispec.AnnotationSource)
	case strings.HasPrefix(key, "dev.sidecall."):
		return fmt.Errorf("%s is for sidecall itself to set", key)
	case strings.HasPrefix(key, "org.opencontainers.") && !slices.Contains(predefined, key):
		return fmt.Errorf("%s is none of the keys that the OCI image specification defines", key)
	case twice:
		return fmt.Errorf("%s is there twice", key)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return fmt.Errorf("the value of %s has characters that are no text", key)
	case size > MaxAnnotations:
		return fmt.Errorf("the annotations have more than %d bytes", MaxAnnotations)
	}
	if key == ocispec.AnnotationCreated {
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return fmt.Errorf("%s is a time of RFC 3339, as in 2026-01-31T12:00:00Z, not %q", key, value)
		}
	}
	a[key] = value
	return nil
}

// Annotate makes of an image of the store one with more annotations, or others of the same
// keys. It is another image, with another digest; the same annotations make the same one.
func (s *Store) Annotate(ref string, desc ocispec.Descriptor, a Annotations) (ocispec.Descriptor, error) {
	if len(a) == 0 {
		return desc, nil
	}
	data, err := s.read(desc, MaxManifestSize)
	if err != nil {
		return desc, &Error{Ref: ref, Msg: "the image cannot be read from the local store", Err: err}
	}
	var m ocispec.Manifest
	if err := DecodeJSON(data, &m); err != nil {
		return desc, &Error{Ref: ref, Msg: "the image's manifest is not usable", Err: err}
	}
	if m.Annotations == nil {
		m.Annotations = map[string]string{}
	}
	maps.Copy(m.Annotations, a)
	return s.addManifest(m)
}
