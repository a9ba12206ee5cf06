//go:build linux

package kubernetes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

// composition is an ordinary image with a directory of an example, which sidecall push
// would refuse to make: change may take files away, or make others of them.
func composition(t *testing.T, dir string, change func(name string, data []byte) []byte) *testnode.Image {
	t.Helper()
	i := &testnode.Image{Config: ocispec.ImageConfig{Entrypoint: []string{"/sidecall", "run", "/app"}, User: "65532",
		Labels: map[string]string{"dev.sidecall.composition": "/app"}}}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	i.Files = append(i.Files, testnode.File{Name: "app/"}, testnode.File{Name: "sidecall", Data: []byte("never run")})
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".wasm") && f.Name() != "sidecall.yaml" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if data = change(f.Name(), data); data != nil {
			i.Files = append(i.Files, testnode.File{Name: "app/" + f.Name(), Mode: 0o644, Data: data})
		}
	}
	return i
}

// TestWrong shows that a pod's events say what is wrong with an image, as sidecall check
// would.
func TestWrong(t *testing.T) {
	n := newNamespace(t)
	busybox, err := testnode.Busybox()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, want string
		image      *testnode.Image
		pod        func(text string) string
	}{
		{"nothing", "but the image has no layer of WebAssembly, and sh is no WebAssembly", busybox,
			func(text string) string {
				return strings.Replace(text, "metadata: {", "metadata: {annotations: {sidecall.dev/runtime: wasm}, ", 1)
			}},
		{"annotation", `annotation sidecall.dev/runtime.c: "java" is neither wasm nor linux`, busybox,
			func(text string) string {
				return strings.Replace(text, "metadata: {", "metadata: {annotations: {sidecall.dev/runtime.c: java}, ", 1)
			}},
		{"broken", "unexpected end of the file", composition(t, hello, func(name string, data []byte) []byte {
			if name == "app.wasm" {
				return data[:len(data)/2]
			}
			return data
		}), nil},
		{"unlinked", "app imports example:hello/journal, which nothing provides", composition(t, hello, func(name string, data []byte) []byte {
			if name == "sidecall.yaml" {
				return []byte("apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: {name: hello}\nmain: app\ncomponents: {app: {file: ./app.wasm}}\n")
			}
			return data
		}), nil},
		{"manifest", "sidecall.yaml:1:1: error: ", composition(t, hello, func(name string, data []byte) []byte {
			if name == "sidecall.yaml" {
				return []byte("kind: Composition\ncomponents: {}\n")
			}
			return data
		}), nil},
	} {
		name := "wrong/" + tc.name + ":1"
		if err := n.c.registry.Push(t.Context(), tc.image, name); err != nil {
			t.Fatal(err)
		}
		text := podOf(tc.name, "", fmt.Sprintf("name: c, image: %q", n.c.registry.Address()+"/"+name))
		if tc.pod != nil {
			text = tc.pod(text)
		}
		n.apply(text)
		n.event(tc.name, tc.want)
	}
	// A tag that nobody has pushed.
	n.apply(podOf("absent", "", fmt.Sprintf("name: c, image: %q", n.c.registry.Address()+"/wrong/absent:1")))
	n.until("pod/absent", "{.status.containerStatuses[0].state.waiting.reason}", "ImagePull")
}

// TestGrant shows that the termination message says what a composition was not given.
func TestGrant(t *testing.T) {
	n := newNamespace(t)
	image := composition(t, "../../../examples/03-files", func(name string, data []byte) []byte {
		return []byte(strings.ReplaceAll(string(data), "host: ./", "host: /data/"))
	})
	if err := n.c.registry.Push(t.Context(), image, "wrong/grant:1"); err != nil {
		t.Fatal(err)
	}
	n.apply(podOf("grant", "restartPolicy: Never", fmt.Sprintf("name: c, image: %q", n.c.registry.Address()+"/wrong/grant:1")))
	n.until("pod/grant", "{.status.phase}", "Failed")
	n.until("pod/grant", "{.status.containerStatuses[0].state.terminated.message}", "/data/in")
}

// TestNotAllowed: of a guest that asks for more than its manifest allows, the termination
// message has its last words and what it was not granted, as sidecall check says it.
func TestNotAllowed(t *testing.T) {
	n := newNamespace(t)
	const (
		votes   = "../../../examples/05-config-keyvalue"
		missing = "note: app and tally import wasi:keyvalue/store, but have no allow.keyvalue: they can open no bucket"
	)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(votes)); err != nil {
		t.Fatal(err)
	}
	text := read(t, filepath.Join(votes, "sidecall.yaml"))
	changed := strings.ReplaceAll(text, "    allow:\n      keyvalue: [votes]\n", "")
	if changed == text {
		t.Fatal("the manifest is not the one that this test knows")
	}
	if err := os.WriteFile(filepath.Join(dir, "sidecall.yaml"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	n.apply(n.must(n.c.tested("kube", n.push(dir, "acme/votes:1"))))
	const message = "{.items[*].status.containerStatuses[0].state.terminated.message}"
	n.until("pods", message, "cannot open votes: access denied")
	n.until("pods", message, missing)
	// Without the log there is no other place for it.
	n.apply(podOf("file", "restartPolicy: Never", fmt.Sprintf("name: c, image: %q", n.c.registry.Address()+"/acme/votes:1")))
	n.until("pod/file", "{.status.phase}", "Failed")
	n.until("pod/file", "{.status.containerStatuses[0].state.terminated.message}", "sidecall: error: the guest ended with exit code 1\n")
	n.until("pod/file", "{.status.containerStatuses[0].state.terminated.message}", missing)
}

// TestStandard shows that the namespaces of these tests do enforce the restricted standard.
func TestStandard(t *testing.T) {
	n := newNamespace(t)
	text := strings.ReplaceAll(podOf("root", "", `name: c, image: "busybox:1"`), "runAsNonRoot: true", "runAsNonRoot: false")
	if _, err := n.c.kubectl(text, "-n", n.name, "apply", "-f", "-"); err == nil || !strings.Contains(err.Error(), "violates PodSecurity") {
		t.Errorf("a pod that may be root: %v", err)
	}
}
