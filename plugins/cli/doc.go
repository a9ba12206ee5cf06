// Package cli implements what wasi:cli offers to commands: arguments, environment,
// exit, standard streams and terminals.
//
// In: what a component is granted, and the instance's standard streams. Out: the
// WIT interfaces. Next: whoever composes a host. Must not import: other plugins
// but io.
package cli

import "github.com/sidecall/sidecall/host"

// Interfaces returns the interfaces of wasi:cli, but for run, which is a guest's.
func Interfaces() []*host.Interface {
	return []*host.Interface{
		environment(), exit(), stdin(), stdout(), stderr(),
		terminalInput(), terminalOutput(), terminalStdin(), terminalStdout(), terminalStderr(),
	}
}
