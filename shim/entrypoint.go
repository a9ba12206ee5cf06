//go:build linux

package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

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
	var inner error
	err := mount.WithReadonlyTempMount(ctx, all, func(root string) error {
		inner = f(root)
		return inner
	})
	if inner != nil {
		return inner // where it was mounted means nothing to who reads a pod's events
	}
	return err
}

// place is a file on this machine that a path in a container means: name, below root.
// It is opened so that a link which appears in between leads nowhere else: a volume may
// be written to while it is looked at. The zero place is none.
type place struct{ root, name string }

// open opens a regular file, and does not wait for what is no file.
func (p place) open() (*os.File, error) {
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return openIn(root, p.name)
}

func openIn(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", filepath.Base(name))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// resolve finds what a path in a container means: links do not lead out of its root,
// and mounts cover what is below them. There is none if only the kernel could say.
func resolve(root string, s *specs.Spec, name string) place {
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
			return place{}
		}
		root, name = over.Source, strings.TrimPrefix(name, path.Clean(over.Destination))
		if info, err := os.Stat(root); err == nil && !info.IsDir() && name == "" {
			return place{filepath.Dir(root), filepath.Base(root)}
		}
	}
	found, err := fs.RootPath(root, name)
	if err != nil {
		return place{}
	}
	rel, err := filepath.Rel(root, found)
	if err != nil {
		return place{}
	}
	return place{root, rel}
}

// search looks for a command in the container's PATH.
func search(root string, s *specs.Spec, name string) place {
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
		if f, err := p.open(); err == nil {
			_ = f.Close() // it was only asked whether it is there
			return p
		}
	}
	return place{}
}

// firstBytes reads a file's first bytes; none if it cannot be read, which runc will say.
func firstBytes(p place) []byte {
	f, err := p.open()
	if err != nil {
		return nil
	}
	defer f.Close()
	data := make([]byte, 8)
	n, _ := io.ReadFull(f, data)
	return data[:n]
}

// artifactAt makes an artifact of what a container has among its files: one component,
// or a composition laid out as sidecall pack does it, with the manifest and the
// components in one directory.
func artifactAt(p place) (*store.Artifact, error) {
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Stat(p.name); err != nil || !info.IsDir() {
		data, err := readIn(root, p.name, store.MaxLayerSize)
		if err != nil {
			return nil, err
		}
		name := store.NameOf(p.name)
		return &store.Artifact{Name: name, Components: []store.Component{{Name: name, Bytes: data}}}, nil
	}
	dir, err := root.OpenRoot(p.name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	a := &store.Artifact{Name: store.NameOf("composition")}
	if a.Manifest, err = readIn(dir, "sidecall.yaml", store.MaxYAMLSize); err != nil {
		return nil, err
	}
	files, err := iofs.Glob(dir.FS(), "*.wasm")
	if err != nil {
		return nil, err
	}
	if len(files) > store.MaxLayers {
		return nil, fmt.Errorf("the composition has %d components, more than %d", len(files), store.MaxLayers)
	}
	for _, f := range files {
		name, err := store.NewName(strings.TrimSuffix(f, ".wasm"))
		if err != nil {
			return nil, fmt.Errorf("a component's file beside the manifest: %w", err)
		}
		data, err := readIn(dir, f, store.MaxLayerSize)
		if err != nil {
			return nil, err
		}
		a.Components = append(a.Components, store.Component{Name: name, Bytes: data})
	}
	return a, nil
}

// readIn reads a file of at most most bytes.
func readIn(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := openIn(root, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err = errors.Join(err, f.Close()); err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Base(name), most)
	}
	return data, err
}
