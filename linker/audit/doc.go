// Package audit says what each component of a composition can reach, and through whom, and
// what of that grew from one composition to another.
//
// In: linker/graph. Out: a Report, as text or as JSON (schema.json), and a Diff of two.
// Next: people and pipelines. Must not import: linker/resolve, linker/compile, host,
// plugins.
package audit
