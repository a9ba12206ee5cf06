package install

import (
	"fmt"
	"path/filepath"
	"strings"
)

// ShimName is what containerd looks for in its PATH.
const ShimName = "containerd-shim-sidecall-v1"

// Node says where things are on a node.
type Node struct {
	// Root is the node's root directory, "/" unless a container has it elsewhere.
	Root string
	// Bin is where both programs go, and Config is containerd's configuration: paths in Root.
	Bin, Config string
	// Service is what systemd calls containerd.
	Service string
	// Program and Shim are the files to install.
	Program, Shim string
	// Cache is what the shim keeps on the node; "" for nothing to remove.
	Cache string
	// Say is told what Install replaces; it may be nil.
	Say func(text string)
	// Path is where the node's own programs are looked for; nil: where they usually are.
	Path []string
}

// Check is something that must be so on a node, and why it is not.
type Check struct {
	Name string
	Err  error
}

// InUse is the error of taking away what pods still run by.
type InUse struct{ Pods int }

func (e *InUse) Error() string {
	return fmt.Sprintf("%d of this node's pods still run by it, and need the programs: delete the pods and uninstall again", e.Pods)
}

// standardPath is what systemd and others give containerd as its PATH.
var standardPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// search is where programs of the node are; k3s has a containerd of its own.
func (n *Node) search() []string {
	if n.Path != nil {
		return n.Path
	}
	return append([]string{"/var/lib/rancher/k3s/data/current/bin", "/opt/bin"}, standardPath...)
}

func (n *Node) path(name string) string { return filepath.Join(n.Root, name) }

func (n *Node) template() bool { return strings.HasSuffix(n.Config, ".tmpl") }

type program struct{ from, to string }

func (n *Node) programs() []program {
	return []program{{n.Program, filepath.Join(n.Bin, "sidecall")}, {n.Shim, filepath.Join(n.Bin, ShimName)}}
}
