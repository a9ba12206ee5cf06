package wit

import "strings"

// StepKind says what a step of a Mismatch's path goes into.
type StepKind uint8

const (
	StepImport StepKind = iota
	StepExport
	StepParam
	StepResult
	StepField
	StepCase
	StepElement
)

var stepNames = [...]string{"import", "export", "parameter", "result", "field", "case", "element"}

// Step is one step from a type into a part of it. A result and an element (of a
// list, option, …) have no name; a tuple's fields are named by their index.
type Step struct {
	Kind StepKind
	Name string
}

func (s Step) String() string {
	if s.Name == "" && (s.Kind == StepResult || s.Kind == StepElement) {
		return stepNames[s.Kind]
	}
	return stepNames[s.Kind] + " " + quote(s.Name)
}

// Mismatch is one place where a type does not fit what is expected.
type Mismatch struct {
	// Path leads from what was compared to the place, outermost first.
	Path []Step
	// Want and Got are the types there, in WIT syntax; Got is empty if there is
	// nothing.
	Want, Got string
	// Reason says what is wrong, where the types alone would not tell.
	Reason string
}

// reasonIdentity is the Reason of a Mismatch between two resource types.
const reasonIdentity = "the resource types are not the same"

// IsIdentity reports whether it is not the form of types that differs, but which
// resource type they are about.
func (m *Mismatch) IsIdentity() bool { return m.Reason == reasonIdentity }

// Error says where, what was wanted and what was found, in one line.
func (m *Mismatch) Error() string {
	var b strings.Builder
	for _, s := range m.Path {
		b.WriteString(s.String())
		b.WriteString(": ")
	}
	if m.Reason != "" {
		b.WriteString(m.Reason)
		if m.Want == "" && m.Got == "" {
			return b.String()
		}
		b.WriteString(": ")
	}
	b.WriteString("expected ")
	b.WriteString(m.Want)
	if m.Got != "" {
		b.WriteString(", found ")
		b.WriteString(m.Got)
	} else if m.Reason == "" {
		b.WriteString(", found nothing")
	}
	return b.String()
}
