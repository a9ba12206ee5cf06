//go:build linux

package shim

import (
	"cmp"
	"context"
	"time"

	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/process"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/runc"
	runcclient "github.com/containerd/go-runc"
)

// sandboxID is the annotation by which CRI tells a container's pod.
const sandboxID = "io.kubernetes.cri.sandbox-id"

// siblingsTimeout is a part of the 5 seconds that containerd gives a call of delete.
const siblingsTimeout = 3 * time.Second

// endSiblings removes what runc has left of a pod's other containers when containerd
// cleans up behind the pod's shim, which is gone. Before 2.4 it asks for the sandbox alone,
// removes the others' bundles, and their cgroups would stay for ever; later versions ask
// for each, and twice does no harm.
func endSiblings(namespace, bundle, id string) {
	ctx, cancel := context.WithTimeout(context.Background(), siblingsTimeout)
	defer cancel()
	// Neither file need be there: then these are the defaults.
	binary, _ := runc.ReadRuntime(bundle)
	root := process.RuncRoot
	if o, err := runc.ReadOptions(bundle); err == nil && o != nil {
		root = cmp.Or(o.Root, root)
	}
	r := process.NewRunc(root, bundle, namespace, binary, false)
	all, err := r.List(ctx)
	if err != nil {
		return // what there is to say of runc, the call of delete says for the sandbox
	}
	for _, sibling := range siblings(all, id) {
		// What is left is the node's to clean up, as it was before.
		_ = r.Delete(ctx, sibling, &runcclient.DeleteOpts{Force: true})
	}
}

// siblings are the other containers of those that name a container as their pod's.
func siblings(all []*runcclient.Container, id string) (out []string) {
	for _, c := range all {
		if c.ID != id && id != "" && c.Annotations[sandboxID] == id {
			out = append(out, c.ID)
		}
	}
	return out
}
