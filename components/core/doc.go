// Package core reads, checks, rewrites and writes core WebAssembly modules.
//
//	In:    the bytes of one core module (a component's section 1, or a file), or a Builder.
//	Out:   *Module (immutable, keeps slices of the input), its import and export types,
//	       and a rewritten binary that the engine can run and that can be interrupted.
//	Next:  components/validate (types of core modules), linker/compile (wires the imports),
//	       host/engine (runs the rewritten binary).
//	Must not import: anything of this module, and no engine. Tests import wazero to compare.
//
// # What is accepted
//
// WebAssembly 2.0 (sign extension, saturating conversions, bulk memory, reference types, multiple
// values, 128-bit vectors) and, of later proposals: threads' atomics, tail calls, extended constant
// expressions, exception handling with try_table, and typed function references. Anything else is
// refused by an error that names it: garbage collection, multiple memories, 64-bit memories, custom
// page sizes, relaxed vectors, stack switching, the earlier exception handling, wide arithmetic.
//
// # The three steps
//
// Decode splits the file into sections and reads everything but function bodies. Validate reads each
// body once and type-checks it. Rewrite produces the binary that runs, see its documentation.
// One table (optable*.go) says for each opcode which immediates follow and, where that is regular,
// which operands it takes; one reader (instr.go) uses it, and Validate and Rewrite both read through it.
package core
