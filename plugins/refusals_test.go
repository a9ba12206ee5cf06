package plugins_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	yaml "go.yaml.in/yaml/v4"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// TestRefusalsSayWhatToWrite asks for what is not granted, adds to the manifest what is
// told to write, and asks again: it must not be refused then.
func TestRefusalsSayWhatToWrite(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"in/a": "a", "out/b": "b"} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const readIn = `allow: { files: [{ host: ./in, guest: /in, readOnly: true }] }`
	for _, tt := range []struct {
		name, grants, kind, write string
		ask                       func(e *plugintest.Env)
	}{
		{"origin", "", "http", `allow: { outboundHosts: ["http://127.0.0.1:1"] }`, request(0, "127.0.0.1:1")},
		{"origin at its scheme's port", "", "http", `allow: { outboundHosts: ["https://example.com"] }`, request(1, "EXAMPLE.com.:443")},
		{"origin by an IPv6 address", "", "http", `allow: { outboundHosts: ["http://[::1]:8080"] }`, request(0, "[::1]:8080")},
		{"a bucket", "", "keyvalue", `allow: { keyvalue: ["no: {such}"] }`, func(e *plugintest.Env) {
			e.Must("wasi:keyvalue/store@0.2.0-draft2", "open", value.String("no: {such}"))
		}},
		{"a value", "", "config", `config: { log.level: VALUE }`, func(e *plugintest.Env) {
			e.Ok("wasi:config/store@0.2.0-rc.1", "get", value.String("log.level"))
		}},
		{"environment", "", "environment", `env: { NAME: VALUE }`, func(e *plugintest.Env) {
			e.Must("wasi:cli/environment@0.2.12", "get-environment")
		}},
		{"directories", "", "files", `allow: { files: [{ host: ./data, guest: /data }] }`, func(e *plugintest.Env) {
			if err := os.MkdirAll(filepath.Join(dir, "data"), 0o777); err != nil {
				t.Fatal(err)
			}
			e.Must("wasi:filesystem/preopens@0.2.12", "get-directories")
		}},
		{"a change", readIn, "files", `allow: { files: [{ host: DIR/in, guest: "/in", readOnly: false }] }`, func(e *plugintest.Env) {
			e.Must("wasi:filesystem/types@0.2.12", "[method]descriptor.create-directory-at", directory(e, "/in"), value.String("new"))
		}},
		{"a socket", "", "sockets", `allow: { sockets: [{ protocol: tcp, connect: "192.0.2.1", ports: "*" }] }`, func(e *plugintest.Env) { socket(e) }},
		{"a connection", `allow: { sockets: [{ protocol: tcp, connect: 192.0.2.1, ports: 1 }] }`, "sockets", `allow: { sockets: [{ protocol: tcp, connect: "127.0.0.1", ports: "5432" }] }`,
			func(e *plugintest.Env) {
				e.Must("wasi:sockets/tcp@0.2.12", "[method]tcp-socket.start-connect", socket(e), network(e), address(5432))
			}},
		{"a port of ours", `allow: { sockets: [{ protocol: tcp, connect: 192.0.2.1, ports: 1 }] }`, "sockets", `allow: { sockets: [{ protocol: tcp, listen: "127.0.0.1", ports: "5432" }] }`,
			func(e *plugintest.Env) {
				e.Must("wasi:sockets/tcp@0.2.12", "[method]tcp-socket.start-bind", socket(e), network(e), address(5432))
			}},
		{"a name", "", "names", `allow: { sockets: [{ protocol: tcp, connect: db.invalid, ports: "*" }] }`, func(e *plugintest.Env) {
			e.Must("wasi:sockets/ip-name-lookup@0.2.12", "resolve-addresses", network(e), value.String("DB.invalid."))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := granted(t, dir, tt.grants)
			tt.ask(e)
			told := e.Told()
			want := "components: { app: { " + strings.ReplaceAll(tt.write, "DIR/in", host.Scalar(filepath.Join(dir, "in"))) + " } }"
			if len(told) != 1 || told[0].Kind != tt.kind || told[0].Write != want || told[0].Component != "app" {
				t.Fatalf("told %+v\nwant %s %s", told, tt.kind, want)
			}
			e = granted(t, dir, strings.TrimSuffix(strings.TrimPrefix(told[0].Write, "components: { app: { "), " } }"))
			tt.ask(e)
			if told := e.Told(); len(told) != 0 {
				t.Errorf("with that written it is refused still: %+v", told)
			}
		})
	}
}

