package manifest_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/sidecall/sidecall/linker/manifest"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"
)

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(manifest.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("manifest.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const head = "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: {name: x}\nmain: app\n"

// TestSchemaAgrees checks that the schema and the decoder accept the same structure.
func TestSchemaAgrees(t *testing.T) {
	schema := compileSchema(t)
	for _, test := range []struct {
		name, source string
		ok           bool
	}{
		{"least", head + "components: {app: {file: a}}", true},
		{"no components", head + "components: {}", false},
		{"components missing", head, false},
		{"component empty", head + "components: {app: }", false},
		{"no file", head + "components: {app: {args: [a]}}", false},
		{"image", head + "components: {app: {image: ghcr.io/acme/app:1}}", true},
		{"file and image", head + "components: {app: {file: a, image: ghcr.io/acme/app:1}}", false},
		{"file empty", head + "components: {app: {file: ''}}", false},
		{"file a number", head + "components: {app: {file: 1}}", false},
		{"file a variable", head + "components: {app: {file: '${X:-a}'}}", true},
		{"name in capitals", head + "components: {app: {file: a}, App: {file: b}}", false},
		{"name reserved", head + "components: {app: {file: a}, host: {file: b}}", false},
		{"name ends in a hyphen", head + "components: {app: {file: a}, b-: {file: b}}", false},
		{"unknown key", head + "components: {app: {file: a, x: 1}}", false},
		{"unknown key at the top", head + "components: {app: {file: a}}\nx: 1", false},
		{"key of a later version", head + "components: {app: {file: a, configFrom: []}}", false},
		{"http", head + "components: {app: {file: a}}\nhttp: {listen: ':80'}", true},
		{"http empty", head + "components: {app: {file: a}}\nhttp: {}", true},
		{"http null", head + "components: {app: {file: a}}\nhttp:", false},
		{"http without port", head + "components: {app: {file: a}}\nhttp: {listen: localhost}", false},
		{"http everything", head + "components: {app: {file: a}}\nhttp: {listen: '[::1]:80', chain: [app], tls: {cert: a, key: b}, " +
			"health: {listen: ':81', liveness: /a, readiness: /b}, limits: {requests: 1, queue: 0, connections: '9', deadline: 0s, header: 64Ki, body: 16Mi}, " +
			"drain: {delay: 500ms, timeout: 1.5h}}", true},
		{"tls without key", head + "components: {app: {file: a}}\nhttp: {tls: {cert: a}}", false},
		{"health without address", head + "components: {app: {file: a}}\nhttp: {health: {liveness: /a}}", false},
		{"path without slash", head + "components: {app: {file: a}}\nhttp: {health: {listen: ':81', liveness: a}}", false},
		{"chain empty", head + "components: {app: {file: a}}\nhttp: {chain: []}", false},
		{"no requests at all", head + "components: {app: {file: a}}\nhttp: {limits: {requests: '0'}}", false},
		{"half a request", head + "components: {app: {file: a}}\nhttp: {limits: {requests: 1.5}}", false},
		{"time without unit", head + "components: {app: {file: a}}\nhttp: {limits: {deadline: 10}}", false},
		{"size in other units", head + "components: {app: {file: a}}\nhttp: {limits: {body: 10MB}}", false},
		{"size with variable", head + "components: {app: {file: a}}\nhttp: {limits: {body: '${X:-1Gi}'}}", true},
		{"policy", head + "components: {app: {file: a, instance: pool}}", true},
		{"policy unknown", head + "components: {app: {file: a, instance: pools}}", false},
		{"policy with more", head + "components: {app: {file: a, instance: {policy: pool, size: 4, maxInvocations: 100, idleTimeout: 1m}}}", true},
		{"more without policy", head + "components: {app: {file: a, instance: {size: 4}}}", false},
		{"args", head + "components: {app: {file: a, args: [a, 1, 1.5, true, '']}}", true},
		{"no args", head + "components: {app: {file: a, args: []}}", true},
		{"args null", head + "components: {app: {file: a, args: [~]}}", false},
		{"args nested", head + "components: {app: {file: a, args: [[a]]}}", false},
		{"args a string", head + "components: {app: {file: a, args: a}}", false},
		{"env map", head + "components: {app: {file: a, env: {A: 1, B: x, C: true}}}", true},
		{"env list", head + "components: {app: {file: a, env: ['A=1', B=]}}", true},
		{"env list without =", head + "components: {app: {file: a, env: [A]}}", false},
		{"env name empty", head + "components: {app: {file: a, env: {'': x}}}", false},
		{"env value a list", head + "components: {app: {file: a, env: {A: [x]}}}", false},
		{"files", head + "components: {app: {file: a, allow: {files: [{host: ., guest: /, readOnly: true}]}}}", true},
		{"files without guest", head + "components: {app: {file: a, allow: {files: [{host: .}]}}}", false},
		{"readOnly in words", head + "components: {app: {file: a, allow: {files: [{host: ., guest: /, readOnly: on}]}}}", false},
		{"allow something else", head + "components: {app: {file: a, allow: {network: []}}}", false},
		{"config", head + "components: {app: {file: a, config: {a.b: x, n: 1, yes: true}}}", true},
		{"config value a list", head + "components: {app: {file: a, config: {a: [x]}}}", false},
		{"config without a key", head + "components: {app: {file: a, config: {'': x}}}", false},
		{"outbound hosts", head + "components: {app: {file: a, allow: {outboundHosts: ['https://a.b', 'http://*.a:*', '${X:-http://x}']}}}", true},
		{"outbound host without scheme", head + "components: {app: {file: a, allow: {outboundHosts: [a.b]}}}", false},
		{"outbound host with path", head + "components: {app: {file: a, allow: {outboundHosts: ['https://a.b/c']}}}", false},
		{"sockets", head + "components: {app: {file: a, allow: {sockets: [{protocol: tcp, connect: a.b, ports: 80}, {protocol: udp, listen: 127.0.0.1, ports: '80-90'}]}}}", true},
		{"sockets of neither kind", head + "components: {app: {file: a, allow: {sockets: [{protocol: tcp, ports: 80}]}}}", false},
		{"sockets of both kinds", head + "components: {app: {file: a, allow: {sockets: [{protocol: tcp, ports: 80, connect: a.b, listen: '::1'}]}}}", false},
		{"sockets without ports", head + "components: {app: {file: a, allow: {sockets: [{protocol: tcp, connect: a.b}]}}}", false},
		{"sockets to listen by name", head + "components: {app: {file: a, allow: {sockets: [{protocol: tcp, listen: localhost, ports: 80}]}}}", false},
		{"sockets of another protocol", head + "components: {app: {file: a, allow: {sockets: [{protocol: icmp, connect: a.b, ports: '*'}]}}}", false},
		{"keyvalue", head + "components: {app: {file: a, allow: {keyvalue: [default, x y]}}}", true},
		{"keyvalue without name", head + "components: {app: {file: a, allow: {keyvalue: ['']}}}", false},
		{"imports", head + "components: {app: {file: a, imports: {'a:b/c': host, 'd:e': [b, host]}}, b: {file: b}}", true},
		{"imports empty chain", head + "components: {app: {file: a, imports: {'a:b/c': []}}}", false},
		{"imports a map", head + "components: {app: {file: a, imports: {'a:b/c': {from: b}}}}", false},
		{"imports no name", head + "components: {app: {file: a, imports: {'a:b/c': 'A B'}}}", false},
		{"another version", "apiVersion: v1\nkind: Composition\nmetadata: {name: x}\nmain: app\ncomponents: {app: {file: a}}", false},
		{"another kind", "apiVersion: sidecall.dev/v1alpha1\nkind: Pod\nmetadata: {name: x}\nmain: app\ncomponents: {app: {file: a}}", false},
		{"name missing", "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: {}\nmain: app\ncomponents: {app: {file: a}}", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var doc any
			if err := yaml.Load([]byte(test.source), &doc); err != nil {
				t.Fatal(err)
			}
			err := schema.Validate(doc)
			if (err == nil) != test.ok {
				t.Errorf("schema: %v, want acceptance %v", err, test.ok)
			}
			m, diags := manifest.Decode([]byte(test.source), "m.yaml", manifest.Options{})
			if (m != nil) != test.ok {
				t.Errorf("decoder: %v, want acceptance %v", diags, test.ok)
			}
		})
	}
}

// TestSchemaAcceptsWhatDecodes runs the archives of TestDecode through the schema.
func TestSchemaAcceptsWhatDecodes(t *testing.T) {
	schema := compileSchema(t)
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range archives {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := yaml.Load(ar.Files[0].Data, &doc); err != nil {
			continue // not YAML: nothing for a schema to say
		}
		m, _ := manifest.Decode(ar.Files[0].Data, "m.yaml", manifest.Options{Lookup: func(string) (string, bool) { return "b.wasm", true }})
		if err := schema.Validate(doc); m != nil && err != nil {
			t.Errorf("%s decodes, but the schema says %v", path, err)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ path, want string }{
		{dir + "/none.yaml", "none.yaml: error: no such manifest"},
		{dir, ": error: the directory has no sidecall.yaml or sidecall.yml\n  hint: name the manifest sidecall.yaml, or give its path"},
		{"/dev/null", "/dev/null: error: the manifest is not a regular file"},
	} {
		m, diags := manifest.Load(test.path, manifest.Options{})
		if err := diags.Err(); m != nil || err == nil || !bytes.Contains([]byte(err.Error()), []byte(test.want)) {
			t.Errorf("%s: got %v, want %s", test.path, err, test.want)
		}
	}
	m, diags := manifest.Load("../../examples/01-hello", manifest.Options{})
	if m == nil || m.Main != "app" {
		t.Errorf("example: %v", diags)
	}
}
