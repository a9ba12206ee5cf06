// Package operator is what the operator of a node says of pods on it: how large the node's
// cache may be, and what of a manifest's grants is honoured here. It narrows; nothing that a
// pod or its image did not ask for is given by it.
//
// In: the file node.yaml, which is root's alone. Out: Node. Next: shim, and by the
// container's configuration cmd/sidecall. Must not import: containerd, linker, host.
package operator
