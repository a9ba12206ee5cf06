// Package value converts between the JSON values of test scripts and values of
// the host, and compares them.
//
// In: JSON, WIT types, values. Out: values, or how they differ.
// Next: cmd/wast/internal/run. Must not import: anything of ours but host/value, wit.
package value
