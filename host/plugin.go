package host

import (
	"fmt"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// Interface is one WIT interface that the host offers to components.
type Interface struct {
	// Name is the full name with the newest version offered: "wasi:io/poll@0.2.12".
	// Imports of compatible versions are linked to it too. It is empty for functions
	// that components import by themselves, outside of any interface.
	Name string
	// Type is the interface's type. The *wit.Resource in it identify the host's
	// resource types.
	Type *wit.InstanceType
	// Funcs implements the functions of Type, by name ("[method]pollable.block"). A
	// function of Type that is not there traps with its name when it is called.
	Funcs map[string]Func
}

// Func implements a function of the host. args are the parameters, valid until it
// returns, except for the data they point to, which may be kept. The result is
// ignored for functions without one. An error ends the guest's call as a trap,
// with the error as its cause (ExitError: as an exit); what the interface itself
// can report is reported in the result.
//
// A Func may block; it should return when c.Context() is done.
type Func func(c *Call, args []value.Value) (value.Value, error)

// ExitError ends the whole run with a code, as wasi:cli/exit does. It is no trap.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("component exited with code %d", e.Code) }

// Dropper is implemented by objects of the host that are to be told when the last
// handle to them is gone.
type Dropper interface{ Drop() }
