package manifest

import (
	"encoding/json"
	"fmt"
)

// Schema returns the JSON Schema (2020-12) of a manifest, for editors. It accepts
// what the decoder's shapes accept, before variables are put in.
func Schema() []byte {
	s := root.schema()
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "https://sidecall.dev/v1alpha1/composition.schema.json"
	s["title"] = "Sidecall composition"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("the shapes of the manifest are not JSON: %v", err)) // maps, lists and strings only
	}
	return append(b, '\n')
}

func (s *shape) schema() map[string]any {
	m := map[string]any{}
	if s.doc != "" {
		m["description"] = s.doc
	}
	switch s.form {
	case object:
		s.objectSchema(m)
	case mapping:
		m["type"], m["additionalProperties"] = "object", s.elem.schema()
		names := map[string]any{}
		s.keys.schema(names, false)
		m["propertyNames"] = names
		if s.min > 0 {
			m["minProperties"] = s.min
		}
	case list:
		m["type"], m["items"] = "array", s.elem.schema()
		if s.min > 0 {
			m["minItems"] = s.min
		}
	case str:
		m["type"] = "string"
		s.text.schema(m, true)
	case scalar:
		m["type"] = []string{"string", "number", "boolean"}
		if s.text.re != nil {
			m["type"] = []string{"string", "integer"} // what every text restricted so far is
			s.text.schema(m, true)
		}
	case boolean:
		m["type"] = "boolean"
	case choiceOf:
		alts := make([]any, len(s.alts))
		for i, a := range s.alts {
			alts[i] = a.schema()
		}
		m["anyOf"] = alts
	}
	return m
}

func (s *shape) objectSchema(m map[string]any) {
	props, required := map[string]any{}, []string{}
	for _, f := range s.fields {
		if f.later {
			continue
		}
		props[f.name] = f.schema()
		if f.required {
			required = append(required, f.name)
		}
	}
	m["type"], m["properties"], m["additionalProperties"] = "object", props, false
	if len(s.oneOf) > 0 {
		alts := make([]any, len(s.oneOf))
		for i, name := range s.oneOf {
			alts[i] = map[string]any{"required": []string{name}}
		}
		m["oneOf"] = alts
	}
	if len(required) > 0 {
		m["required"] = required
	}
}

// schema adds the restriction to m. Values may hold variables, whose text an
// editor cannot know: a string with "$" passes.
func (t text) schema(m map[string]any, variables bool) {
	if t.only != "" {
		m["const"] = t.only
		return
	}
	if t.re != nil {
		m["pattern"] = t.re.String()
		if variables {
			m["pattern"] = "(?:" + t.re.String() + `)|\$`
		}
	}
	if len(t.not) > 0 {
		m["not"] = map[string]any{"enum": t.not}
	}
}
