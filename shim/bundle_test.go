//go:build linux

package shim

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/decide"
	"github.com/sidecall/sidecall/shim/pod"
	"github.com/sidecall/sidecall/shim/prepared"
)

func TestRewrite(t *testing.T) {
	bundle, program := t.TempDir(), filepath.Join(t.TempDir(), "sidecall")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	limit := int64(64 << 20)
	s := &specs.Spec{Version: "1.2.0", Hostname: "kept",
		Process: &specs.Process{Args: []string{"/orders", "-v", "x"}, Env: []string{"PATH=/bin", "A=1", "OTEL_SERVICE_NAME=orders"}, Cwd: "/work", NoNewPrivileges: true,
			User: specs.User{UID: 7}, Capabilities: &specs.LinuxCapabilities{Bounding: []string{"CAP_CHOWN"}}},
		Root:        &specs.Root{Path: "rootfs", Readonly: true},
		Annotations: map[string]string{terminationLog: "/why", terminationPolicy: "File"},
		Mounts: []specs.Mount{{Destination: "/proc", Type: "proc"}, {Destination: "/etc/hosts", Type: "bind"},
			{Destination: "/data", Type: "bind", Source: "/x", Options: []string{"rbind", "ro"}}, {Destination: "/tmp/v/", Type: "bind", Source: "/y", Options: []string{"rbind", "rw"}}},
		Linux: &specs.Linux{CgroupsPath: "/kept", Resources: &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit}}},
	}
	f := &store.Files{Digest: digest.FromString("x"), Path: "/node/files/x/app.wasm"}
	if err := rewrite(bundle, s, &node{program: program}, f, &ready{About: prepared.About{Command: "run"}, code: "/node/code/x"}); err != nil {
		t.Fatal(err)
	}
	got, err := readSpec(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Process.Args, []string{"/.sidecall/bin", "container"}) || got.Process.Cwd != "/" || slices.Contains(got.Process.Env, "A=1") || !slices.Contains(got.Process.Env, "OTEL_SERVICE_NAME=orders") {
		t.Errorf("process: %+v", got.Process)
	}
	if !got.Process.NoNewPrivileges || got.Process.User.UID != 7 || len(got.Process.Capabilities.Bounding) != 1 || !got.Root.Readonly || got.Linux.CgroupsPath != "/kept" || got.Hostname != "kept" {
		t.Errorf("isolation has changed: %+v", got)
	}
	sources := map[string]string{}
	for _, m := range got.Mounts {
		sources[m.Destination] = m.Source
		if strings.HasPrefix(m.Destination, pod.Dir) && m.Type == "bind" && !slices.Contains(m.Options, "ro") {
			t.Errorf("%s can be written to", m.Destination)
		}
	}
	for target, source := range map[string]string{pod.Program: program, pod.App: "/node/files/x", pod.Code: "/node/code/x", pod.ConfigFile: filepath.Join(bundle, podFile), "/data": "/x"} {
		if sources[target] != source {
			t.Errorf("%s is %q, not %q", target, sources[target], source)
		}
	}
	c, err := pod.Read(filepath.Join(bundle, podFile))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Args, []string{"-v", "x"}) || !slices.Equal(c.Env, []string{"A=1", "OTEL_SERVICE_NAME=orders"}) || c.Target != "/.sidecall/app/app.wasm" || c.MaxMemory != limit ||
		c.Cwd != "/work" || c.TerminationLog != "/why" || c.TerminationPolicy != pod.PolicyFile || !slices.Equal(c.Mounts, []pod.Mount{{Path: "/data", ReadOnly: true}, {Path: "/tmp/v"}}) {
		t.Errorf("%+v", c)
	}
}

