package manifest

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Relocate rewrites where a manifest's components are: each in files gets the key
// file with that value, instead of the one it has. Nothing else changes, variables
// and comments least of all, but for the layout of the text. The manifest must be
// one that Decode accepts.
func Relocate(data []byte, files map[string]string) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("reading the manifest again: %w", err)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("the manifest has %d documents, not one", len(doc.Content))
	}
	components := child(doc.Content[0], "components")
	if components == nil {
		return nil, fmt.Errorf("the manifest has no components")
	}
	for i := 0; i+1 < len(components.Content); i += 2 {
		name, at := components.Content[i], components.Content[i+1]
		file, ok := files[name.Value]
		if !ok {
			continue
		}
		if at.Kind == yaml.AliasNode { // two components by one anchor: they part here
			own := *at.Alias
			own.Anchor = ""
			own.Content = append([]*yaml.Node(nil), own.Content...)
			at = &own
			components.Content[i+1] = at
		}
		relocate(at, file)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	return out.Bytes(), nil
}

// relocate replaces a component's file or image.
func relocate(component *yaml.Node, file string) {
	value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: file}
	for i := 0; i+1 < len(component.Content); i += 2 {
		if key := component.Content[i].Value; key == "file" || key == "image" {
			k := *component.Content[i]
			k.Value = "file"
			component.Content[i], component.Content[i+1] = &k, value
			return
		}
	}
}

// child is the value of a key of a map.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if v := n.Content[i+1]; v.Kind == yaml.AliasNode {
				return v.Alias
			}
			return n.Content[i+1]
		}
	}
	return nil
}
