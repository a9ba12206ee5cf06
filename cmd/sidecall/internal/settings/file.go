package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v4"

	"github.com/sidecall/sidecall/linker/diag"
)

// configFile is what a configuration file says, and where.
type configFile struct {
	values    map[string]any
	positions map[string]diag.Pos
}

// maxConfigSize bounds what is read: a configuration has ten short lines.
const maxConfigSize = 1 << 20

// readFile reads the configuration. A file that nobody asked for need not exist.
func readFile(path string, asked bool) (configFile, diag.List) {
	out := configFile{values: map[string]any{}, positions: map[string]diag.Pos{}}
	if path == "" {
		return out, nil
	}
	data, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return out, nil
	}
	if err != nil {
		return out, diag.List{{Pos: diag.Pos{File: path}, Message: "cannot read the configuration: " + reason(err)}}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return out, diag.List{{Pos: diag.Pos{File: path}, Message: "not YAML: " + err.Error()}}
	}
	if len(doc.Content) == 0 {
		return out, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return out, diag.List{{Pos: at(path, root), Message: `must be settings, one on a line, as in "log-level: info"`}}
	}
	var problems diag.List
	for i := 0; i+1 < len(root.Content); i += 2 {
		out.entry(path, root.Content[i], root.Content[i+1], &problems)
	}
	return out, problems
}

func (c configFile) entry(path string, key, value *yaml.Node, problems *diag.List) {
	var names []string
	for _, s := range table() {
		names = append(names, s.name)
		if s.name != key.Value {
			continue
		}
		if value.Kind != yaml.ScalarNode {
			problems.Add(diag.Diagnostic{Pos: at(path, value), Message: s.name + ": must be a single value"})
			return
		}
		c.values[s.name], c.positions[s.name] = value.Value, at(path, value)
		return
	}
	d := diag.Diagnostic{Pos: at(path, key), Message: fmt.Sprintf("unknown setting %q", key.Value)}
	if near, ok := diag.Similar(key.Value, names); ok {
		d.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	problems.Add(d)
}

func at(path string, n *yaml.Node) diag.Pos {
	return diag.Pos{File: path, Line: n.Line, Column: n.Column}
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err == nil && len(data) > maxConfigSize {
		err = fmt.Errorf("it is larger than %d bytes", maxConfigSize)
	}
	return data, err
}

// reason leaves out what a message says already: the operation and the path.
func reason(err error) string {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
