// Package decide says whether a container is Linux or WebAssembly, from what can be
// known without running it.
//
// In: annotations, the image's manifest, the entrypoint's first bytes. Out: a Decision.
// Next: shim. Must not import: containerd.
package decide
