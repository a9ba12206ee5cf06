// Package resolve decides who provides each import of a composition, and checks
// that the types fit.
//
// In: a manifest, its components with their types, and the catalog of what the
// host offers. Out: *graph.Graph, and all problems at once, each at its place in
// the manifest with what to write instead.
// Next: linker/compile. Must not import: linker/compile, host, plugins.
//
// The rules, for each import, in this order (choose.go):
//
//  1. the manifest's entry for it, or the chain that the component stands in;
//  2. the one other component that exports its name;
//  3. the host;
//  4. nothing, if it is only types.
//
// A name fits exactly, or else by semver track (wit.Compatible); then the types
// must fit by subtyping (types.go).
package resolve
