// Package wit holds the vocabulary of the Component Model: names and versions
// and which of them are compatible, types of values, functions, instances,
// components and core modules, and the subtyping that decides whether one fits
// another.
//
// In: nothing. Out: immutable types that every later stage shares.
// Next: components, linker, host. Must not import: anything of ours.
package wit
