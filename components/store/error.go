package store

import "fmt"

// Error says what is wrong with an image, or why it cannot be had.
type Error struct {
	// Ref is the image as the user named it, or a file.
	Ref string
	// Msg says what is wrong, Hint what to do, empty where Msg says it all.
	Msg, Hint string
	Err       error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Ref + ": " + e.Msg
	}
	return fmt.Sprintf("%s: %s: %v", e.Ref, e.Msg, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func foreign(ref, hint, format string, args ...any) error {
	return &Error{Ref: ref, Msg: fmt.Sprintf(format, args...), Hint: hint}
}
