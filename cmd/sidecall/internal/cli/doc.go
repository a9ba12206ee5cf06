// Package cli is the command line of sidecall: commands, flags, help, exit codes.
// It wires linker, host and plugins together and holds no rule of theirs.
//
// In: arguments, the environment, standard streams. Out: an exit code. Next: nobody.
// Must not import: the shim.
package cli
