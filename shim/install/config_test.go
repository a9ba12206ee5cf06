package install_test

import (
	"strings"
	"testing"

	"github.com/sidecall/sidecall/shim/install"
)

func TestAddAndRemove(t *testing.T) {
	for name, text := range map[string]string{
		"empty":      "",
		"version 3":  "# mine\nversion = 3\nroot = '/var/lib/containerd'\n",
		"version 4":  "version = 4\nimports = ['/etc/containerd/conf.d/*.toml']\n",
		"version 1":  "version = 1\n[plugins.cri.containerd.runtimes.runc]\n",
		"no version": "root = '/var/lib/containerd'\n",
		"no newline": "version = 3",
		"version 2":  "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n  runtime_type = 'io.containerd.runc.v2'\n",
		"systemd":    "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n",
	} {
		t.Run(name, func(t *testing.T) {
			once, err := install.Add([]byte(text), install.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if done, err := install.Installed(once); err != nil || !done {
				t.Errorf("not installed: %v\n%s", err, once)
			}
			if !strings.HasPrefix(string(once), text) {
				t.Errorf("what was there has changed:\n%s", once)
			}
			if got := strings.Contains(string(once), "SystemdCgroup = true\n# end"); got != (name == "systemd") {
				t.Errorf("systemd: %v\n%s", got, once)
			}
			if got := strings.Contains(string(once), "io.containerd.grpc.v1.cri'.containerd.runtimes.sidecall"); got != (name == "version 2") {
				t.Errorf("the table's name:\n%s", once)
			}
			if got := strings.Contains(string(once), "[plugins.'cri'.containerd.runtimes.sidecall]"); got != (name == "version 1" || name == "no version") {
				t.Errorf("the table's name:\n%s", once)
			}
			twice, err := install.Add(once, install.Options{})
			if err != nil || string(twice) != string(once) {
				t.Errorf("twice: %v\n%s", err, twice)
			}
			back, err := install.Remove(once)
			if err != nil || string(back) != text && (name != "no newline" || string(back) != text+"\n") {
				t.Errorf("back: %v\n%q", err, back)
			}
		})
	}
}

// TestOptions takes over what holds for runc, from wherever it is said.
func TestOptions(t *testing.T) {
	main := "version = 2\n[plugins.'io.containerd.grpc.v1.cri']\n"
	merged := "version = 4\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = true\nBinaryName = '/opt/runc'\n"
	out, err := install.Add([]byte(main), install.Options{Merged: []byte(merged), Shim: "/opt/bin/shim"})
	for _, want := range []string{"  SystemdCgroup = true\n  BinaryName = \"/opt/runc\"\n", "  runtime_path = \"/opt/bin/shim\"\n", "[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.sidecall]"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, no %q in\n%s", err, want, out)
		}
	}
}

// TestSame compares what containerd reads before and after.
func TestSame(t *testing.T) {
	const runc = "version = 4\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\nSystemdCgroup = true\n"
	const ours = "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.sidecall]\nruntime_type = 'x'\n"
	for name, tc := range map[string]struct{ before, after, want string }{
		"added":    {runc, runc + ours, ""},
		"again":    {runc + ours, runc + ours, ""},
		"first":    {"version = 4\n", "version = 4\n" + ours, ""},
		"not seen": {runc, runc, "containerd does not see the runtime; something that the configuration imports may say otherwise"},
		"changed": {runc, strings.Replace(runc, "true", "false", 1) + ours,
			"containerd would read plugins.io.containerd.cri.v1.runtime.containerd.runtimes.runc.options.SystemdCgroup otherwise than now"},
		"lost": {"root = '/r'\n" + runc, runc + ours, "containerd would read root otherwise than now"},
		"disabled": {"disabled_plugins = ['io.containerd.grpc.v1.cri']\n" + runc, "disabled_plugins = ['io.containerd.grpc.v1.cri']\n" + runc + ours,
			"the plugin that Kubernetes talks to is among disabled_plugins in containerd's configuration"},
	} {
		got := ""
		if err := install.Same([]byte(tc.before), []byte(tc.after)); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestTemplate adds to k3s's template, which is no TOML.
func TestTemplate(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		version    int
	}{
		{"", "{{ template \"base\" . }}\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.sidecall]\n", 3},
		{"{{ template \"base\" . }}\n", "[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.sidecall]\n", 2},
	} {
		out, err := install.Add([]byte(tc.text), install.Options{Template: true, Version: tc.version})
		if err != nil || !strings.HasPrefix(string(out), tc.text) || !strings.Contains(string(out), "added\n"+tc.want) && !strings.Contains(string(out), "removes it\n"+tc.want) {
			t.Errorf("%v\n%s", err, out)
		}
		if back, err := install.Remove(out); err != nil || string(back) != tc.text {
			t.Errorf("%v: %q", err, back)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"version = 5": "containerd's configuration has version 5; those up to 4 are known",
		"version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.sidecall]\n": "containerd's configuration has a runtime named sidecall that sidecall node install did not add; remove it first",
		"version = ": "containerd's configuration is not TOML: toml: expected value",
	} {
		_, err := install.Add([]byte(text), install.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	// A table written inline cannot be added to.
	if _, err := install.Add([]byte("version = 3\nplugins = {}\n"), install.Options{}); err == nil || !strings.Contains(err.Error(), "add this by hand:\n# begin") {
		t.Errorf("inline: %v", err)
	}
}

func TestCheckVersion(t *testing.T) {
	for output, want := range map[string]string{
		"containerd github.com/containerd/containerd/v2 v2.4.2 5ba3d1\n":             "",
		"containerd github.com/containerd/containerd/v2 2.0.0-rc.1 x\n":              "",
		"containerd containerd.io 1.7.22 7f7fdf5fed64eb6a7caf99b3e12efcf9d60e311c\n": "containerd is version 1.7.22; the shim needs 2.0 or later",
		"what": `containerd's version cannot be understood: "what"`,
	} {
		got := ""
		if err := install.CheckVersion(output); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q", output, got)
		}
	}
}
