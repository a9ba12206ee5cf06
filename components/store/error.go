package store

import (
	"fmt"
	"strings"
)

// Error says what is wrong with an image, or why it cannot be had.
type Error struct {
	// Ref is the image as the user named it, or a file.
	Ref string
	// Msg says what is wrong, Hint what to do, empty where Msg says it all.
	Msg, Hint string
	Err       error
}

func (e *Error) Error() string { return e.Ref + ": " + e.Reason() }

// maxReason bounds what an error says, in bytes: a media type may be megabytes.
const maxReason = 1000

// Reason says what is wrong, without what it is wrong with.
func (e *Error) Reason() string {
	text := e.Msg
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

func foreign(ref, hint, format string, args ...any) error {
	return &Error{Ref: ref, Msg: fmt.Sprintf(format, args...), Hint: hint}
}
