// Package diag holds what the linker tells a user: problems with a place, a cause
// and what to write instead, as many as one run finds.
//
// In: problems found by linker/manifest, linker/resolve and linker. Out: List.
// Next: cmd prints it and chooses the exit code. Must not import: anything of ours.
package diag
