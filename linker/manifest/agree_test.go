package manifest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/linker/manifest"
	"go.yaml.in/yaml/v4"
)

// remarkable are scalars as YAML, of every kind that keys take, and such that are close.
var remarkable = strings.Split(`a app '' ' ' 1 0 -1 +1 1.5 1e3 0x10 0o17 010 1_000 true yes ~ .nan .inf 1:30 2001-01-01 '1' '0' '01'
16Ki 1Gi 1gi '1 Ki' 10MB 999999999Gi 9999999999999999 99999999999999999999 1s 1.5h .5s 1. 0s -1s 1m30s 1000000h 0.0000000001s
':80' ':080' ':99999' '[::1]:80' '[::1]' localhost:80 example.com:1 '*:80' /x '/é' / /x/ //x x/y '/x y' '/x?y' '/x#y' '/%41' /../x
host tcp udp TCP '*' 1-2 2-1 1-1 80-65535 '65536' 70000 00080 '1-' 10.0.0.0/8 10.0.0.1/8 '::/0' 10.0.0.0/33 10.0.0 0x7f.1 010.0.0.1 fe80::1%eth0
example.com '*.example.com' '*.' '*.*' 'example.com.' EXAMPLE.com é.com a_b.c '[::1]' http://a https://a:1/ http://a/b HTTP://a 'http://a b'
http://a:0 http://a:65536 http://a: http:// http://* http://*:* http://*.a:* http://user@a http://[::1]:1 http://[::1 http://1.2.3.4.5 h2c://a
ftp://a per-request pool singleton per-Request Pool json text off none all debug é a- a--b -a 1a A a.b a-1 a--1 'A=1' '=1' 'A=' 'A' "'a\0b'" "a\nb" "a\tb"
'${X}' '${X:-1}' '${}' '$' '$$' '${X' '$X' ghcr.io/acme/app:1 acme/app Acme/app:1 ghcr.io/acme/app@sha256:0 localhost:5000/a:b
test:demo/a test:demo/a@1.0.0 test:demo/a@01.0.0 [] {} [a] [app] [1] [~] [[]] [a,a] {a: b} {A: 1} {'A=B': 1} {'': 1} {a: ~} {app: a}`, " ")

// sample writes values as a JSON Schema describes them, and at times others.
type sample struct{ *rand.Rand }

func (s sample) scalar() string {
	v := strings.Fields(strings.Join(remarkable, " "))
	return v[s.IntN(len(v))]
}

func (s sample) write(schema map[string]any, depth int) string {
	if depth > 8 || s.IntN(25) == 0 {
		return s.scalar()
	}
	for _, kind := range []string{"anyOf", "oneOf"} {
		// Alternatives of keys that are required say nothing of a value.
		if list, _ := schema[kind].([]any); len(list) > 0 && schema["properties"] == nil {
			return s.write(list[s.IntN(len(list))].(map[string]any), depth+1)
		}
	}
	if c, ok := schema["const"]; ok {
		return fmt.Sprintf("'%v'", c)
	}
	if list, _ := schema["enum"].([]any); len(list) > 0 {
		return fmt.Sprintf("'%v'", list[s.IntN(len(list))])
	}
	switch schema["type"] {
	case "object":
		return s.object(schema, depth)
	case "array":
		var items []string
		item, _ := schema["items"].(map[string]any)
		for range s.IntN(3) {
			items = append(items, s.write(item, depth+1))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return s.scalar()
}

func (s sample) object(schema map[string]any, depth int) string {
	required, _ := schema["required"].([]any)
	properties, _ := schema["properties"].(map[string]any)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(key)) && s.IntN(20) > 0 || s.IntN(5) == 0 {
			parts = append(parts, key+": "+s.write(properties[key].(map[string]any), depth+1))
		}
	}
	if more, ok := schema["additionalProperties"].(map[string]any); ok {
		for range s.IntN(3) {
			parts = append(parts, []string{"app", "A", "x", s.scalar()}[s.IntN(4)]+": "+s.write(more, depth+1))
		}
	}
	if s.IntN(40) == 0 {
		parts = append(parts, "unknown: 1")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// document is a manifest, mostly one that is right but for a few of its keys.
func (s sample) document(schema map[string]any) string {
	if s.IntN(4) == 0 {
		return s.write(schema, 0)
	}
	properties := schema["properties"].(map[string]any)
	component := properties["components"].(map[string]any)["additionalProperties"].(map[string]any)["properties"].(map[string]any)
	doc := head + "components: {app: {file: a"
	for range 1 + s.IntN(2) {
		keys := slices.Sorted(maps.Keys(component))
		if key := keys[s.IntN(len(keys))]; key != "file" && !strings.Contains(doc, ", "+key+":") {
			doc += ", " + key + ": " + s.write(component[key].(map[string]any), 2)
		}
	}
	doc += "}}\n"
	if s.IntN(2) == 0 {
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			if !strings.Contains("apiVersion kind metadata main components", key) && s.IntN(2) == 0 {
				doc += key + ": " + s.write(properties[key].(map[string]any), 1) + "\n"
			}
		}
	}
	return doc
}

// FuzzSchema: what the decoder accepts, the schema accepts too: an editor must not mark
// what is right. Where values are put in for variables, the decoder sees other text.
func FuzzSchema(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	validator := compileSchema(f)
	var schema map[string]any
	if err := json.Unmarshal(manifest.Schema(), &schema); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		source := sample{rand.New(rand.NewPCG(seed, 3))}.document(schema)
		var v any
		if yaml.Unmarshal([]byte(source), &v) != nil {
			return
		}
		m, diags := manifest.Decode([]byte(source), "m.yaml", manifest.Options{Lookup: func(string) (string, bool) { return "1", true }})
		if (m == nil) != diags.HasErrors() {
			t.Fatalf("manifest %v with %v", m, diags)
		}
		if m == nil || strings.Contains(source, "$") {
			return
		}
		if err := validator.Validate(plain(v)); err != nil {
			t.Errorf("%s\nis decoded, and the schema says: %v", source, err)
		}
	})
}

// plain replaces what YAML has and JSON has not: .inf and .nan, times, and keys that are
// no text.
func plain(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return 0.5
		}
	case time.Time:
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	case map[any]any:
		out := map[string]any{}
		for k, x := range v {
			out[fmt.Sprint(k)] = plain(x)
		}
		return out
	}
	return v
}
