package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host"
)

// TestRefusalOfImage: the manifest of an image is not the user's to change.
func TestRefusalOfImage(t *testing.T) {
	const allow = "components: { app: { allow: { keyvalue: [votes] } } }"
	for asking, want := range map[string]string{
		"":            `"write":"` + allow + `"`,
		"example/x:1": "\"write\":\"--allow, if `sidecall check example/x:1` lists it, or a manifest of your own for --manifest, with " + allow + `"`,
	} {
		var out bytes.Buffer
		a := newApp(nil, nil, &out)
		a.settings.LogAuto, a.asking = true, asking
		a.refused(host.Refusal{Component: "app", Kind: "keyvalue", Reason: "the bucket", Write: allow})
		if err := a.drainLog(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want %s", out.String(), want)
		}
	}
}
