// Package validate decides whether a decoded component obeys every validation
// rule of the specification, core modules inside it included, and gives every
// index of it a type.
//
// In: *components.Component. Out: *Typed, or an *Error that names what, where and
// the rule. Next: linker/resolve and linker/compile. Must not import: linker,
// host, plugins, wazero.
//
// What is accepted is what WASI 0.2 shipped, read with the newest text of the
// specification; everything gated is refused by an error that names the feature.
// Names of dependencies, URLs and hashes, which have left the specification since,
// are still accepted for imports.
//
// Definitions are validated in their order, each against the index spaces as they
// are then (scope). Types are package wit's: structural, except for resource
// types, whose pointer is their identity. Whether a type may be used by an import
// or export is decided by the name that it was made with (wit.Type.Named): the
// import or export that introduced the type index which it was built from. What
// was made from an index that is exported later has no name by that, as the
// specification has it.
//
// Standalone says besides whether a host can run a component by itself.
package validate
