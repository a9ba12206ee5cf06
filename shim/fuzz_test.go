//go:build linux

package shim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/decide"
	"github.com/sidecall/sidecall/shim/pod"
	"github.com/sidecall/sidecall/shim/prepared"
)

// FuzzSpecification: whatever a container's specification says, what runs in it is our
// program, of which the container says neither the name nor, but for traces, the
// environment, and everything that we mount can only be read.
func FuzzSpecification(f *testing.F) {
	f.Add([]byte(`{"process":{"args":["/app.wasm","-v"],"env":["A=1","OTEL_SERVICE_NAME=x","SIDECALL_CACHE_DIR=/etc","LD_PRELOAD=/x"],"cwd":"/w"},"annotations":{"sidecall.dev/runtime":"wasm"}}`))
	f.Add([]byte(`{"process":{"args":[],"env":["=","x"],"cwd":"../.."},"mounts":[{"destination":"/.sidecall","type":"bind","source":"/etc"},{"destination":"relative"}],"linux":{"resources":{"memory":{"limit":-1}}}}`))
	f.Add([]byte(`{"annotations":{"io.kubernetes.cri.container-type":"sandbox","sidecall.dev/runtime":"x"}}`))
	f.Add([]byte(`{"process":null,"linux":null,"mounts":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		bundle, program := t.TempDir(), filepath.Join(t.TempDir(), "sidecall")
		for name, b := range map[string][]byte{filepath.Join(bundle, specFile): data, program: nil} {
			if err := os.WriteFile(name, b, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		s, err := readSpec(bundle)
		if err != nil {
			return
		}
		var args []string
		if s.Process != nil {
			args = s.Process.Args
		}
		d, err := decide.ByAnnotations(s.Annotations, args)
		if s.Annotations["io.kubernetes.cri.container-type"] == "sandbox" && (err != nil || d.Kind != decide.Linux) {
			t.Errorf("a sandbox is %v, %v", d, err)
		}
		if s.Process == nil {
			return // containerd does not let it come so far
		}
		theirs := len(s.Mounts)
		files := &store.Files{Digest: digest.FromString("x"), Path: "/node/files/x/app.wasm"}
		if err := rewrite(bundle, s, &node{program: program}, files, &ready{About: prepared.About{Command: "run"}, code: "/node/code/x"}); err != nil {
			return
		}
		text, err := os.ReadFile(filepath.Join(bundle, podFile))
		if err != nil || !json.Valid(text) {
			t.Errorf("what the container is told: %q, %v", text, err)
		}
		if len(s.Process.Args) != 2 || s.Process.Args[0] != pod.Program || s.Process.Cwd != "/" {
			t.Errorf("process %q in %q", s.Process.Args, s.Process.Cwd)
		}
		for _, e := range s.Process.Env {
			if !pod.ForHost(e) && e != "HOME="+pod.Dir && !strings.HasPrefix(e, "TMPDIR=") && !strings.HasPrefix(e, "GOMEMLIMIT=") {
				t.Errorf("environment %q", e)
			}
		}
		for _, m := range s.Mounts[theirs:] {
			if m.Type == "bind" && !strings.HasPrefix(strings.Join(m.Options, ",")+",", "bind,ro,") && strings.HasPrefix(m.Destination, pod.Dir) {
				t.Errorf("%+v can be written to", m)
			}
		}
	})
}
