// Package wasmtime runs components through wasmtime's C API, so that tests can
// compare what it makes of the scripts with what Sidecall does, and how fast both
// are. It is a module of its own, because it needs cgo and a large library; see
// README.md.
//
// In: components, calls as values of host/value. Out: values and errors.
// Next: its tests. Must not import: plugins.
package wasmtime

//go:generate sh -c "ln -sfn \"$(go list -m -f '{{.Dir}}' github.com/bytecodealliance/wasmtime-go/v39)/build/include\" include"
