// Package plugins collects what a host offers to components. Each folder is one
// package of WIT, with one file for each interface, or more.
//
// In: nothing. Out: the interfaces, for host.Config and, through it, for the
// linker. Next: whoever composes a host. Must not import: the linker.
package plugins
