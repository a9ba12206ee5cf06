//go:build linux

package kubernetes_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigVersions installs in each version of containerd's configuration, and lets
// containerd say what it reads.
func TestConfigVersions(t *testing.T) {
	n := newNamespace(t)
	everything, err := exec.Command("containerd", "config", "default").Output()
	if err != nil {
		t.Fatal(err)
	}
	const systemd = "\nroot = '/var/lib/containerd'\n[plugins.'PLUGIN'.containerd.runtimes.runc.options]\n  SystemdCgroup = true\n"
	for name, tc := range map[string]struct{ text, want string }{
		"default": {string(everything), ""},
		"none":    {systemd, "cri"},
		"none, 2": {systemd, "io.containerd.grpc.v1.cri"},
		"none, 3": {systemd, "io.containerd.cri.v1.runtime"},
		"1":       {"version = 1" + systemd, "cri"},
		"2":       {"version = 2" + systemd, "io.containerd.grpc.v1.cri"},
		"3":       {"version = 3" + systemd, "io.containerd.cri.v1.runtime"},
		"4":       {"version = 4" + systemd, "io.containerd.cri.v1.runtime"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, text := filepath.Join(dir, "config.toml"), strings.ReplaceAll(tc.text, "PLUGIN", tc.want)
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			before, err := exec.Command("containerd", "-c", file, "config", "dump").CombinedOutput()
			if err != nil {
				t.Skipf("this containerd does not read it: %s", before)
			}
			flags := []string{"--containerd-config", file, "--bin-dir", filepath.Join(dir, "bin")}
			n.must(n.c.tested(append([]string{"node", "install"}, flags...)...))
			out, err := exec.Command("containerd", "-c", file, "config", "dump").Output()
			if err != nil || !strings.Contains(string(out), "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.sidecall]") {
				t.Errorf("%v\n%s", err, out)
			}
			if got, want := strings.Count(string(out), "SystemdCgroup = true\n"), 2*strings.Count(string(before), "SystemdCgroup = true\n"); got != want {
				t.Errorf("%d runtimes have systemd's cgroups, not %d:\n%s", got, want, out)
			}
			n.must(n.c.tested(append([]string{"node", "uninstall"}, flags...)...))
			if got := read(t, file); got != text {
				t.Errorf("after uninstall\n%s", got)
			}
		})
	}
	disabled := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(disabled, []byte("disabled_plugins = ['cri']\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := n.c.tested("node", "install", "--containerd-config", disabled, "--bin-dir", t.TempDir()); err == nil || !strings.Contains(err.Error(), "is among disabled_plugins in containerd's configuration") {
		t.Errorf("%v", err)
	}
}
