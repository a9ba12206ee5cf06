package diag

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Pos is a place in a file. Lines and columns count from 1; Line is 0 if the
// problem belongs to the whole file, Column if it belongs to the whole line.
type Pos struct {
	File         string
	Line, Column int
}

// String writes the place as editors and compilers do: "file:line:column".
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	return s
}

// Severity says how much a Diagnostic matters.
type Severity uint8

const (
	// Error: the composition cannot run.
	Error Severity = iota
	// Warning: it can run, but something is probably not what was meant.
	Warning
	// Note: worth knowing for who checks a composition, not for who runs it.
	Note
)

var severityNames = [...]string{"error", "warning", "note"}

// String is the word printed before the message.
func (s Severity) String() string { return severityNames[s] }

// Stage says which stage found a problem; exit codes depend on it.
type Stage uint8

const (
	// Manifest: the manifest itself is wrong.
	Manifest Stage = iota
	// Link: the manifest is well formed, but its components cannot be loaded or do
	// not fit together.
	Link
)

// Diagnostic is one problem.
type Diagnostic struct {
	Severity Severity
	Stage    Stage
	Pos      Pos
	// Message is one line without full stop.
	Message string
	// Details are further lines: a difference function by function, candidates.
	Details []string
	// Telling marks a note that matters to who serves the composition, too.
	Telling bool
	// Hint says what to do; manifest text to write stands on lines of its own.
	Hint string
}

// List is what one run found.
type List []Diagnostic

// Add appends a diagnostic.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Errors returns those of severity Error.
func (l List) Errors() List { return l.only(Error) }

// Warnings returns those of severity Warning.
func (l List) Warnings() List { return l.only(Warning) }

func (l List) only(s Severity) List {
	return slices.DeleteFunc(slices.Clone(l), func(d Diagnostic) bool { return d.Severity != s })
}

// HasErrors reports whether one of severity Error is among them.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Stage returns Manifest if an error of that stage is among them, else Link.
func (l List) Stage() Stage {
	for _, d := range l {
		if d.Severity == Error && d.Stage == Manifest {
			return Manifest
		}
	}
	return Link
}

// Sort orders by place, as a reader of the file meets them, keeping the order of
// those that share one.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		if c := strings.Compare(a.Pos.File, b.Pos.File); c != 0 {
			return c
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
}

// Print writes every diagnostic, its details and its hint.
func (l List) Print(w io.Writer) error {
	for _, d := range l {
		if _, err := io.WriteString(w, d.text()); err != nil {
			return fmt.Errorf("printing diagnostics: %w", err)
		}
	}
	return nil
}

func (d Diagnostic) text() string {
	var b strings.Builder
	if p := d.Pos.String(); p != "" {
		b.WriteString(p + ": ")
	}
	b.WriteString(d.Severity.String() + ": " + d.Message + "\n")
	for _, line := range d.Details {
		b.WriteString("    " + line + "\n")
	}
	if d.Hint != "" {
		lines := strings.Split(d.Hint, "\n")
		b.WriteString("  hint: " + lines[0] + "\n")
		for _, line := range lines[1:] {
			b.WriteString("    " + line + "\n")
		}
	}
	return b.String()
}

// Err returns nil if no error is among them, and otherwise a *Failure.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &Failure{List: l.Errors()}
}

// Failure is a List of errors as one error value.
type Failure struct{ List List }

// Error is the printed list, without the last line's end.
func (f *Failure) Error() string {
	var b strings.Builder
	for _, d := range f.List {
		b.WriteString(d.text())
	}
	return strings.TrimSuffix(b.String(), "\n")
}
