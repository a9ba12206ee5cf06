// Package wit holds the WIT declarations of the interfaces that the plugins
// implement, as text (text/, one file per interface) and compiled (host.wasm).
//
// In: the text, compiled by go generate. Out: the interfaces' types, for the
// plugins and, through them, for the linker. Next: the plugins. Must not import:
// the linker, or any other plugin.
package wit

//go:generate go run ./gen text host.wasm
