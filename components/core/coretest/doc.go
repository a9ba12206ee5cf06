// Package coretest is for tests of what rewrites, compiles or runs core modules: it makes
// random valid modules of everything that components/core accepts. What they do does not
// depend on the engine: they end, NaNs whose bits the specification leaves open are made
// canonical, and none comes near the end of a stack.
//
// In: random bytes. Out: modules, and how to run them. Next: tests of components/core and
// linker. Must not import: anything of ours but components/core.
package coretest
