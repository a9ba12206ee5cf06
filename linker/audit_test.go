package linker_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sidecall/sidecall/linker/audit"
)

var digest = regexp.MustCompile(`  sha256:[0-9a-f]{12}`)

// followsSchema checks that v as JSON is what the schema says.
func followsSchema(t *testing.T, v any) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(audit.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("audit.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("audit.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}
