// Package manifest reads a composition's manifest: YAML of apiVersion
// sidecall.dev/v1alpha1 and kind Composition.
//
// In: bytes of a YAML file, or the files of a command line. Out: *Manifest, with
// the place of everything in it, and all problems at once.
// Next: linker/resolve. Must not import: linker/graph, linker/resolve,
// linker/compile, host, plugins.
//
// What may stand in a manifest is said once, in shape.go: the decoder, the
// messages and the JSON Schema are made from it.
package manifest
