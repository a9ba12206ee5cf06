package report

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style says how text for people is decorated. The zero Style is plain.
type Style struct{ Color bool }

// StyleFor decides for writer w: when is auto, always or never. With auto, colours
// are for terminals that can show them, unless NO_COLOR is set (https://no-color.org).
func StyleFor(w io.Writer, when string, getenv func(string) string) Style {
	switch when {
	case "always":
		return Style{Color: true}
	case "never":
		return Style{}
	}
	return Style{Color: IsTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	yellow = "1;33"
	blue   = "1;34"
	cyan   = "36"
)

// Head decorates the first line of a table.
func (s Style) Head(text string) string { return s.paint(bold, text) }

// Trouble decorates a number that should be zero.
func (s Style) Trouble(text string) string { return s.paint(red, text) }

func (s Style) paint(color, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// Error decorates the word that an error message begins with.
func (s Style) Error(text string) string { return s.paint(red, text) }

// Hint decorates the word that a hint begins with.
func (s Style) Hint(text string) string { return s.paint(cyan, text) }
