package core

import "fmt"

// Error reports a module that is malformed, invalid, or uses a feature that is not supported.
type Error struct {
	// Offset is where the fault was found, in bytes from the start of the file the module came from:
	// the base given to Decode plus the position in the module.
	Offset int
	// Msg says what is wrong, in the specification's words where it has some.
	Msg string
}

func (e *Error) Error() string { return fmt.Sprintf("at offset %#x: %s", e.Offset, e.Msg) }

// unsupported is the message for a feature which the engine cannot run.
func unsupported(feature string) string { return feature + " is not supported" }
