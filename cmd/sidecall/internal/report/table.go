package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sidecall/sidecall/components/printable"
)

// Table is text in columns. The first row is the head.
type Table struct {
	// Left are how many columns from the left are aligned to the left; numbers come
	// after them. The last column, if Last is set, is aligned to the left as well.
	Left int
	Last bool
	rows [][]Cell
}

// Cell is one text of a table, and how it is decorated: nil for not at all.
type Cell struct {
	Text  string
	Paint func(string) string
}

// Row adds plain texts.
func (t *Table) Row(texts ...string) {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i].Text = text
	}
	t.Cells(row...)
}

// Cells adds a row.
func (t *Table) Cells(row ...Cell) {
	for i := range row {
		row[i].Text = printable.Text(row[i].Text)
	}
	t.rows = append(t.rows, row)
}

// Write writes the table with two blanks between columns, and none at a line's end.
func (t *Table) Write(w io.Writer, style Style) error {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.Text))
		}
	}
	var b strings.Builder
	for n, row := range t.rows {
		var line strings.Builder
		pending := 0 // blanks, which are written before the next text only
		for i, c := range row {
			if i > 0 {
				pending += 2
			}
			pad := widths[i] - utf8.RuneCountInString(c.Text)
			left := i < t.Left || t.Last && i == len(widths)-1
			if !left {
				pending += pad
			}
			if c.Text != "" {
				line.WriteString(strings.Repeat(" ", pending))
				pending = 0
				switch {
				case n == 0:
					line.WriteString(style.Head(c.Text))
				case c.Paint != nil:
					line.WriteString(c.Paint(c.Text))
				default:
					line.WriteString(c.Text)
				}
			}
			if left {
				pending += pad
			}
		}
		b.WriteString(line.String() + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
