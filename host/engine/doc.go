// Package engine runs core WebAssembly. It is the only package that imports
// wazero, and it hides from its callers what of wazero is inconvenient: names
// that are global, call engines that must not be re-entered, memory freed by
// whoever imports it, a cache that trusts its files, errors known only by text.
//
// In: core modules as bytes. Out: instances, functions, memories, globals, and
// faults as canon.TrapCode. Next: host.
// Must not import: anything of ours but components/canon.
package engine
