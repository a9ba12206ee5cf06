package install

import (
	"io"
	"strings"
)

// House is what the shim is asked to do for a node's cache.
type House struct {
	// Address is containerd's socket, and Namespace the one that Kubernetes uses.
	Address, Namespace string
	Stdout, Stderr     io.Writer
}

// Prewarm prepares an image that containerd has, as its first container would: what follows
// starts with code that is there. env are variables for its manifest, NAME=value.
func (n *Node) Prewarm(h House, image string, env []string) error {
	return n.keepHouse(h, strings.NewReader(strings.Join(env, "\x00")), "prewarm", image)
}

// Prune removes from the node's cache what it need not have, now.
func (n *Node) Prune(h House) error { return n.keepHouse(h, nil, "prune") }
