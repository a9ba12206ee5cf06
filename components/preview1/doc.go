// Package preview1 makes a component of a core module that is a WASI preview1 command: a
// program as GOOS=wasip1, wasi-libc, TinyGo and Rust's wasm32-wasip1 make them.
//
// In: the bytes of a file. Out: *components.Component: the file's own, or one around the
// module, which exports wasi:cli/run and imports what the module uses of WASI 0.2; or a
// *binary.Error. Next: components/validate. Must not import: anything of ours but
// components, components/binary, components/core, wit.
//
// # What is in the component
//
//	core module 0   the program, as it is
//	core module 1   the adapter (adapter.wasm, from adapter/*.c): preview1's functions,
//	                written with those of WASI 0.2. It keeps the table of open files
//	core module 2   the adapter's memory, with the arena in which the host leaves what it
//	                returns, and a table for what exists only once the program does
//	core module 3   a function for all that is not used
//	core module 4   what gets at the program's memory, put into that table; and run
//
// The adapter's memory is its own: the program's is reached through functions, and by the
// host directly where much is read or written. So neither can damage the other, and the
// program's memory grows as the program says.
//
// world.wasm, from wit/, has the types of all interfaces that the adapter knows. Of those the
// component imports only the functions which the functions that the program imports can call.
package preview1
