package manifest

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// mismatch says in words why s does not fit, empty if it does.
func (t text) mismatch(s string) string {
	if t.only != "" && s != t.only {
		return "is not known"
	}
	if t.re != nil && !t.re.MatchString(s) {
		return "must be " + t.is
	}
	for _, w := range t.not {
		if s == w {
			return "is a reserved name"
		}
	}
	return ""
}

func join(path, key string) string {
	if path == top {
		return key
	}
	return path + "." + key
}

// top is the path of the whole manifest.
const top = "the manifest"

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// nodeKind is the YAML form that an alternative of a choice has.
func (s *shape) nodeKind() yaml.Kind {
	switch s.form {
	case object, mapping:
		return yaml.MappingNode
	case list:
		return yaml.SequenceNode
	}
	return yaml.ScalarNode
}

// words says what a shape asks for.
func (s *shape) words() string {
	switch s.form {
	case object, mapping:
		return "a map"
	case list:
		return "a list"
	case str:
		return "a string"
	case scalar:
		return "a string or number"
	case boolean:
		return "true or false"
	}
	parts := make([]string, len(s.alts))
	for i, a := range s.alts {
		parts[i] = a.words()
	}
	return strings.Join(parts, " or ")
}

// nodeWords says what stands there instead.
func nodeWords(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a boolean"
	case "!!timestamp":
		return "a date"
	}
	return "a string"
}
