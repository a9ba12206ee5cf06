//go:build linux

package shim

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/sidecall/sidecall/shim/pod"
)

// terminationLog is the annotation by which kubelet tells where the pod wants to be
// told why a container ended. It is there if containerd's configuration lets it pass.
const terminationLog = "io.kubernetes.container.terminationMessagePath"

// terminationPolicy is the one by which it tells whether the log will do.
const terminationPolicy = "io.kubernetes.container.terminationMessagePolicy"

// volumes are the directories that the guest is given for a container's mounts, and
// the mounts that this needs besides. Package pod has the rules.
func volumes(s *specs.Spec) (grants []pod.Mount, more []specs.Mount) {
	var files []*specs.Mount
	for i := range s.Mounts {
		m := &s.Mounts[i]
		bound := m.Type == "bind" || slices.Contains(m.Options, "rbind") || slices.Contains(m.Options, "bind")
		if !bound || !pod.IsVolume("bind", m.Destination) || path.Clean(m.Destination) == path.Clean(s.Annotations[terminationLog]) {
			continue
		}
		switch info, err := os.Stat(m.Source); {
		case err != nil || info.IsDir(): // what is not there runc says
			grants = append(grants, pod.Mount{Path: path.Clean(m.Destination), ReadOnly: readOnly(m)})
		case info.Mode().IsRegular():
			files = append(files, m)
		}
	}
	// A file in a directory that is granted is seen there.
	dirs := grants
	for _, m := range files {
		dir, name := path.Split(path.Clean(m.Destination))
		dir = path.Clean(dir)
		if slices.ContainsFunc(dirs, func(g pod.Mount) bool { return within(dir, g.Path) }) {
			continue
		}
		i := slices.IndexFunc(grants, func(g pod.Mount) bool { return g.Path == dir && g.Host != "" })
		if i < 0 {
			i = len(grants)
			grants = append(grants, pod.Mount{Path: dir, Host: pod.Files + "/" + strconv.Itoa(i-len(dirs)), ReadOnly: true})
		}
		grants[i].ReadOnly = grants[i].ReadOnly && readOnly(m)
		again := *m // with its options, its propagation and its mapping of users
		again.Destination = grants[i].Host + "/" + name
		more = append(more, again)
	}
	return grants, more
}

func readOnly(m *specs.Mount) bool { return slices.Contains(m.Options, "ro") }

// within tells whether a directory is another or below it.
func within(dir, other string) bool {
	return dir == other || other == "/" || strings.HasPrefix(dir, other+"/")
}
