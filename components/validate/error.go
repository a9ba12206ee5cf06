package validate

import (
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/wit"
)

// Error says which rule a component breaks, and where.
type Error struct {
	// Offset is the byte position in the file: of the definition, or of the place in
	// a core module.
	Offset int
	// Path is the nesting at that position, outermost first: "component 1",
	// "core module 0", "type 4". The numbers are those of the index spaces.
	Path []string
	// Msg names what is wrong, and the rule.
	Msg string
	// Feature is set if what the component uses belongs to a feature that is not
	// enabled.
	Feature Feature
	// Mismatches are the differences, if types do not fit.
	Mismatches []*wit.Mismatch
	// Err is the cause, if another package found the fault; it may be nil.
	Err error
}

// Error renders the position, the message and every difference, one to a line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "byte %d (%#x)", e.Offset, e.Offset)
	if len(e.Path) > 0 {
		b.WriteString(", in " + strings.Join(e.Path, ", "))
	}
	b.WriteString(": " + e.Msg)
	for _, m := range e.Mismatches {
		b.WriteString("\n\t" + m.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errorf makes an error at the definition that is being validated.
func (v *validator) errorf(format string, args ...any) error {
	return &Error{Offset: v.offset, Path: v.pathNow(), Msg: fmt.Sprintf(format, args...)}
}

// wrap makes an error from one of a name or a core module.
func (v *validator) wrap(err error, format string, args ...any) error {
	return &Error{Offset: v.offset, Path: v.pathNow(), Msg: fmt.Sprintf(format, args...) + ": " + err.Error(), Err: err}
}

// mismatch makes an error from differences between types.
func (v *validator) mismatch(ms []*wit.Mismatch, format string, args ...any) error {
	if v.check.Exhausted() {
		return v.tooMuch("comparing and copying types takes more than %d steps", v.opt.Limits.Work)
	}
	return &Error{Offset: v.offset, Path: v.pathNow(), Msg: fmt.Sprintf(format, args...), Mismatches: ms}
}

// gated makes an error about a feature that is not enabled.
func (v *validator) gated(f Feature, what string) error {
	return &Error{Offset: v.offset, Path: v.pathNow(), Feature: f,
		Msg: fmt.Sprintf("%s: the feature %s is not supported", what, f)}
}

// tooMuch makes an error about a limit.
func (v *validator) tooMuch(format string, args ...any) error {
	return v.errorf("the component is too complex: "+format, args...)
}

func (v *validator) pathNow() []string { return append([]string(nil), v.path...) }

// enter goes into a definition that has definitions of its own; the function that
// it returns leaves.
func (v *validator) enter(what string, index int) (leave func()) {
	v.path = append(v.path, fmt.Sprintf("%s %d", what, index))
	return func() { v.path = v.path[:len(v.path)-1] }
}
