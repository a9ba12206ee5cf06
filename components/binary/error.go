package binary

import (
	"fmt"
	"strings"
)

// Error says why bytes are not a component: what, and where.
type Error struct {
	// Offset is the byte position in the file.
	Offset int
	// Path is the nesting at that position, outermost first: "component 1", "type 4".
	// The numbers are those of the index spaces.
	Path []string
	// Msg says what is wrong, and what to do about it where that is known.
	Msg string
	// Feature names the gated feature that the bytes belong to, empty if none.
	Feature string
	// Found is what the file is, if it is no component at all.
	Found Format
}

// Error renders the position before the message.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Found == FormatUnknown { // of a file that is something else the position says nothing
		fmt.Fprintf(&b, "byte %d (%#x)", e.Offset, e.Offset)
		if len(e.Path) > 0 {
			b.WriteString(", in " + strings.Join(e.Path, ", "))
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}
