// Package linker links a composition: from a manifest and component files to a
// plan that the host can run.
//
// In: *manifest.Manifest, the files it names, the catalog of what the host offers.
// Out: *plan.Plan, the graph, and everything there is to say about both.
// Next: host. Must not import: host, plugins.
//
// Link (linker.go) is the list of passes:
//
//	load      read each file once                        load.go
//	decode    bytes → components.Component               components/preview1, components/binary
//	validate  types for everything in it                 components/validate
//	resolve   who provides what, with types that fit     linker/resolve → linker/graph
//	compile   symbolic instantiation                     linker/compile → linker/plan
package linker
