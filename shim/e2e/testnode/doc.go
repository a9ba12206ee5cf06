// Package testnode makes a node for tests: a containerd in the usual places, with the
// usual configuration, and a registry that it pulls every image from.
//
// In: isolated.sh, which gives a command a network, processes and mounts of its own, so
// that nothing of the machine is changed and nothing is left; programs in /usr/local/bin.
// Out: a running containerd, images. Must not import: anything of ours.
//
// It runs on Linux only, as root, and only inside of isolated.sh.
package testnode
