// Package plan is the data that linker and host share: a composition compiled to
// a flat list of steps, with everything resolved that can be before it runs.
//
// In: linker/compile makes it. Out: host executes it, step by step, in order.
// Next: host. Must not import: anything of ours but wit and components/canon.
package plan
