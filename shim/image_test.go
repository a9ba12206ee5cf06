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
		err := (&found{text: []byte(tc.config), layers: tc.layers}).agree("orders:1")
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.config, err, tc.want)
		}
	}
}

func TestSpellings(t *testing.T) {
	const d = "@sha256:0"
	for ref, want := range map[string]string{
		"orders": "docker.io/library/orders:latest", "acme/orders:1": "docker.io/acme/orders:1", "ghcr.io/acme/orders": "ghcr.io/acme/orders:latest",
		"localhost/x:1": "localhost/x:1", "host:5000/x": "host:5000/x:latest", "host:5000/x:1": "host:5000/x:1", "ghcr.io/x:1" + d: "ghcr.io/x" + d, "ghcr.io/x" + d: "ghcr.io/x" + d,
	} {
		got := spellings(ref)
		if got[0] != ref || got[len(got)-1] != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
}
