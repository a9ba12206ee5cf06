package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
)

// inspectedImage names an image.
type inspectedImage struct {
	// Reference is what was asked for, Image the part of it that all versions share.
	Reference string `json:"reference,omitempty"`
	Image     string `json:"image,omitempty"`
	// Digest is that of the image's manifest.
	Digest digest.Digest `json:"digest,omitempty"`
}

// inspectedComposition is what inspect tells of a composition's image.
type inspectedComposition struct {
	inspectedImage
	Composition string        `json:"composition"`
	Main        string        `json:"main"`
	Components  []*inspection `json:"components"`
}

// inspected is an inspection, or an inspectedComposition.
type inspected interface{ text() string }

// inspect looks into a file, or an image in a registry, the store or a file.
func (a *app) inspect(name string) (inspected, error) {
	t := &target{path: name}
	if info, err := os.Stat(name); err != nil || !info.IsDir() || store.IsLayout(name) {
		if err := a.localize(t); err != nil {
			return nil, err
		}
	}
	if t.ref == "" {
		return inspectFile(name)
	}
	image := inspectedImage{Reference: t.ref, Digest: t.digest}
	if ref, err := store.ParseRef(t.ref); err == nil {
		image.Image = ref.Registry + "/" + ref.Repository
	}
	if t.isComponent() {
		found, err := inspectFile(t.path)
		if err != nil {
			return nil, err
		}
		found.inspectedImage, found.File = image, ""
		return found, nil
	}
	// Variables stand for nothing here: what is shown does not depend on them.
	m, problems := manifest.Load(t.path, manifest.Options{Artifact: true, Lookup: func(string) (string, bool) { return "", true }})
	if m == nil {
		return nil, &diag.Failure{List: problems.Errors()}
	}
	out := &inspectedComposition{inspectedImage: image, Composition: m.Name, Main: m.Main, Components: []*inspection{}}
	for i := range m.Components {
		c := &m.Components[i]
		if c.File == "" {
			return nil, &linker.FileError{Path: t.ref, Msg: "the component " + c.Name + " is not in the image"}
		}
		found, err := inspectFile(c.File)
		if err != nil {
			return nil, fmt.Errorf("component %s: %w", c.Name, err)
		}
		found.Component, found.File = c.Name, ""
		out.Components = append(out.Components, found)
	}
	return out, nil
}

func (c *inspectedComposition) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: composition %s, %s, main %s\n", c.Reference, c.Composition, c.Digest, c.Main)
	for _, found := range c.Components {
		b.WriteString("\n" + found.text())
	}
	return b.String()
}
