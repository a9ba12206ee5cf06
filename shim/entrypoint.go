//go:build linux

package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/continuity/fs"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/sidecall/sidecall/components/store"
)

// withRoot lets f look at a container's files before runc has mounted them, read-only
// and in a place of its own.
func withRoot(ctx context.Context, bundle string, mounts []*types.Mount, f func(root string) error) error {
	if len(mounts) == 0 {
		return f(filepath.Join(bundle, "rootfs"))
	}
	var all []mount.Mount
	for _, m := range mounts {
		all = append(all, mount.Mount{Type: m.Type, Source: m.Source, Target: m.Target, Options: m.Options})
	}
	return mount.WithReadonlyTempMount(ctx, all, f)
}

// resolve finds the file on this machine that a path in a container means, links not
// leading out of it, and mounts covering what is below them. It is empty if there is
// none, or if only the kernel could say.
func resolve(root string, s *specs.Spec, name string) string {
	if !path.IsAbs(name) {
		if !strings.Contains(name, "/") {
			return search(root, s, name)
		}
		name = path.Join("/", s.Process.Cwd, name)
	}
	name = path.Clean(name)
	var over *specs.Mount
	for i := range s.Mounts {
		m := &s.Mounts[i]
		d := path.Clean(m.Destination)
		if (name == d || strings.HasPrefix(name, d+"/")) && (over == nil || len(d) >= len(path.Clean(over.Destination))) {
			over = m
		}
	}
	if over != nil {
		if over.Type != "bind" && !slices.Contains(over.Options, "rbind") && !slices.Contains(over.Options, "bind") {
			return ""
		}
		root, name = over.Source, strings.TrimPrefix(name, path.Clean(over.Destination))
		if name == "" {
			return root
		}
	}
	found, err := fs.RootPath(root, name)
	if err != nil {
		return ""
	}
	return found
}

// search looks for a command in the container's PATH.
func search(root string, s *specs.Spec, name string) string {
	dirs := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, e := range s.Process.Env {
		if p, ok := strings.CutPrefix(e, "PATH="); ok {
			dirs = p
		}
	}
	for _, dir := range strings.Split(dirs, ":") {
		if !path.IsAbs(dir) {
			continue
		}
		p := resolve(root, s, path.Join(dir, name))
		if info, err := os.Stat(p); p != "" && err == nil && info.Mode().IsRegular() {
			return p
		}
	}
	return ""
}

// head reads a file's first bytes; none if it cannot be read, which runc will say.
func head(name string) []byte {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	data := make([]byte, 8)
	n, _ := io.ReadFull(f, data)
	return data[:n]
}

// fileArtifact makes an artifact of one component in a container's files.
func fileArtifact(file string) (*store.Artifact, error) {
	data, err := readFile(file, store.MaxLayerSize)
	if err != nil {
		return nil, err
	}
	name := artifactName(file)
	return &store.Artifact{Name: name, Components: []store.Component{{Name: name, Bytes: data}}}, nil
}

// dirArtifact makes an artifact of a composition in a container's files, laid out as
// sidecall pack does it: the manifest and the components in one directory.
func dirArtifact(dir string) (*store.Artifact, error) {
	a := &store.Artifact{Name: "composition"}
	var err error
	if a.Manifest, err = readFile(filepath.Join(dir, "sidecall.yaml"), store.MaxYAMLSize); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
	if err != nil {
		return nil, err
	}
	if len(files) > store.MaxLayers {
		return nil, fmt.Errorf("the composition has %d components, more than %d", len(files), store.MaxLayers)
	}
	for _, f := range files {
		data, err := readFile(f, store.MaxLayerSize)
		if err != nil {
			return nil, err
		}
		a.Components = append(a.Components, store.Component{Name: strings.TrimSuffix(filepath.Base(f), ".wasm"), Bytes: data})
	}
	return a, nil
}

// artifactName is a file's name as a component may have it.
func artifactName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), ".wasm")
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, base)
}

// readFile reads a file that somebody else made: not a link to one of ours, not a pipe,
// not without end.
func readFile(name string, most int64) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", filepath.Base(name))
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", filepath.Base(name), info.Size(), most)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most))
	return data, errors.Join(err, f.Close())
}
