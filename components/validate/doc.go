// Package validate decides whether a decoded component obeys every validation
// rule of the specification, and gives every index of it a type.
//
// In: *components.Component. Out: *Typed, or an *Error that names what, where and
// the rule. Next: linker/resolve and linker/compile. Must not import: linker,
// host, plugins, wazero.
package validate
