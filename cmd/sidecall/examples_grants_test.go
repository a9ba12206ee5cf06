package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGrantsOfExamples checks what is said of compositions of the examples' components
// whose grants are missing, misplaced or useless.
func TestGrantsOfExamples(t *testing.T) {
	const head = "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents:\n"
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, components, want string }{
		{"missing", `
  app: { file: 05-config-keyvalue/app.wasm }
  tally: { file: 05-config-keyvalue/tally.wasm }
`, `
7: note: app imports wasi:filesystem/preopens, but has no allow.files: it sees no files
7: note: app and tally import wasi:keyvalue/store, but have no allow.keyvalue: they can open no bucket
7: note: app imports wasi:config/store, but has no config: it finds no values
`},
		{"behind a chain", `
  app: { file: 04-outgoing/app.wasm, allow: { files: [{ host: ., guest: / }], outboundHosts: [ "http://a" ] } }
  pages:
    file: 04-outgoing/pages.wasm
    imports: { "wasi:http/outgoing-handler": [http-log, host] }
    allow: { outboundHosts: [ "http://a" ], sockets: [{ protocol: tcp, connect: a, ports: 80 }] }
  http-log: { file: 04-outgoing/http-log.wasm, config: { level: info } }
`, `
7: warning: components.app.allow.outboundHosts has no effect: app does not import wasi:http/outgoing-handler
11: warning: components.pages.allow.sockets has no effect: pages does not import wasi:sockets/network
12: warning: components.http-log.config has no effect: http-log does not import wasi:config/store
`},
		{"before a chain", `
  app: { file: 04-outgoing/app.wasm, allow: { files: [{ host: ., guest: / }] } }
  pages:
    file: 04-outgoing/pages.wasm
    imports: { "wasi:http/outgoing-handler": [http-log, host] }
  http-log: { file: 04-outgoing/http-log.wasm, allow: { outboundHosts: [ "http://a" ] } }
`, `
8: note: pages imports wasi:http/outgoing-handler, but has no allow.outboundHosts: its requests are refused
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.ReplaceAll(head+test.components, "file: 0", "file: "+filepath.ToSlash(examples)+"/0")
			if err := os.WriteFile(filepath.Join(dir, "sidecall.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sidecall", "check", ".")
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var got strings.Builder
			for line := range strings.Lines(string(out)) {
				if rest, ok := strings.CutPrefix(line, "sidecall.yaml:"); ok {
					got.WriteString(rest)
				}
			}
			// Columns behind a path depend on where the repository is.
			if columns(got.String()) != strings.TrimPrefix(test.want, "\n") {
				t.Errorf("got:\n%s\nwant:%s", got.String(), test.want)
			}
		})
	}
}

// columns leaves the columns out of positions.
func columns(s string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		at, rest, ok := strings.Cut(line, ": ")
		row, _, _ := strings.Cut(at, ":")
		if ok {
			out.WriteString(row + ": " + rest)
		}
	}
	return out.String()
}
