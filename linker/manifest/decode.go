package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/sidecall/sidecall/linker/diag"
	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Decode reads a manifest from the bytes of file, whose name is for messages and
// for what is relative to it. The Manifest is nil if the list has errors.
func Decode(data []byte, file string, opt Options) (*Manifest, diag.List) {
	c := &checker{file: file, artifact: opt.Artifact, lookup: opt.Lookup, unsetHint: opt.UnsetHint}
	c.dir, c.fileDir = cmp.Or(opt.Dir, filepath.Dir(file)), cmp.Or(opt.Files, filepath.Dir(file))
	if c.lookup == nil {
		c.lookup = func(string) (string, bool) { return "", false }
	}
	doc := c.parse(data)
	if doc == nil {
		return nil, c.diags
	}
	v := c.check(doc, root, top, 0)
	b := builder{checker: c}
	m := b.manifest(v)
	if c.diags.HasErrors() {
		c.diags.Sort()
		return nil, c.diags
	}
	return m, c.diags
}

// parse returns the root of the one document, nil after reporting why there is none.
func (c *checker) parse(data []byte) *yaml.Node {
	whole := diag.Pos{File: c.file}
	if len(data) > MaxSize {
		c.errorf(whole, "", "a manifest is at most %d bytes long, this file has %d", MaxSize, len(data))
		return nil
	}
	if bytes.HasPrefix(data, []byte("\x00asm")) {
		c.errorf(whole, "to run a component without a manifest: sidecall run "+c.file, "this is WebAssembly, not a manifest")
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth))))
	if err != nil {
		c.errorf(whole, "", "reading YAML: %v", err)
		return nil
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF) || err == nil && (len(doc.Content) == 0 || isNull(doc.Content[0])):
		c.errorf(whole, "apiVersion: "+APIVersion+"\nkind: "+Kind, "the manifest is empty")
		return nil
	case err != nil:
		c.yamlError(data, err)
		return nil
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
		return doc.Content[0]
	case err != nil:
		c.yamlError(data, err)
	default:
		c.errorf(c.pos(&second), "", "a manifest is one YAML document; here a second one starts")
	}
	return nil
}

// yamlError reports text that is not YAML.
func (c *checker) yamlError(data []byte, err error) {
	p := diag.Pos{File: c.file}
	msg, hint := err.Error(), ""
	var le *yaml.LoadError
	if errors.As(err, &le) {
		p.Line, p.Column = le.Mark.Line, le.Mark.Column
		msg = le.Message
		if le.ContextMsg != "" {
			msg = fmt.Sprintf("%s (%s, line %d)", msg, le.ContextMsg, le.ContextMark.Line)
		}
		if lines := bytes.Split(data, []byte("\n")); p.Line > 0 && p.Line <= len(lines) && bytes.HasPrefix(bytes.TrimLeft(lines[p.Line-1], " "), []byte("\t")) {
			hint = "YAML is indented by spaces; here is a tab"
		}
	}
	c.errorf(p, hint, "not YAML: %s", msg)
}
