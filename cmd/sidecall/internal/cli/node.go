package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/install"
)

func (a *app) nodeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Set up this machine to run compositions in pods",
		Long: `node install copies sidecall and its shim to where containerd finds them, and adds the
runtime "sidecall" to containerd's configuration. Pods then ask for it by a RuntimeClass
with the handler sidecall. Doing it twice changes nothing, and one that was interrupted
is completed by the next.

The configuration may have any version that containerd 2 reads. What is there stays as it
is; a copy from before is kept beside it until node uninstall. On k3s, name its template
and its service:

  sidecall node install --restart --service k3s \
    --containerd-config /var/lib/rancher/k3s/agent/etc/containerd/config-v3.toml.tmpl`,
		Args: noMore(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return &usageError{message: "node: what to do?", hint: "one of: sidecall node install, uninstall, status, prewarm, prune"}
		},
	}
	cmd.AddCommand(a.nodeInstall(), a.nodeUninstall(), a.nodeStatus(), a.nodePrewarm(), a.nodePrune())
	return cmd
}

func nodeFlags(cmd *cobra.Command, n *install.Node) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&n.Root, "root", "/", "the node's root `DIR`, as a DaemonSet mounts it")
	cmd.Flags().StringVar(&n.Bin, "bin-dir", "/usr/local/bin", "the `DIR` for the programs")
	cmd.Flags().StringVar(&n.Config, "containerd-config", "/etc/containerd/config.toml", "containerd's configuration `FILE`")
	cmd.Flags().StringVar(&n.Service, "service", "containerd", "what systemd calls containerd, a `NAME`")
}

// changeNode makes a command that changes the node and then restarts containerd, or says
// that it must be.
func (a *app) changeNode(cmd *cobra.Command, change func(*install.Node) (bool, error)) *cobra.Command {
	n, restart := &install.Node{}, false
	cmd.Args = noMore(0)
	cmd.RunE = func(*cobra.Command, []string) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		n.Program, n.Shim, n.Cache = self, filepath.Join(filepath.Dir(self), install.ShimName), "/var/lib/sidecall"
		n.Say = func(text string) { fmt.Fprintln(a.stdout, text) }
		needed, err := change(n)
		if !needed {
			return err
		}
		if restart {
			return errors.Join(err, n.Restart())
		}
		_, printed := fmt.Fprintf(a.stdout, "containerd's configuration has changed: restart it (systemctl restart %s)\n", n.Service)
		return errors.Join(err, printed)
	}
	nodeFlags(cmd, n)
	cmd.Flags().BoolVar(&restart, "restart", false, "restart containerd by systemctl if it has to be")
	return cmd
}

func (a *app) nodeInstall() *cobra.Command {
	return a.changeNode(&cobra.Command{
		Use:     "install",
		Short:   "Install the shim and tell containerd of it",
		Example: "  sudo sidecall node install --restart",
	}, func(n *install.Node) (bool, error) {
		if program, err := os.ReadFile(n.Program); err == nil && store.Dynamic(program) { // what else is wrong Install says
			return false, &usageError{message: n.Program + " needs the libraries of the system that it was built on, and containers have none",
				hint: "build it as CGO_ENABLED=0 go build -o . ./cmd/sidecall ./cmd/containerd-shim-sidecall-v1"}
		}
		return n.Install()
	})
}

func (a *app) nodeUninstall() *cobra.Command {
	return a.changeNode(&cobra.Command{
		Use:   "uninstall",
		Short: "Undo what install did; pods that run go on, and keep the programs until they end",
	}, (*install.Node).Uninstall)
}

func (a *app) nodeStatus() *cobra.Command {
	n := &install.Node{}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what is installed; the exit code is 1 if something is missing or other than this program",
		Args:  noMore(0),
		RunE: func(*cobra.Command, []string) error {
			var wrong error
			if self, err := os.Executable(); err == nil {
				n.Program, n.Shim = self, filepath.Join(filepath.Dir(self), install.ShimName)
			}
			for _, c := range n.Status() {
				state := "ok"
				if c.Err != nil {
					state, wrong = plainError(c.Err), &statusError{exitFailure}
				}
				if _, err := fmt.Fprintf(a.stdout, "%-28s %s\n", c.Name, state); err != nil {
					return errors.Join(wrong, err)
				}
			}
			return wrong
		},
	}
	nodeFlags(cmd, n)
	return cmd
}

// houseFlags are those of commands that ask something of the node's cache.
func (a *app) houseFlags(cmd *cobra.Command, n *install.Node) *install.House {
	h := &install.House{Stdout: a.stdout, Stderr: a.stderr}
	nodeFlags(cmd, n)
	cmd.Flags().StringVar(&h.Address, "address", "/run/containerd/containerd.sock", "containerd's socket, a `FILE`")
	cmd.Flags().StringVar(&h.Namespace, "namespace", "k8s.io", "the `NAME` of containerd's namespace; Kubernetes' is k8s.io")
	for _, other := range []string{"containerd-config", "service"} {
		_ = cmd.Flags().MarkHidden(other) // they change nothing here
	}
	return h
}

func (a *app) nodePrewarm() *cobra.Command {
	var h *install.House
	var env []string
	n := &install.Node{}
	cmd := &cobra.Command{
		Use:   "prewarm IMAGE...",
		Short: "Compile images that containerd has, before their first pod",
		Long: `node prewarm does with images what the first pod of each would wait for: it links and
compiles them into the node's cache, where pods find it. containerd must have the images. A
variable that a manifest needs and has no default for is given by --env.`,
		Example: `  sudo crictl pull ghcr.io/acme/orders:1.0
  sudo sidecall node prewarm ghcr.io/acme/orders:1.0`,
		RunE: func(_ *cobra.Command, images []string) error {
			if len(images) == 0 {
				return &usageError{message: "node prewarm: which image?", hint: "name one that containerd has: sidecall node prewarm IMAGE"}
			}
			var variables []string
			for _, text := range env {
				v, err := parseEnv(text)
				if err != nil {
					return err
				}
				variables = append(variables, v.Name+"="+v.Value)
			}
			var wrong error
			for _, image := range images {
				wrong = errors.Join(wrong, houseError(n.Prewarm(*h, image, variables)))
			}
			return wrong
		},
	}
	h = a.houseFlags(cmd, n)
	cmd.Flags().StringArrayVar(&env, "env", nil, "a variable for manifests, `NAME=VALUE` or sidecall's own NAME; may be repeated")
	return cmd
}

func (a *app) nodePrune() *cobra.Command {
	var h *install.House
	n := &install.Node{}
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove from the node's cache what no pod uses and its limits do not allow",
		Long: `node prune does now what the shim does when pods come and go: of what no container uses
it removes artifacts that containerd has no image of any more, those that were not used for a
week, and more, the longest unused first, until the cache has at most 10 GiB and a tenth of its
disk is free. /etc/sidecall/node.yaml may say other limits.`,
		Args: noMore(0),
		RunE: func(*cobra.Command, []string) error { return houseError(n.Prune(*h)) },
	}
	h = a.houseFlags(cmd, n)
	return cmd
}

// houseError leaves out that a program failed which has said why.
func houseError(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &statusError{exitFailure}
	}
	return err
}
