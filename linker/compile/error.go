package compile

import "fmt"

// Error says why a composition that links cannot be compiled: it is beyond a
// limit, or a function's type is not supported.
type Error struct {
	// Component is the composition's component, Instance the path of the component
	// instance in it.
	Component, Instance string
	// Offset is the position in the component's file of the definition.
	Offset int
	Err    error
}

func (e *Error) Error() string {
	at := e.Component
	if e.Instance != "" && e.Instance != e.Component {
		at = e.Instance
	}
	return fmt.Sprintf("%s: at offset %#x: %v", at, e.Offset, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// LimitError says that a composition is larger than a limit allows.
type LimitError struct {
	// What is counted, and at most how many there may be.
	What string
	Max  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the composition has more than %d %s", e.Max, e.What)
}
