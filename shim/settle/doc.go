// Package settle gives back the memory that a process needed to start, or to answer,
// once it has nothing to do. A pod is billed for what it holds, and pods wait most of
// the time.
//
// In: nothing but the process itself, and what else it can do without. Out: memory.
// Next: the shim, and process 1 of a container. Must not import: anything of ours.
//
// Three things are given back. What the caller names, such as instances that wait for
// calls. The Go heap's free pages. And the pages of the program's own file that are mapped:
// initialisation and linking touch most of them, waiting touches few. They stay in the
// system's cache, where the next use finds them, for half a microsecond each, and where
// they are the first to go when memory is short.
//
// On other systems than Linux nothing is.
package settle
