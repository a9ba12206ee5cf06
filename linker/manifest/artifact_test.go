package manifest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker/manifest"
)

// artifact decodes a manifest as one that came in an image.
func artifact(components string) (*manifest.Manifest, string) {
	m, problems := manifest.Decode([]byte("apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents:\n"+components),
		filepath.Join("layers", "sidecall.yaml"), manifest.Options{Artifact: true, Dir: "here", Lookup: func(string) (string, bool) { return "app", true }})
	if m == nil {
		return nil, problems.Err().Error()
	}
	return m, ""
}

// TestArtifactFiles: a component of an image is a file of the image.
func TestArtifactFiles(t *testing.T) {
	for _, file := range []string{"app.wasm", "./app.wasm", "./_A-9.wasm"} {
		m, problem := artifact("  app: { file: '" + file + "' }")
		if problem != "" || m.Components[0].File != filepath.Join("layers", filepath.Base(file)) {
			t.Errorf("%s: %+v, %s", file, m, problem)
		}
	}
	for _, file := range []string{
		"/etc/shadow", "../../etc/hostname", "./../x.wasm", "sub/x.wasm", ".//x.wasm", "././x.wasm", "x.wasm/", "x", "x.wat", "sidecall.yaml",
		".wasm", "./.x.wasm", "-x.wasm", `..\x.wasm`, `C:\x.wasm`, "c:x.wasm", "x.wasm:stream", "/dev/stdin", "/proc/self/environ",
		"${X}.wasm", "./${X:-a}.wasm", "${X:-app.wasm}", "x.wasm\\n", "\u202emsaw.x", "é.wasm", "x .wasm", strings.Repeat("x", 201) + ".wasm",
	} {
		if m, problem := artifact("  app: { file: '" + file + "' }"); m != nil || !strings.Contains(problem, "is no file of the image") {
			t.Errorf("%q: %s", file, problem)
		}
	}
	if m, problem := artifact("  app: { image: localhost/x:1 }"); m != nil || !strings.Contains(problem, "names no other images") {
		t.Errorf("image: %s", problem)
	}
	m, problem := artifact("  app: { file: app.wasm, allow: { files: [{ host: ./in, guest: /in }] } }")
	if problem != "" || m.Components[0].Files[0].Host != filepath.Join("here", "in") {
		t.Errorf("a directory: %+v, %s", m, problem)
	}
}

// TestArtifactMain: what an image is does not depend on who runs it.
func TestArtifactMain(t *testing.T) {
	text := "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: \"${MAIN:-app}\"\ncomponents:\n  app: { file: app.wasm }\n"
	lookup := func(string) (string, bool) { return "app", true }
	if m, problems := manifest.Decode([]byte(text), "sidecall.yaml", manifest.Options{Lookup: lookup}); m == nil {
		t.Errorf("one's own: %v", problems.Err())
	}
	m, problems := manifest.Decode([]byte(text), "sidecall.yaml", manifest.Options{Artifact: true, Lookup: lookup})
	if m != nil || !strings.Contains(problems.Err().Error(), "main names a component by a variable") {
		t.Errorf("an image's: %+v, %v", m, problems)
	}
}
