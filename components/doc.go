// Package components holds the static model of one component: what its binary
// says, nothing resolved, nothing checked beyond the grammar.
//
// In: bytes, decoded by components/binary. Out: *Component, immutable.
// Next: components/validate types it, linker/compile turns it into a plan.
// Must not import: anything of ours but wit.
package components
