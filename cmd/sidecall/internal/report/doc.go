// Package report writes to the terminal what went wrong: diagnostics with the line
// they are about, and guests' traps.
//
// In: diag.List, *host.Trap. Out: text or JSON. Next: nobody, the user reads it. Must
// not import: anything of ours but linker/diag and host.
package report
