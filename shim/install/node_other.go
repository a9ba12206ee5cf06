//go:build !linux

package install

import (
	"errors"
	"io"
	"runtime"
)

// Install puts both programs and the runtime on the node, which runs Linux.
func (n *Node) Install() (restart bool, err error) { return false, onLinux() }

// Uninstall undoes what Install did.
func (n *Node) Uninstall() (restart bool, err error) { return false, onLinux() }

// Restart restarts what runs containerd.
func (n *Node) Restart() error { return onLinux() }

// Status looks at each thing that must be so.
func (n *Node) Status() []Check { return []Check{{"this machine", onLinux()}} }

func (n *Node) keepHouse(House, io.Reader, ...string) error { return onLinux() }

func onLinux() error {
	return errors.New("nodes run Linux: containerd and its shims are not for " + runtime.GOOS)
}
