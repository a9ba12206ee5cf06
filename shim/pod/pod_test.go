package pod_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sidecall/sidecall/shim/pod"
)

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := pod.Config{Command: "run", Target: "/app", Args: []string{}, Env: []string{"A=1"}, MaxMemory: 1 << 20,
		Mounts: []pod.Mount{{dir, "", true}, {file, "", false}, {dir + "/none", "", false}, {"/etc/app", dir, false}}, Cwd: "/etc/app"}
	want := []string{"run", "--cache-dir", "/.sidecall/code", "--control", "/.sidecall/tmp/control", "--env", "A=1", "--dir", dir + "::" + dir + "::ro",
		"--dir", dir + "::/etc/app", "--cwd", "/etc/app", "--max-memory", "1048576", "/app", "--"}
	if got := c.CommandLine(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	c = pod.Config{Command: "serve", Target: "/app", Args: []string{"-v", "--"}, Env: []string{"SIDECALL_CONTROL=off"}}
	want = []string{"serve", "--cache-dir", "/.sidecall/code", "--control", "off", "--env", "SIDECALL_CONTROL=off", "/app", "--", "-v", "--"}
	if got := c.CommandLine(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestGuestEnv(t *testing.T) {
	got := pod.GuestEnv([]string{"PATH=/bin", "A=1", "HOSTNAME=x", "B=", "A=2", "=", "C"})
	if want := []string{"B=", "A=2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestForHost(t *testing.T) {
	for v, want := range map[string]bool{
		"OTEL_SERVICE_NAME=x": true, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=x": true, "OTEL_EXPORTER_PROMETHEUS_PORT=9464": true, "OTEL_BSP_SCHEDULE_DELAY=": true,
		"OTEL_SERVICE_NAME": false, "OTEL_SERVICE_NAME_X=x": false, "OTEL_GO_X_SELF_OBSERVABILITY=true": false, "OTEL_=": false, "XOTEL_SERVICE_NAME=x": false,
		"GODEBUG=x": false, "SIDECALL_CACHE_DIR=/x": false, "SIDECALL_KEYVALUE_DIR=/x": false, "SIDECALL_LISTEN=:1": false, "TMPDIR=/x": false, "HTTP_PROXY=x": false,
	} {
		if got := pod.ForHost(v); got != want {
			t.Errorf("%s: %v", v, got)
		}
	}
}

func TestIsVolume(t *testing.T) {
	for _, v := range []struct {
		kind, path string
		want       bool
	}{
		{"bind", "/data", true}, {"", "/etc/config", true}, {"bind", "/etc/hosts", false}, {"bind", "/dev/shm", false},
		{"bind", "/dev/termination-log", false}, {"proc", "/proc", false}, {"tmpfs", "/data", false}, {"bind", "/", false},
		{"bind", "/var/run/secrets/kubernetes.io/serviceaccount", false}, {"bind", "/devices", true}, {"bind", "/.sidecall/app", false},
		{"bind", "/data/../proc", false},
	} {
		if got := pod.IsVolume(v.kind, v.path); got != v.want {
			t.Errorf("%s %s: %v", v.kind, v.path, got)
		}
	}
}
