// Package canontest is for tests of what executes Programs: a slow and literal
// interpreter of the specification's lifting, lowering and calls (Spec), a plain
// executor of Programs (Run), a model of the two component instances of a call
// that both work on (World), and random types and values.
//
// In: Programs, random bytes. Out: outcomes to compare. Next: tests of
// components/canon and linker/fuse. Must not import: anything of ours but wit and
// components/canon.
package canontest
