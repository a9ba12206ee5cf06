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
//
// # Where a rule is
//
//	numbers                     limits.go
//	alignment, size             layout.go
//	flattening                  flatten.go
//	what is refused             accept.go
//	the walk: lift, lower,      translate.go (dispatch, strings, records), scalar.go,
//	load, store, all at once    list.go, variant.go; the places it goes between: location.go
//	the order of a call         call.go, resource.go
//	strings                     strings.go (checks, which way), store_string.go (allocation),
//	                            transcode.go (loops)
//	what an operation means     op.go; its operands: shape.go
//
// spec.txt says the same for each function of the specification.
//
// # Changing a rule
//
// Edit it where it is; run go test ./components/canon -update and read what
// changed in testdata, which shows every Program that the rule is part of; bring
// the literal form in canontest up to date, against which random calls are
// compared, and add a line to testdata/vectors. Nothing in linker or host changes
// unless there is a new operation.
package canon
