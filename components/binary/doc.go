// Package binary decodes the component binary format (Binary.md of the
// specification) into the model of package components. It checks the grammar and
// nothing else: that an index exists, that a name is well formed or that a core
// module is valid is decided later.
//
// In: the bytes of a file. Out: *components.Component, whose core modules and
// custom sections are views of those bytes, or an *Error.
// Next: components/validate. Must not import: anything of ours but components, wit.
package binary
