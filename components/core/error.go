package core

import (
	"fmt"
	"strings"
)

// Error reports a module that is malformed, invalid, or uses a feature that is not supported.
type Error struct {
	// Offset is where the fault was found, in bytes from the start of the file the module came from:
	// the base given to Decode plus the position in the module.
	Offset int
	// Msg says what is wrong, in the specification's words where it has some.
	Msg string
}

func (e *Error) Error() string { return fmt.Sprintf("at offset %#x: %s", e.Offset, e.Msg) }

// Feature names the feature which the engine cannot run, if that is what is wrong: "memory64",
// "garbage collection" and so on.
func (e *Error) Feature() string {
	feature, ok := strings.CutSuffix(e.Msg, notSupported)
	if !ok {
		return ""
	}
	feature, _, _ = strings.Cut(feature, " (")
	return feature
}

const notSupported = " is not supported"

// unsupported is the message for a feature which the engine cannot run: its name, and in
// parentheses what the module has of it.
func unsupported(feature string) string { return feature + notSupported }
