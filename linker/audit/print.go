package audit

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/sidecall/sidecall/components/printable"
)

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "composition %s\n", printable.Text(r.Composition))
	for i := range r.Components {
		c := &r.Components[i]
		note := ""
		switch {
		case c.Main:
			note = " (main)"
		case !c.Used:
			note = " (unused)"
		}
		fmt.Fprintf(&b, "\n%s%s  %s  %.19s\n", printable.Text(c.Name), note, printable.Text(c.File), c.Digest)
		writeReach(&b, c.Reach, "  ", false)
		for _, it := range c.Idle {
			fmt.Fprintf(&b, "  granted in vain: %s %s\n", it.Kind, it.text())
		}
		if len(c.Reach)+len(c.Idle) == 0 {
			b.WriteString("  reaches nothing\n")
		}
	}
	writeShared(&b, r.Shared, "\ncan pass data\n", "  ")
	for i, a := range r.Asks {
		if i == 0 {
			b.WriteString("\nthe image asks\n")
		}
		who, state := a.Component, "not granted: --allow "+a.Allow
		if who == "" {
			who = "the composition"
		}
		if a.Granted {
			state = "granted"
		}
		fmt.Fprintf(&b, "  %s to %s (%s)\n", printable.Text(who), printable.Text(a.Means), printable.Text(state))
	}
	return flush(w, &b)
}

// Text writes the difference for people: + is what grew, - what shrank.
func (d *Diff) Text(w io.Writer) error {
	var b bytes.Buffer
	for _, c := range d.Components {
		state := map[string]string{"same": "", "replaced": " (other bytes)"}[c.State]
		if c.State == "added" || c.State == "removed" {
			state = " (" + c.State + ")"
		}
		fmt.Fprintf(&b, "%s%s\n", printable.Text(c.Name), state)
		writeReach(&b, c.Grew, "  + ", true)
		writeReach(&b, c.Shrank, "  - ", true)
	}
	writeShared(&b, d.SharedGrew, "can pass data\n", "  + ")
	writeShared(&b, d.SharedShrank, "could pass data\n", "  - ")
	if b.Len() == 0 {
		b.WriteString("nothing changed\n")
	}
	return flush(w, &b)
}

// writeReach writes one line for each kind that is reached in one way, and each directory
// and component. Without tails, those that are reached through others stand below their way.
func writeReach(b *bytes.Buffer, list []Reach, indent string, tails bool) {
	before := ""
	for i := 0; i < len(list); {
		r, way := &list[i], list[i].way()
		texts := []string{r.text()}
		for i++; i < len(list) && r.Kind != Files && r.Kind != Components && list[i].Kind == r.Kind && list[i].way() == way; i++ {
			texts = append(texts, list[i].text())
		}
		in, tail := indent, ""
		switch {
		case way == "":
		case tails:
			tail = ", through " + way
		default:
			if in += "  "; way != before {
				fmt.Fprintf(b, "%sthrough %s\n", indent, way)
			}
		}
		before = way
		fmt.Fprintf(b, "%s%-13s  %s%s\n", in, r.Kind, strings.Join(texts, "; "), tail)
	}
}

// way are the calls of Through.
func (r *Reach) way() string {
	var b strings.Builder
	for i, s := range r.Through {
		if i > 0 {
			b.WriteString(" → ")
		}
		b.WriteString(printable.Text(s.Component + " by " + s.Interface))
	}
	return b.String()
}

func (r *Reach) text() string {
	text := r.Item.text()
	if len(r.Passes) > 0 {
		text += ", seen by " + printable.Text(strings.Join(r.Passes, ", "))
	}
	return text
}

func (it *Item) text() string {
	text := it.Value
	switch it.Kind {
	case Files:
		text += " as " + it.Guest
		if it.ReadOnly {
			text += ", read only"
		}
	case Args:
		text += " given"
	case Components:
		text += " by " + it.Interface
	}
	return printable.Text(text)
}

func writeShared(b *bytes.Buffer, list []Shared, head, indent string) {
	for i, s := range list {
		if i == 0 {
			b.WriteString(head)
		}
		what := map[string]string{KeyValue: "bucket ", Files: "directory ", Components: "component "}[s.Kind] + s.Value
		who := strings.Join(s.Between, ", ")
		switch {
		case s.Requests && len(s.Between) > 1:
			who += ", and one request to another"
		case s.Requests:
			who = "one request to another"
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, printable.Text(what), printable.Text(who))
	}
}

func flush(w io.Writer, b *bytes.Buffer) error {
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the audit: %w", err)
	}
	return nil
}
