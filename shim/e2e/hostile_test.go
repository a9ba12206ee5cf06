//go:build linux

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// artifact is one that no tool of ours makes.
type artifact struct {
	name     string
	manifest string            // of a composition; empty for none
	wasm     map[string][]byte // by title
	// component is what the layers' annotation says of their component's name.
	component string
	config    string // instead of one that names the layers
}

// push gives containerd the artifact.
func (n *node) push(t *testing.T, a artifact) {
	t.Helper()
	blobs := map[string][]byte{}
	add := func(mediaType string, data []byte) ocispec.Descriptor {
		d := digest.FromBytes(data)
		blobs["blobs/sha256/"+d.Encoded()] = data
		return ocispec.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data))}
	}
	layers, digests := []ocispec.Descriptor{}, []string{}
	if a.manifest != "" {
		l := add("application/vnd.sidecall.composition.v1alpha1+yaml", []byte(a.manifest))
		l.Annotations = map[string]string{ocispec.AnnotationTitle: "sidecall.yaml"}
		layers = append(layers, l)
	}
	for title, data := range a.wasm {
		l := add("application/wasm", data)
		l.Annotations = map[string]string{ocispec.AnnotationTitle: title}
		if a.component != "" {
			l.Annotations["dev.sidecall.component"] = a.component
		}
		layers = append(layers, l)
	}
	for _, l := range layers {
		digests = append(digests, l.Digest.String())
	}
	config, _ := json.Marshal(wasmConfig(digests...))
	if a.config != "" {
		config = []byte(a.config)
	}
	m := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: add("application/vnd.wasm.config.v0+json", config), Layers: layers}
	if a.manifest != "" {
		m.ArtifactType = "application/vnd.sidecall.composition.v1alpha1"
	}
	text, _ := json.Marshal(m)
	root := add(ocispec.MediaTypeImageManifest, text)
	root.Annotations = map[string]string{"io.containerd.image.name": a.name}
	index, _ := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, Manifests: []ocispec.Descriptor{root}})
	blobs["oci-layout"], blobs["index.json"] = []byte(`{"imageLayoutVersion":"1.0.0"}`), index
	file := filepath.Join(t.TempDir(), "image.tar")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := writeTar(out, blobs); err != nil {
		t.Fatal(err)
	}
	if err := n.load(file, a.name); err != nil {
		t.Fatal(err)
	}
}

func wasmConfig(layers ...string) map[string]any {
	return map[string]any{"architecture": "wasm", "os": "wasip2", "layerDigests": layers,
		"config": map[string]any{"User": "65532:65532", "Entrypoint": []string{"/x"}}}
}

// TestHostileArtifacts: no path and no name that an artifact has is opened or made by the
// node, and nothing of the node's is in what it says of them.
func TestHostileArtifacts(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(p.n.dir, "secret")
	if err := os.WriteFile(secret, []byte("of the node alone"), 0o600); err != nil {
		t.Fatal(err)
	}
	head := func(app string) string {
		return "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents:\n  app: { " + app + " }\n"
	}
	env := func(c *cri.ContainerConfig) { c.Envs = []*cri.KeyValue{{Key: "FILE", Value: []byte(secret)}} }
	for name, a := range map[string]artifact{
		"file":     {manifest: head("file: " + secret)},
		"shadow":   {manifest: head("file: /etc/shadow")},
		"relative": {manifest: head("file: ../../../../../../../../../../" + secret)},
		"variable": {manifest: head("file: \"${FILE}\"")},
		"default":  {manifest: head("file: \"${NONE:-" + secret + "}\"")},
		"input":    {manifest: head("file: /dev/stdin")},
		"process":  {manifest: head("file: /proc/self/environ")},
		"other":    {manifest: head("image: example.com/guest:1")},
		"control":  {manifest: head("file: \"/\\e[31mred\"")},
		"name":     {component: "../../../../../victim/pwned"},
		"titles":   {wasm: map[string][]byte{"../../../../../pwned.wasm": wasm, "../../pwned2.wasm": append(slices.Clone(wasm), 0, 2, 1, 'x')}},
	} {
		a.name = "example.com/hostile-" + name + ":1"
		if a.wasm == nil {
			a.wasm = map[string][]byte{"app.wasm": wasm}
		}
		p.n.push(t, a)
		_, err := p.create(name, a.name, nil, env)
		if err == nil {
			t.Errorf("%s: a container was made", name)
			continue
		}
		if text := err.Error(); strings.Contains(text, "of the node") || strings.Contains(text, "root:") || strings.Contains(text, "\x1b") || strings.Contains(text, "SIDECALL_E2E") {
			t.Errorf("%s: %q", name, text)
		}
		t.Logf("%s: %v", name, err)
	}
	for _, pattern := range []string{"pwned*", "*/pwned*", "*/*/pwned*", "victim"} {
		if found, _ := filepath.Glob(filepath.Join(p.n.dir, pattern)); len(found) > 0 {
			t.Errorf("made: %q", found)
		}
	}
}