func TestResolve(t *testing.T) {
	root, volume := t.TempDir(), t.TempDir()
	for path, target := range map[string]string{"usr/bin/app": "", "bin": "usr/bin", "abs": "/usr/bin/app", "out": "../../../../etc/passwd"} {
		path = filepath.Join(root, path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil && target == "" {
			err = os.WriteFile(path, []byte("x"), 0o755)
		} else if err == nil {
			err = os.Symlink(target, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &specs.Spec{Process: &specs.Process{Cwd: "/usr", Env: []string{"PATH=/sbin:/bin"}}, Mounts: []specs.Mount{
		{Destination: "/v", Type: "bind", Source: volume}, {Destination: "/v/inner", Type: "tmpfs"}, {Destination: "/file", Source: volume + "/f", Options: []string{"rbind"}}}}
	if err := os.WriteFile(filepath.Join(volume, "f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	app, none := place{root, "usr/bin/app"}, place{}
	for name, want := range map[string]place{
		"/usr/bin/app": app, "/bin/app": app, "/abs": app, "app": app, "bin/app": app, "./bin/../bin/app": app, "none": none,
		"/out": {root, "etc/passwd"}, "/../../etc/passwd": {root, "etc/passwd"},
		"/v/x": {volume, "x"}, "/v/inner/x": none, "/file": {volume, "f"}, "/vx": {root, "vx"},
	} {
		if got := resolve(root, s, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := firstBytes(app); string(got) != "x" {
		t.Errorf("the app begins with %q", got)
	}
	// A link that appears after a path was resolved leads nowhere.
	if err := os.Symlink("/etc/passwd", filepath.Join(volume, "late")); err != nil {
		t.Fatal(err)
	}
	if got := firstBytes(place{volume, "late"}); got != nil {
		t.Errorf("out of the volume: %q", got)
	}
	if err := syscall.Mkfifo(filepath.Join(volume, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := firstBytes(place{volume, "pipe"}); got != nil {
		t.Errorf("from a pipe: %q", got)
	}
}

func TestExecSpec(t *testing.T) {
	for _, tc := range []struct{ in, want []string }{
		{[]string{"sidecall", "graph"}, []string{pod.Program, "graph"}},
		{[]string{"/bin/sh"}, []string{"/bin/sh"}},
		{nil, nil},
	} {
		data, err := json.Marshal(specs.Process{Args: tc.in, Cwd: "/"})
		if err != nil {
			t.Fatal(err)
		}
		out, err := execSpec(&anypb.Any{Value: data})
		if err != nil {
			t.Fatal(err)
		}
		var p specs.Process
		if err := json.Unmarshal(out.Value, &p); err != nil || !slices.Equal(p.Args, tc.want) {
			t.Errorf("%q: %q, %v", tc.in, p.Args, err)
		}
	}
	if _, err := execSpec(&anypb.Any{Value: []byte("{")}); err == nil {
		t.Error("nonsense is no error")
	}
}

func TestRecord(t *testing.T) {
	bundle := t.TempDir()
	if r, err := readRecord(bundle); err != nil || r.Kind != decide.Linux {
		t.Errorf("none: %+v, %v", r, err)
	}
	want := record{decide.Decision{Kind: decide.Wasm, Why: "so"}, "abc", "/node"}
	if err := want.write(bundle); err != nil {
		t.Fatal(err)
	}
	if r, err := readRecord(bundle); err != nil || *r != want {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTrusted: a directory is not trusted because it is there.
func TestTrusted(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"new": 0, "ours": 0o755, "everybody's": 0o777, "a group's": 0o775} {
		n := &node{dir: filepath.Join(dir, name)}
		if mode != 0 {
			if err := errors.Join(os.Mkdir(n.dir, 0o755), os.Chmod(n.dir, mode)); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.trusted(); (err == nil) != (mode&0o022 == 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(dir, "ours"), 4321, 4321); err != nil {
			t.Fatal(err)
		}
		if err := (&node{dir: filepath.Join(dir, "ours")}).trusted(); err == nil {
			t.Error("another user's is trusted")
		}
	}
}
