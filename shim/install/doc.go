// Package install sets up a node: both programs, and a containerd configuration that
// knows the runtime sidecall; and it undoes that.
//
// In: where things are on the node. Out: its files changed, each whole or not at all.
// Next: cmd/sidecall, for who sits at the node or runs a DaemonSet on it. Must not import:
// anything of ours.
//
//	Node                     install, uninstall, status, restart   node.go, node_linux.go
//	Add, Remove, Installed   the text of the configuration         config.go
//	                         files, whole, one at a time           files_linux.go
//
// The configuration is never written anew: what somebody put there, comments included,
// stays as it is, byte for byte, and our part is a marked block at its end. The node's
// containerd reads the result, with all that it imports, before it gets it.
package install