// TestOneConfiguration: to CRI an image is its configuration. Who makes another with the
// same one cannot have it run in place of the first.
func TestOneConfiguration(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	other := append(slices.Clone(wasm), 0, 2, 1, 'x') // a custom section more
	config, _ := json.Marshal(wasmConfig(digest.FromBytes(wasm).String()))
	p.n.push(t, artifact{name: "example.com/victim:1", wasm: map[string][]byte{"app.wasm": wasm}, config: string(config)})
	p.n.push(t, artifact{name: "example.com/attacker:1", wasm: map[string][]byte{"app.wasm": other}, config: string(config)})
	for _, name := range []string{"attacker", "victim"} {
		if c, err := p.create(name, "example.com/"+name+":1", []string{"say", "mine"}, nil); err == nil {
			c.exited()
			c.logged("mine")
		} else if !strings.Contains(err.Error(), "other layers than its configuration names") {
			t.Errorf("%s: %v", name, err)
		}
	}
	files, _ := filepath.Glob(filepath.Join(p.n.dir, "node", "images", "files", "*", "*.wasm"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err != nil || digest.FromBytes(data) == digest.FromBytes(other) {
			t.Errorf("the other image's layer was taken: %v", err)
		}
	}
}

// TestHostilePod: what a pod sets and writes stays in it.
func TestHostilePod(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	// The image has a program, which kubectl exec runs as root, and a configuration where
	// sidecall would look for its user's, which is not what a pod's image decides.
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := linuxArchive(file, "example.com/hostile-pod:1", filepath.Join(p.n.bin, "tool"), map[string][]byte{"opt/app.wasm": wasm, ".config/sidecall/config.yaml": []byte("engine: none\n"), "etc/passwd": []byte("root:x:0:0::/:/\n")}, []string{"/opt/app.wasm"}); err != nil {
		t.Fatal(err)
	}
	if err := p.n.load(file, "example.com/hostile-pod:1"); err != nil {
		t.Fatal(err)
	}
	bait := filepath.Join(p.n.dir, "bait")
	c := p.run("hostile", "example.com/hostile-pod:1", []string{"say", "begin", "flush", "loop"}, func(c *cri.ContainerConfig) {
		for name, value := range map[string]string{
			"SIDECALL_CACHE_DIR": bait, "SIDECALL_KEYVALUE_DIR": bait, "SIDECALL_NODE_DIR": bait, "SIDECALL_PROGRAM": "/tool", "SIDECALL_CONFIG": "/etc/shadow",
			"SIDECALL_LOG_LEVEL": "trace", "SIDECALL_CONTROL": bait, "SIDECALL_TLS_CERT": "/etc/shadow", "GODEBUG": "gctrace=1", "GOMEMLIMIT": "1", "TMPDIR": bait,
			"XDG_CACHE_HOME": bait, "XDG_CONFIG_HOME": bait, "HOME": bait, "HTTP_PROXY": "http://127.0.0.1:1", "OTEL_GO_X_SELF_OBSERVABILITY": "true", "LD_PRELOAD": "/x.so",
		} {
			c.Envs = append(c.Envs, &cri.KeyValue{Key: name, Value: []byte(value)})
		}
		c.Mounts = []*cri.Mount{{ContainerPath: "/.sidecall", HostPath: p.logs}, {ContainerPath: "/.sidecall/bin", HostPath: filepath.Join(p.n.bin, "tool")}}
	})
	c.logged("begin")
	env, err := os.ReadFile(filepath.Join("/proc", pidOf(t, p.n, c), "environ"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range strings.Split(strings.TrimRight(string(env), "\x00"), "\x00") {
		if e != "TMPDIR=/.sidecall/tmp" && e != "HOME=/.sidecall" {
			t.Errorf("process 1 has %q", e)
		}
	}
	if strings.Contains(c.log(), "gc 1") {
		t.Errorf("the log is\n%s", c.log())
	}
	if _, err := os.Stat(bait); err == nil {
		t.Error("a directory of the pod's choosing was made on the node")
	}
	before := p.n.digests(t)
	for _, target := range []string{"/.sidecall/bin", "/.sidecall/app/app.wasm", "/.sidecall/app/new", "/.sidecall/code/ready.json", "/.sidecall/code/new", "/.sidecall/container.json"} {
		if out, code := c.exec("/tool", "write", target); code == 0 {
			t.Errorf("root in the container wrote to %s: %s", target, out)
		}
	}
	if after := p.n.digests(t); before != after {
		t.Errorf("the node's cache has changed:\n%s\nwas\n%s", after, before)
	}
}

// TestHostileLinks: links in an image, where process 1 has its files and where the image's
// own program is, lead nowhere out of the container.
func TestHostileLinks(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	volume := hostDir(t, 0o777, nil)
	secret := filepath.Join(p.n.dir, "secret.wasm")
	if err := os.WriteFile(secret, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string][]byte{
		"volume":   {".sidecall -> /data": nil, "app.wasm": wasm},
		"up":       {".sidecall -> ../../../../../..": nil, "app.wasm": wasm},
		"absolute": {".sidecall -> " + p.n.dir: nil, "app.wasm": wasm},
		"secret":   {"app.wasm -> " + secret: nil},
		"above":    {"app.wasm -> ../../../../../../../.." + secret: nil},
		"self":     {"app.wasm -> app.wasm": nil},
	} {
		image, file := "example.com/links-"+name+":1", filepath.Join(t.TempDir(), "image.tar")
		if err := linuxArchive(file, image, filepath.Join(p.n.bin, "tool"), files, []string{"/app.wasm"}); err != nil {
			t.Fatal(err)
		}
		if err := p.n.load(file, image); err != nil {
			t.Fatal(err)
		}
		before := p.n.digests(t)
		c, err := p.create(name, image, []string{"say", "mine"}, func(c *cri.ContainerConfig) {
			c.Mounts = []*cri.Mount{{ContainerPath: "/data", HostPath: volume}}
		})
		if files["app.wasm"] == nil {
			if err == nil {
				t.Errorf("%s: a file of the node's was run", name)
			}
			continue
		}
		if err == nil {
			c.exited()
			c.logged("mine")
		}
		t.Logf("%s: %v", name, err)
		if entries, err := os.ReadDir(volume); err != nil || len(entries) > 0 {
			t.Errorf("%s: in the volume are %v, %v", name, entries, err)
		}
		after := p.n.digests(t)
		for line := range strings.Lines(before) { // there may be more now
			if !strings.Contains(after, line) {
				t.Errorf("%s: the node's cache has changed: %s is gone", name, line)
			}
		}
	}
	if _, err := os.Lstat(filepath.Join(p.n.dir, "bin", "container.json")); err == nil {
		t.Error("something was made on the node")
	}
}

// digests are those of all files that pods share.
func (n *node) digests(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", "find images/files code -type f | sort | xargs sha256sum; sha256sum ../bin/sidecall")
	cmd.Dir = filepath.Join(n.dir, "node")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
