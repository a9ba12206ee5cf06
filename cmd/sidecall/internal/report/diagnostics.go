package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/linker/diag"
)

// Diagnostics writes each problem with the source line that it is about.
func Diagnostics(w io.Writer, style Style, list diag.List) error {
	out := bufio.NewWriter(w)
	sources := map[string][]string{}
	for _, d := range list {
		if p := d.Pos.String(); p != "" {
			out.WriteString(style.paint(bold, printable.Text(p)) + ": ")
		}
		out.WriteString(style.paint(severityColor(d.Severity), d.Severity.String()+":") + " " + printable.Text(d.Message) + "\n")
		excerpt(out, style, d.Pos, sources)
		for _, line := range d.Details {
			out.WriteString("    " + printable.Text(line) + "\n")
		}
		if d.Hint != "" {
			lines := strings.Split(printable.Lines(d.Hint, ""), "\n")
			out.WriteString("  " + style.Hint("hint:") + " " + lines[0] + "\n")
			for _, line := range lines[1:] {
				out.WriteString(strings.TrimRight("    "+line, " ") + "\n")
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing diagnostics: %w", err)
	}
	return nil
}

func severityColor(s diag.Severity) string {
	switch s {
	case diag.Error:
		return red
	case diag.Warning:
		return yellow
	}
	return blue
}

// excerpt shows the line at pos, with the word there marked.
func excerpt(out *bufio.Writer, style Style, pos diag.Pos, sources map[string][]string) {
	if pos.Line == 0 {
		return
	}
	lines, ok := sources[pos.File]
	if !ok {
		lines = sourceLines(pos.File)
		sources[pos.File] = lines
	}
	if pos.Line > len(lines) {
		return
	}
	text := strings.ReplaceAll(lines[pos.Line-1], "\t", " ")
	if len(text) > maxShown || strings.TrimSpace(text) == "" || text != printable.Text(text) {
		return
	}
	number := strconv.Itoa(pos.Line)
	out.WriteString(style.paint(dim, "  "+number+" |") + strings.TrimRight(" "+text, " ") + "\n")
	if pos.Column == 0 || pos.Column > utf8.RuneCountInString(text) {
		return
	}
	word := string([]rune(text)[pos.Column-1:])
	out.WriteString(style.paint(dim, "  "+strings.Repeat(" ", len(number))+" |") +
		strings.Repeat(" ", pos.Column) + style.paint(red, "^"+strings.Repeat("~", max(0, wordLength(word)-1))) + "\n")
}

// maxShown is the length in bytes from which a line is no help to a reader.
const maxShown = 200

// wordLength counts the characters up to the end of a YAML word.
func wordLength(s string) int {
	if end := strings.IndexAny(s, " ,]}"); end >= 0 {
		s = s[:end]
	}
	return utf8.RuneCountInString(strings.TrimSuffix(s, ":"))
}

// sourceLines reads a text file for its excerpts; one that cannot be shown has no
// lines.
func sourceLines(path string) []string {
	const limit = 1 << 20
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil || !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil
	}
	return strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
}

// problem is the JSON form of a diagnostic.
type problem struct {
	Severity string   `json:"severity"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Message  string   `json:"message"`
	Details  []string `json:"details,omitempty"`
	Hint     string   `json:"hint,omitempty"`
}

// DiagnosticsJSON writes the problems as one object: {"ok", "diagnostics"}; ok is
// true if none of them is an error.
func DiagnosticsJSON(w io.Writer, list diag.List) error {
	problems := make([]problem, 0, len(list))
	for _, d := range list {
		problems = append(problems, problem{
			Severity: d.Severity.String(), File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column,
			Message: d.Message, Details: d.Details, Hint: d.Hint,
		})
	}
	enc := json.NewEncoder(CleanJSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(struct {
		OK          bool      `json:"ok"`
		Diagnostics []problem `json:"diagnostics"`
	}{!list.HasErrors(), problems})
	if err != nil {
		return fmt.Errorf("writing diagnostics: %w", err)
	}
	return nil
}
