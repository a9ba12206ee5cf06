// Package confine runs a program on what a stranger wrote, so that whatever becomes of it
// there it can do nothing to the node: it is no user of the node's, has no capability and
// cannot get one, sees an empty root with the directories that it was given, read-only, and
// a room of bounded size to write in, no other process, no network, no environment, and
// ends at bounds of processor time and memory.
//
// In: a static program and what it is to see. Out: a command to start. Next: the shim, which
// links and compiles in one. Must not import: anything of ours.
//
// It takes two steps. Namespaces are made by the kernel when the command is started; what is
// to be done in them, before the program, is done by the same executable that started it,
// whose main function therefore calls Main first. Nothing of a stranger's is read until then.
package confine
