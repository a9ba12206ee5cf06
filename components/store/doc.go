// Package store keeps components and compositions as OCI artifacts: it packs them,
// pushes and pulls them, and keeps what was pulled on disk, by digest.
//
// In: components' bytes and a manifest, or the name of an image in a registry.
// Out: files: one component, or a directory with a manifest and its components.
// Next: cmd, and the containerd shim. Must not import: linker, host.
//
// One component is an artifact of CNCF TAG Runtime's "Wasm OCI Artifact" layout: a
// configuration of type application/vnd.wasm.config.v0+json and one layer of type
// application/wasm; a core module of WASI preview1 says so in its configuration. A composition has the same configuration type, the artifact type
// application/vnd.sidecall.composition.v1alpha1, the manifest as its first layer, and
// one layer for each component, so that compositions share the layers of components
// that they share.
//
// Whatever comes from a registry or a file is foreign: sizes are bounded before memory
// or disk is used, and every byte is checked against its digest before it gets a name.
package store
