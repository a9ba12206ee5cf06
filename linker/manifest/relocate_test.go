package manifest_test

import (
	"testing"

	"github.com/sidecall/sidecall/linker/manifest"
)

func TestRelocate(t *testing.T) {
	const source = `# what this is
apiVersion: sidecall.dev/v1alpha1
kind: Composition
metadata: {name: x}
main: app
components:
  app: &same
    file: ../target/${PROFILE:-release}/app.wasm # built by make
    env: {LEVEL: "${LEVEL:-1}"}
  log: *same
  auth: {image: "ghcr.io/acme/auth:2"}
`
	const want = `# what this is
apiVersion: sidecall.dev/v1alpha1
kind: Composition
metadata: {name: x}
main: app
components:
  app: &same
    file: app.wasm
    env: {LEVEL: "${LEVEL:-1}"}
  log:
    file: log.wasm
    env: {LEVEL: "${LEVEL:-1}"}
  auth: {file: auth.wasm}
`
	got, err := manifest.Relocate([]byte(source), map[string]string{"app": "app.wasm", "log": "log.wasm", "auth": "auth.wasm"})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m, problems := manifest.Decode(got, "dir/sidecall.yaml", manifest.Options{})
	if problems.HasErrors() || m.Component("log").File != "dir/log.wasm" || m.Component("auth").Image != "" {
		t.Errorf("%+v, %v", m, problems)
	}
	for _, bad := range []string{"", "a: [", "a: 1\n---\nb: 2", "a: 1"} {
		if _, err := manifest.Relocate([]byte(bad), nil); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func FuzzRelocate(f *testing.F) {
	f.Add([]byte("components: {app: {file: a}}"))
	f.Add([]byte("components: &a\n  app: *a"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = manifest.Relocate(data, map[string]string{"app": "app.wasm"})
	})
}
