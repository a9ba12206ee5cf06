// Package value is the Go form of component-level values.
//
// In: Go values. Out: Value, what host functions and callers of components hand
// over. Next: host. Must not import: anything of ours but wit.
package value
