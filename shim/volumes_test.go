//go:build linux

package shim

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/sidecall/sidecall/shim/pod"
)

// TestVolumes shows what a guest is given of each kind of mount.
func TestVolumes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "0") // as kubelet names what a subPath is
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ro, rw := []string{"rbind", "rprivate", "ro"}, []string{"rbind", "rprivate", "rw"}
	s := &specs.Spec{Annotations: map[string]string{terminationLog: "/tmp/why"}, Mounts: []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc"},
		{Destination: "/etc/hosts", Type: "bind", Source: file, Options: rw},
		{Destination: "/etc/resolv.conf", Type: "bind", Source: file, Options: rw},
		{Destination: "/dev/termination-log", Type: "bind", Source: file, Options: rw},
		{Destination: "/tmp/why", Type: "bind", Source: file, Options: rw},
		{Destination: "/var/run/secrets/kubernetes.io/serviceaccount", Type: "bind", Source: dir, Options: ro},
		{Destination: "/run/containerd.sock", Type: "bind", Source: socket, Options: rw},
		{Destination: "/scratch", Type: "tmpfs", Source: "tmpfs"},
		{Destination: "/data/", Type: "bind", Source: dir, Options: rw},
		{Destination: "/config", Source: dir, Options: ro},
		{Destination: "/config/extra.yaml", Type: "bind", Source: file, Options: ro},
		{Destination: "/etc/app/app.yaml", Type: "bind", Source: file, Options: ro},
		{Destination: "/etc/app/more.yaml", Type: "bind", Source: file, Options: ro, UIDMappings: []specs.LinuxIDMapping{{Size: 7}}},
		{Destination: "/etc/other/state", Type: "bind", Source: file, Options: rw},
		{Destination: "/top", Type: "bind", Source: file, Options: ro},
		{Destination: "/late", Type: "bind", Source: dir + "/none", Options: ro},
	}}
	grants, more := volumes(s)
	want := []pod.Mount{{Path: "/data"}, {Path: "/config", ReadOnly: true}, {Path: "/late", ReadOnly: true},
		{Path: "/etc/app", Host: "/.sidecall/files/0", ReadOnly: true}, {Path: "/etc/other", Host: "/.sidecall/files/1"}, {Path: "/", Host: "/.sidecall/files/2", ReadOnly: true}}
	if !slices.Equal(grants, want) {
		t.Errorf("got  %+v\nwant %+v", grants, want)
	}
	var targets []string
	for _, m := range more {
		targets = append(targets, m.Destination)
		if m.Source != file || len(m.Options) != 3 {
			t.Errorf("%+v", m)
		}
	}
	if want := []string{"/.sidecall/files/0/app.yaml", "/.sidecall/files/0/more.yaml", "/.sidecall/files/1/state", "/.sidecall/files/2/top"}; !slices.Equal(targets, want) {
		t.Errorf("%q", targets)
	}
	if len(more[1].UIDMappings) != 1 {
		t.Errorf("the mapping of users is lost: %+v", more[1])
	}
}