// TestRelativeGrant: what is to be written means the same directory, wherever that is.
func TestRelativeGrant(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	e := granted(t, "", `allow: { files: [{ host: ./in, guest: /in, readOnly: true }] }`)
	e.Must("wasi:filesystem/types@0.2.12", "[method]descriptor.unlink-file-at", directory(e, "/in"), value.String("a"))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	e.TellsOnce("files", `components: { app: { allow: { files: [{ host: `+host.Scalar(filepath.Join(here, "in"))+`, guest: "/in", readOnly: false }] } } }`)
}

// TestPathsThatLeadOut tells of files beyond the granted directories.
func TestPathsThatLeadOut(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/etc/hosts":  `allow: { files: [{ host: "/etc", guest: "/etc", readOnly: true }] }`,
		"../out/b":    `allow: { files: [{ host: ` + host.Scalar(filepath.Join(dir, "out")) + `, guest: "/out", readOnly: true }] }`,
		"../../../..": `allow: { files: [{ host: ` + host.Scalar(filepath.Clean(filepath.Join(dir, "../../.."))) + `, guest: "/", readOnly: true }] }`,
	} {
		e := granted(t, dir, `allow: { files: [{ host: ./in, guest: /in }] }`)
		for range 2 {
			e.Must("wasi:filesystem/types@0.2.12", "[method]descriptor.stat-at", directory(e, "/in"), value.Flags(0), value.String(path))
		}
		if path == "../../../.." {
			continue // how deep the temporary directory is, is the system's affair
		}
		e.TellsOnce("files", "components: { app: { "+want+" } }")
	}
}

// granted is a component that has what a manifest grants it.
func granted(t *testing.T, dir, grants string) *plugintest.Env {
	t.Helper()
	base := "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: test }\nmain: app\ncomponents: { app: { file: app.wasm } }\n"
	var all, more map[string]any
	if err := yaml.Unmarshal([]byte(base), &all); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte("{ "+grants+" }"), &more); err != nil {
		t.Fatalf("%s: %v", grants, err)
	}
	maps.Copy(all["components"].(map[string]any)["app"].(map[string]any), more)
	text, err := yaml.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	m, problems := manifest.Decode(text, filepath.Join(dir, "sidecall.yaml"), manifest.Options{})
	if err := problems.Err(); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	c := m.Component("app")
	g := plan.Grants{Env: c.Env, Files: c.Files, Sockets: c.Sockets, OutboundHosts: c.OutboundHosts, Config: c.Config, Buckets: c.Buckets}
	set := plugins.New(plugins.Config{})
	t.Cleanup(func() { _ = set.Close() })
	return plugintest.Of(t, []plan.Component{{Name: "app", Grants: g}}, host.Stdio{}, set.Interfaces())
}

const types = "wasi:http/types@0.2.12"

// request sends a request; scheme is 0 for http, 1 for https.
func request(scheme int, authority string) func(*plugintest.Env) {
	return func(e *plugintest.Env) {
		r := e.Must(types, "[constructor]outgoing-request", e.Must(types, "[constructor]fields"))
		lent := plugintest.Lend(r)
		e.Ok(types, "[method]outgoing-request.set-scheme", lent, value.Some(value.Variant(scheme, nil)))
		e.Ok(types, "[method]outgoing-request.set-authority", lent, value.Some(value.String(authority)))
		f := e.Must("wasi:http/outgoing-handler@0.2.12", "handle", r, value.None())
		if p, ok := f.Payload(); ok && f.Case() == 0 {
			plugintest.Drop(p)
		}
	}
}

func directory(e *plugintest.Env, guest string) value.Value {
	dirs := e.Must("wasi:filesystem/preopens@0.2.12", "get-directories")
	for i := range dirs.Len() {
		if dirs.At(i).At(1).Str() == guest {
			return plugintest.Lend(dirs.At(i).At(0))
		}
	}
	panic("there is no " + guest)
}

func network(e *plugintest.Env) value.Value {
	return plugintest.Lend(e.Must("wasi:sockets/instance-network@0.2.12", "instance-network"))
}

func socket(e *plugintest.Env) value.Value {
	s := e.Must("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket", value.Enum(0))
	p, ok := s.Payload()
	if !ok || s.Case() != 0 {
		return value.Value{}
	}
	return plugintest.Lend(p)
}

// address is a port of 127.0.0.1.
func address(port uint16) value.Value {
	ip := value.Tuple(value.U8(127), value.U8(0), value.U8(0), value.U8(1))
	v := value.Record(value.U16(port), ip)
	return value.Variant(0, &v)
}
