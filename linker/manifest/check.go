package manifest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
	"go.yaml.in/yaml/v4"
)

// value is a part of a manifest that has the shape asked for, variables put in.
type value struct {
	pos     diag.Pos
	text    string // of a scalar
	yes     bool   // of a boolean
	varied  bool   // of a scalar: variables were put in
	entries []entry
	items   []*value
}

// entry is one key of a map with its value.
type entry struct {
	key string
	pos diag.Pos
	*value
}

// get returns the value of a key, nil if it is not there.
func (v *value) get(key string) *value {
	if v == nil {
		return nil
	}
	for _, e := range v.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// checker compares a YAML tree with the shapes and collects every difference.
type checker struct {
	file      string
	dir       string // what paths are relative to, but for components' files
	fileDir   string // what those are relative to
	artifact  bool   // see Options
	lookup    func(string) (string, bool)
	unsetHint func(string) string
	diags     diag.List
	nodes     int
	expanded  int
	stopped   bool
}

func (c *checker) pos(n *yaml.Node) diag.Pos {
	return diag.Pos{File: c.file, Line: n.Line, Column: n.Column}
}

func (c *checker) errorf(p diag.Pos, hint, format string, args ...any) {
	c.diags.Add(diag.Diagnostic{Stage: diag.Manifest, Pos: p, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// stop reports a limit, once; nothing after it is looked at.
func (c *checker) stop(p diag.Pos, format string, args ...any) {
	if !c.stopped {
		c.errorf(p, "", format, args...)
	}
	c.stopped = true
}

// check returns n as a value of shape s, or nil after reporting what is wrong with
// it. path is the way to it, for messages. The parts of a map or list that have
// the right shape are kept even if others have not.
func (c *checker) check(n *yaml.Node, s *shape, path string, depth int) *value {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if c.nodes++; c.nodes > MaxNodes {
		c.stop(c.pos(n), "the manifest has more than %d values, aliases counted as often as they are used", MaxNodes)
	} else if depth > MaxDepth { // an alias may stand inside its own anchor
		c.stop(c.pos(n), "the manifest is nested more than %d deep", MaxDepth)
	}
	if c.stopped {
		return nil
	}
	switch s.form {
	case object, mapping:
		if n.Kind == yaml.MappingNode {
			return c.checkMap(n, s, path, depth)
		}
	case list:
		if n.Kind == yaml.SequenceNode {
			return c.checkList(n, s, path, depth)
		}
	case choiceOf:
		for _, a := range s.alts {
			if a.nodeKind() == n.Kind && !isNull(n) {
				c.nodes--
				return c.check(n, a, path, depth)
			}
		}
	default:
		if n.Kind == yaml.ScalarNode && !isNull(n) {
			return c.checkScalar(n, s, path)
		}
	}
	c.errorf(c.pos(n), "", "%s must be %s, not %s", path, s.words(), nodeWords(n))
	return nil
}

func (c *checker) checkMap(n *yaml.Node, s *shape, path string, depth int) *value {
	v := &value{pos: c.pos(n)}
	first := map[string]diag.Pos{}
	for i := 0; i+1 < len(n.Content) && !c.stopped; i += 2 {
		kn, vn := n.Content[i], n.Content[i+1]
		key, ok := c.key(kn, path)
		if !ok {
			continue
		}
		if at, twice := first[key]; twice {
			c.errorf(c.pos(kn), "", "%s has %q twice; the first is in line %d", path, key, at.Line)
			continue
		}
		first[key] = c.pos(kn)
		elem := s.elem
		if s.form == object {
			var meant string
			if elem, meant = c.field(kn, s, path, key); elem == nil {
				first[meant] = c.pos(kn) // to say that it is missing would be to say it twice
				continue
			}
		} else if msg := s.keys.mismatch(key); msg != "" {
			c.errorf(c.pos(kn), "", "%q in %s %s", key, path, msg)
			continue
		}
		if e := c.check(vn, elem, join(path, key), depth+1); e != nil {
			v.entries = append(v.entries, entry{key, c.pos(kn), e})
		}
	}
	c.missing(n, s, path, first)
	return v
}

// key reads a key: a plain or quoted string.
func (c *checker) key(n *yaml.Node, path string) (string, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if c.nodes++; n.Kind == yaml.ScalarNode && n.ShortTag() != "!!merge" {
		return n.Value, true
	}
	if n.Kind == yaml.ScalarNode {
		c.errorf(c.pos(n), "", "%s uses a YAML merge key (<<), which manifests do not have", path)
	} else {
		c.errorf(c.pos(n), "", "a key of %s is %s; keys are strings", path, nodeWords(n))
	}
	return "", false
}

// field finds the shape of an object's key; it is nil after reporting that there is
// none, and then meant is the key that was probably meant.
func (c *checker) field(kn *yaml.Node, s *shape, path, key string) (elem *shape, meant string) {
	names := make([]string, 0, len(s.fields))
	for _, f := range s.fields {
		if f.name == key {
			if f.later {
				c.errorf(c.pos(kn), "", "%s is not supported yet", join(path, key))
				return nil, ""
			}
			return f.shape, ""
		}
		if !f.later {
			names = append(names, f.name)
		}
	}
	hint := "known keys: " + strings.Join(names, ", ")
	meant, ok := diag.Similar(key, names)
	if ok {
		hint = "did you mean " + meant + "?"
	}
	c.errorf(c.pos(kn), hint, "%s has no key %q", path, clip(key))
	return nil, meant
}

func (c *checker) missing(n *yaml.Node, s *shape, path string, have map[string]diag.Pos) {
	for _, f := range s.fields {
		if _, ok := have[f.name]; f.required && !ok {
			hint := f.name + ": …"
			if f.text.only != "" {
				hint = f.name + ": " + f.text.only
			}
			c.errorf(c.pos(n), hint, "%s has no %s", path, f.name)
		}
	}
	var given []string
	for _, name := range s.oneOf {
		if _, ok := have[name]; ok {
			given = append(given, name)
		}
	}
	switch {
	case len(s.oneOf) > 0 && len(given) == 0:
		c.errorf(c.pos(n), s.oneOf[0]+": …", "%s has no %s", path, strings.Join(s.oneOf, " and no "))
	case len(given) > 1:
		c.errorf(have[given[1]], "", "%s has %s; one of them is enough", path, strings.Join(given, " and "))
	}
	if s.min > len(n.Content)/2 {
		c.errorf(c.pos(n), "", "%s is empty", path)
	}
}

func (c *checker) checkList(n *yaml.Node, s *shape, path string, depth int) *value {
	v := &value{pos: c.pos(n)}
	if len(n.Content) < s.min {
		c.errorf(c.pos(n), "", "%s is empty", path)
		return nil
	}
	for i, item := range n.Content {
		if e := c.check(item, s.elem, fmt.Sprintf("%s[%d]", path, i), depth+1); e != nil {
			v.items = append(v.items, e)
		}
	}
	return v
}

func (c *checker) checkScalar(n *yaml.Node, s *shape, path string) *value {
	v := &value{pos: c.pos(n)}
	switch tag := n.ShortTag(); {
	case s.form == boolean && tag == "!!bool":
		v.yes = n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
		return v
	case s.form == boolean:
		c.errorf(v.pos, "write true or false", "%s must be true or false, not %q", path, clip(n.Value))
		return nil
	case tag == "!!str", s.form == scalar && (tag == "!!int" || tag == "!!float" || tag == "!!bool" || tag == "!!timestamp"):
	case strings.HasPrefix(tag, "!!") && tag != "!!null" && s.text.mismatch(n.Value) != "":
		// Quotes alone would not make it right.
		c.mismatch(v.pos, s, path, n.Value)
		return nil
	case strings.HasPrefix(tag, "!!"):
		c.errorf(v.pos, fmt.Sprintf("write it in quotes: %q", clip(n.Value)), "%s must be %s, not %s", path, s.words(), nodeWords(n))
		return nil
	default:
		c.errorf(v.pos, "", "%s has the YAML tag %q, which manifests do not have", path, clip(tag))
		return nil
	}
	var err error
	if v.text, err = interpolate(n.Value, c.lookup, 0); err != nil {
		c.variableError(v.pos, path, err)
		return nil
	}
	v.varied = strings.Contains(n.Value, "${")
	if c.expanded += len(v.text); v.text != n.Value && c.expanded > maxTotal {
		c.stop(v.pos, "the manifest is longer than %d bytes with its variables", maxTotal)
		return nil
	}
	if s.text.mismatch(v.text) != "" {
		c.mismatch(v.pos, s, path, v.text)
		return nil
	}
	return v
}

// mismatch reports text that its shape does not allow.
func (c *checker) mismatch(p diag.Pos, s *shape, path, text string) {
	hint := ""
	if s.text.only != "" {
		hint = "write " + s.text.only
	}
	c.errorf(p, hint, "%s: %q %s", path, clip(text), s.text.mismatch(text))
}

// maxTotal bounds all values of a manifest together, in bytes, if variables are put in.
const maxTotal = 16 << 20

func (c *checker) variableError(p diag.Pos, path string, err error) {
	var ve *varError
	hint := ""
	switch {
	case !errors.As(err, &ve):
	case c.unsetHint != nil && ve.unset != "":
		hint = c.unsetHint(ve.unset)
	case ve.hint != "":
		hint = "write " + ve.hint
	}
	c.errorf(p, hint, "%s: %v", path, err)
}
