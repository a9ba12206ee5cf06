package io

import (
	"errors"
	"io/fs"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Error is behind the resource error: why an operation on a stream failed. Other
// interfaces look into it for codes of their own (filesystem-error-code, …).
type Error struct{ Err error }

// OwnError makes a handle of the resource error. The guest can read the text of
// err, so it must not tell what the guest may not know.
func OwnError(c *host.Call, err error) value.Value {
	return c.Own(wit.Resource("wasi:io/error", "error"), &Error{Err: err})
}

func errorInterface() *host.Interface {
	return wit.Implement("wasi:io/error", map[string]host.Func{
		"[method]error.to-debug-string": errorToDebugString,
	})
}

// CodeOf makes the function by which an interface answers for the errors of its
// streams (filesystem-error-code, …): an option of the code, none if the error is not
// an E.
func CodeOf[E error](show func(E) value.Value) host.Func {
	return wit.Method(func(_ *host.Call, e *Error, _ []value.Value) (value.Value, error) {
		var code E
		if !errors.As(e.Err, &code) {
			return value.None(), nil
		}
		return value.Some(show(code)), nil
	})
}

func errorToDebugString(_ *host.Call, args []value.Value) (value.Value, error) {
	e, err := host.Object[*Error](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return value.String(e.text()), nil
}

// text leaves out the paths that errors of package os have: they are the host's.
func (e *Error) text() string {
	var p *fs.PathError
	if errors.As(e.Err, &p) {
		return p.Err.Error()
	}
	return e.Err.Error()
}
