package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/shim/install"
)

// shimName is what containerd looks for in its PATH.
const shimName = "containerd-shim-sidecall-v1"

// nodeFlags say where things are on a node.
type nodeFlags struct {
	root, bin, config string
	restart           bool
}

func (n *nodeFlags) flags(cmd *cobra.Command, change bool) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&n.root, "root", "/", "the node's root `DIR`, as a DaemonSet mounts it")
	cmd.Flags().StringVar(&n.bin, "bin-dir", "/usr/local/bin", "where the programs are, a `DIR` in containerd's PATH")
	cmd.Flags().StringVar(&n.config, "containerd-config", "/etc/containerd/config.toml", "containerd's configuration `FILE`")
	if change {
		cmd.Flags().BoolVar(&n.restart, "restart", false, "restart containerd by systemctl if something changed")
	}
}

func (n *nodeFlags) path(names ...string) string {
	return filepath.Join(append([]string{n.root}, names...)...)
}

func (a *app) nodeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Set up this machine to run compositions in pods",
		Long: `node install copies sidecall and its shim to where containerd finds them, and adds the
runtime "sidecall" to containerd's configuration. Pods then ask for it by a RuntimeClass
with the handler sidecall. Doing it twice changes nothing.`,
		Args: noMore(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return &usageError{message: "node: what to do?", hint: "one of: sidecall node install, uninstall, status"}
		},
	}
	cmd.AddCommand(a.nodeInstall(), a.nodeUninstall(), a.nodeStatus())
	return cmd
}

func onLinux() error {
	if runtime.GOOS != "linux" {
		return errors.New("nodes run Linux: containerd and its shims are not for " + runtime.GOOS)
	}
	return nil
}

func (a *app) nodeInstall() *cobra.Command {
	n := &nodeFlags{}
	cmd := &cobra.Command{
		Use:     "install",
		Short:   "Install the shim and tell containerd of it",
		Example: "  sudo sidecall node install --restart",
		Args:    noMore(0),
		RunE: func(*cobra.Command, []string) error {
			if err := onLinux(); err != nil {
				return err
			}
			if err := n.checkContainerd(); err != nil {
				return err
			}
			self, err := os.Executable()
			if err != nil {
				return err
			}
			for name, from := range map[string]string{"sidecall": self, shimName: filepath.Join(filepath.Dir(self), shimName)} {
				if err := copyProgram(from, n.path(n.bin, name)); err != nil {
					return err
				}
			}
			return a.changeConfig(n, install.Add)
		},
	}
	n.flags(cmd, true)
	return cmd
}

func (a *app) nodeUninstall() *cobra.Command {
	n := &nodeFlags{}
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Undo what install did; containers that run go on",
		Args:  noMore(0),
		RunE: func(*cobra.Command, []string) error {
			if err := onLinux(); err != nil {
				return err
			}
			if err := a.changeConfig(n, install.Remove); err != nil {
				return err
			}
			for _, name := range []string{"sidecall", shimName} {
				if err := os.Remove(n.path(n.bin, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
			return nil
		},
	}
	n.flags(cmd, true)
	return cmd
}

func (a *app) nodeStatus() *cobra.Command {
	n := &nodeFlags{}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what is installed; the exit code is 1 if something is missing",
		Args:  noMore(0),
		RunE: func(*cobra.Command, []string) error {
			if err := onLinux(); err != nil {
				return err
			}
			complete := true
			say := func(what string, err error) {
				state := "ok"
				if err != nil {
					state, complete = err.Error(), false
				}
				fmt.Fprintf(a.stdout, "%-28s %s\n", what, state)
			}
			say("containerd", n.checkContainerd())
			for _, name := range []string{"sidecall", shimName} {
				_, err := os.Stat(n.path(n.bin, name))
				if err != nil {
					err = errors.New(plainError(err))
				}
				say(name, err)
			}
			text, err := os.ReadFile(n.path(n.config))
			if err == nil {
				var done bool
				if done, err = install.Installed(text); err == nil && !done {
					err = errors.New("has no runtime named " + install.Handler)
				}
			} else {
				err = errors.New(plainError(err))
			}
			say(n.config, err)
			if !complete {
				return &statusError{exitFailure}
			}
			return nil
		},
	}
	n.flags(cmd, false)
	return cmd
}

// checkContainerd asks the node's containerd for its version.
func (n *nodeFlags) checkContainerd() error {
	for _, dir := range []string{"/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"} {
		name := n.path(dir, "containerd")
		if _, err := os.Stat(name); err != nil {
			continue
		}
		out, err := exec.Command(name, "--version").Output()
		if err != nil {
			return fmt.Errorf("%s --version: %w", name, err)
		}
		return install.CheckVersion(string(out))
	}
	if name, err := exec.LookPath("containerd"); err == nil && n.root == "/" {
		out, err := exec.Command(name, "--version").Output()
		if err != nil {
			return fmt.Errorf("%s --version: %w", name, err)
		}
		return install.CheckVersion(string(out))
	}
	return errors.New("containerd is not installed here")
}

// changeConfig replaces containerd's configuration, keeping the one from before the
// first change beside it, and restarts containerd if asked to.
func (a *app) changeConfig(n *nodeFlags, change func([]byte) ([]byte, error)) error {
	file := n.path(n.config)
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	existed := err == nil
	changed, err := change(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if bytes.Equal(text, changed) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	backup := file + ".before-sidecall"
	if _, err := os.Stat(backup); errors.Is(err, fs.ErrNotExist) && existed {
		if err := writeWhole(backup, text, 0o600); err != nil {
			return err
		}
	}
	if err := writeWhole(file, changed, 0o644); err != nil {
		return err
	}
	if !n.restart {
		_, err := fmt.Fprintln(a.stdout, "containerd's configuration has changed: restart it (systemctl restart containerd)")
		return err
	}
	restart := exec.Command("systemctl", "restart", "containerd")
	if n.root != "/" {
		restart = exec.Command("chroot", n.root, "systemctl", "restart", "containerd")
	}
	if out, err := restart.CombinedOutput(); err != nil {
		return fmt.Errorf("restarting containerd: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}

// copyProgram makes a program appear whole: containerd may start it at any time, and one
// that runs keeps its own file.
func copyProgram(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("the program to install: %w", err)
	}
	if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, data) {
		return nil // its time stays, and with it the node's compiled code
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return writeWhole(to, data, 0o755)
}

func writeWhole(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".sidecall-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
