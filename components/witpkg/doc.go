// Package witpkg reads WIT packages in their binary form, as `wasm-tools
// component wit --wasm` writes them: a component that exports a component type for
// each interface and each world of the package.
//
// A resource type is one *wit.Resource in all interfaces that mention it, so that
// wasi:http/types returns the very output-stream of wasi:io/streams.
//
// In: the bytes of one or more packages. Out: interfaces with their types.
// Next: plugins, which implement them. Must not import: anything of ours but
// components/binary, components/validate, wit.
package witpkg
