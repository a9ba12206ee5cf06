package cli

import (
	"os"

	"golang.org/x/term"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// The resources terminal-input and terminal-output have no functions: to have one
// is to know that the stream is a terminal.
type terminal struct{}

func terminalInput() *host.Interface  { return wit.Implement("wasi:cli/terminal-input", nil) }
func terminalOutput() *host.Interface { return wit.Implement("wasi:cli/terminal-output", nil) }

func terminalStdin() *host.Interface {
	return wit.Implement("wasi:cli/terminal-stdin", map[string]host.Func{
		"get-terminal-stdin": func(c *host.Call, _ []value.Value) (value.Value, error) {
			return ownTerminal(c, c.Stdio().In, "terminal-input"), nil
		},
	})
}

func terminalStdout() *host.Interface {
	return wit.Implement("wasi:cli/terminal-stdout", map[string]host.Func{
		"get-terminal-stdout": func(c *host.Call, _ []value.Value) (value.Value, error) {
			return ownTerminal(c, c.Stdio().Out, "terminal-output"), nil
		},
	})
}

func terminalStderr() *host.Interface {
	return wit.Implement("wasi:cli/terminal-stderr", map[string]host.Func{
		"get-terminal-stderr": func(c *host.Call, _ []value.Value) (value.Value, error) {
			return ownTerminal(c, c.Stdio().Err, "terminal-output"), nil
		},
	})
}

// ownTerminal makes a handle of the resource, which is also the interface's name,
// if stream is a terminal.
func ownTerminal(c *host.Call, stream any, resource string) value.Value {
	f, ok := stream.(*os.File)
	if !ok || !isTerminal(f) {
		return value.None()
	}
	return value.Some(c.Own(wit.Resource("wasi:cli/"+resource, resource), terminal{}))
}

// isTerminal asks without f.Fd, which would make reads of f uninterruptible.
func isTerminal(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	var is bool
	err = conn.Control(func(fd uintptr) { is = term.IsTerminal(int(fd)) })
	return err == nil && is
}
