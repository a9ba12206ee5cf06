//go:build linux

package shim

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestAgree: the layers that run are those of which the configuration speaks.
func TestAgree(t *testing.T) {
	a, b := digest.FromString("a"), digest.FromString("b")
	layers := func(all ...digest.Digest) (out []ocispec.Descriptor) {
		for _, d := range all {
			out = append(out, ocispec.Descriptor{Digest: d})
		}
		return out
	}
	names := func(all ...string) string { return `{"layerDigests": ["` + strings.Join(all, `", "`) + `"]}` }
	for _, tc := range []struct {
		config string
		layers []ocispec.Descriptor
		want   string
	}{
		{names(a.String(), b.String()), layers(a, b), ""},
		{names(a.String()), layers(b), "other layers than its configuration names"},
		{names(a.String(), b.String()), layers(b, a), "other layers"},
		{names(a.String(), b.String()), layers(a), "other layers"},
		{names(a.String()), nil, "other layers"},
		{`{}`, layers(b), ""},
		{`{"layerDigests": []}`, layers(b), ""},
		{`not JSON`, layers(b), "image orders:1: its configuration is not JSON"},
	} {
		err := agree("orders:1", []byte(tc.config), tc.layers)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.config, err, tc.want)
		}
	}
}
