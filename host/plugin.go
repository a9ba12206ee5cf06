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
	// Earlier is another shape that the interface has had under the same name, as drafts
	// have, nil if there is none: components that were built with it are linked to it.
	Earlier *Interface
}

// function is the implementation of a function whose type is one that the interface, or
// its earlier shape, has.
func (i *Interface) function(name string, t *wit.FuncType) Func {
	if i.Earlier != nil {
		if was, _ := i.Earlier.Type.Export(name); was == wit.ExternType(t) {
			return i.Earlier.Funcs[name]
		}
	}
	return i.Funcs[name]
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
