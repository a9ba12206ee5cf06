//go:build linux

package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/decide"
	"github.com/sidecall/sidecall/shim/pod"
)

// Files in the bundle.
const (
	specFile   = "config.json"
	recordFile = "sidecall.json"
	podFile    = "sidecall-container.json"
)

// record is what was decided about a container, kept in its bundle: containerd or the
// shim may be another process when it is asked for again.
type record struct {
	decide.Decision
	// Artifact is the digest, in hexadecimal, that the container runs.
	Artifact string `json:"artifact,omitempty"`
	// Node is the cache's directory: not every containerd gives the shim's last call the
	// environment that its first one had.
	Node string `json:"node,omitempty"`
}

func readRecord(bundle string) (*record, error) {
	var r record
	data, err := os.ReadFile(filepath.Join(bundle, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return &record{Decision: decide.Decision{Kind: decide.Linux}}, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return nil, fmt.Errorf("what was decided about the container: %w", err)
	}
	return &r, nil
}

func (r *record) write(bundle string) error { return writeJSON(bundle, recordFile, r, 0o600) }

func readSpec(bundle string) (*specs.Spec, error) {
	data, err := os.ReadFile(filepath.Join(bundle, specFile))
	if err != nil {
		return nil, err
	}
	s := &specs.Spec{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w", specFile, err)
	}
	return s, nil
}

func writeJSON(bundle, name string, v any, mode os.FileMode) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := filepath.Join(bundle, "."+name)
	if err := os.WriteFile(tmp, data, mode); err != nil {
		return err
	}
	if err := os.Chmod(tmp, mode); err != nil { // whatever the process's umask is
		return err
	}
	return os.Rename(tmp, filepath.Join(bundle, name))
}

// rewrite makes process 1 of a bundle the program sidecall. All that isolates the
// container stays as it is.
func rewrite(bundle string, s *specs.Spec, n *node, f *store.Files, r *ready) error {
	c := &pod.Config{Command: r.Command, Target: pod.App, Env: pod.GuestEnv(s.Process.Env), Narrow: n.operator.Pods}
	app := f.Path
	if !f.Composition {
		c.Target, app = pod.App+"/"+filepath.Base(f.Path), filepath.Dir(f.Path)
	}
	if len(s.Process.Args) > 1 {
		c.Args = s.Process.Args[1:]
	}
	var files []specs.Mount
	if !c.Narrow.NoFiles {
		c.Mounts, files = volumes(s)
	}
	c.TerminationLog, c.TerminationPolicy = s.Annotations[terminationLog], s.Annotations[terminationPolicy]
	if cwd := path.Clean("/" + s.Process.Cwd); cwd != "/" {
		c.Cwd = cwd
	}
	// Without a HOME runc takes one from the image, and with it a user's configuration.
	env := []string{"HOME=" + pod.Dir, "TMPDIR=" + pod.Tmp}
	if l := s.Linux; l != nil && l.Resources != nil && l.Resources.Memory != nil && l.Resources.Memory.Limit != nil && *l.Resources.Memory.Limit > 0 {
		c.MaxMemory = *l.Resources.Memory.Limit
		// The host's own heap is collected before it takes the guest's memory.
		env = append(env, fmt.Sprintf("GOMEMLIMIT=%d", c.MaxMemory/10*9))
	}
	if most := c.Narrow.MaxMemory; most > 0 && (c.MaxMemory == 0 || most < c.MaxMemory) {
		c.MaxMemory = most
	}
	// What a pod says of traces and metrics is for the host, which makes them.
	for _, e := range c.Env {
		if pod.ForHost(e) && !c.Narrow.NoTelemetry {
			env = append(env, e)
		}
	}
	// Anybody in the container may read it, and only there: a bundle is closed to others.
	if err := writeJSON(bundle, podFile, c, 0o444); err != nil {
		return err
	}
	bind := func(source, target string) specs.Mount {
		return specs.Mount{Type: "bind", Source: source, Destination: target, Options: []string{"bind", "ro", "nosuid", "nodev"}}
	}
	program, err := filepath.EvalSymlinks(n.program)
	if err != nil {
		return err
	}
	s.Mounts = append(s.Mounts,
		specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: pod.Dir, Options: []string{"nosuid", "nodev", "mode=755", "size=64k"}},
		bind(program, pod.Program), bind(app, pod.App), bind(r.code, pod.Code), bind(filepath.Join(bundle, podFile), pod.ConfigFile),
		specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: pod.Tmp, Options: []string{"nosuid", "nodev", "noexec", "mode=1777", "size=64m"}},
	)
	s.Mounts = append(s.Mounts, files...)
	s.Process.Args = []string{pod.Program, "container"}
	s.Process.Env = env
	s.Process.Cwd = "/"
	return writeJSON(bundle, specFile, s, 0o600)
}
