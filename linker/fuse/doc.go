// Package fuse turns calls between two components into core WebAssembly, so that
// they need not leave it.
//
// In: canon.Programs of calls between components, with what they refer to. Out:
// core modules, and what each import of theirs stands for.
// Next: linker/compile puts them into the plan.
// Must not import: the rest of the linker, host, wazero (but its tests do). It
// knows operations, and no rule of the canonical ABI.
//
// # Two memories, one module
//
// The engine gives a module one memory. A fused module imports the callee's, so
// that loads and stores there are instructions, and reaches the caller's through
// the functions of an accessor (Accessor), a module of a few instructions each
// which imports that memory. A call from module to module costs two nanoseconds,
// which is why the accessor's widest functions move 32 bytes.
//
// # What is left to the host
//
// Handles, borrow scopes, strings that change their encoding, text that is not
// ASCII, long copies, and traps are functions of the host: each such operation is
// a Program of its own (canon.Outline), carried by a trampoline that Module asks
// for.
package fuse
