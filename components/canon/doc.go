// Package canon is the only home of canonical ABI rules: a rule is written here
// or nowhere.
//
// In: function types and canonical options. Out: Programs, lists of small
// operations over registers, the memories of two sides and Go values, which
// carry out one call from beginning to end (CanonicalABI.md, "canon lift",
// "canon lower"): checks of may_leave and may_enter, lifting and lowering, the
// call, post-return.
// Next: linker/fuse turns Programs into core WebAssembly, host executes them.
// Neither knows a limit, an alignment or a WIT type.
// Must not import: anything of ours but wit.
package canon
