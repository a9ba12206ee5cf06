package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
)

// Text writes the graph for people: every component with its imports.
func (g *Graph) Text(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "composition %s\n", g.Name)
	used := g.used()
	for i, c := range g.Components {
		fmt.Fprintf(&b, "\n%s", c.Name)
		switch {
		case i == g.Main:
			b.WriteString(" (main)")
		case i == g.Handler:
			b.WriteString(" (handler)")
		case !used[i]:
			b.WriteString(" (unused)")
		}
		if c.Store > 0 {
			b.WriteString(" (singleton)")
		}
		fmt.Fprintf(&b, "  %s\n", c.source())
		width := 0
		for k := range c.Imports {
			width = max(width, len(c.Imports[k].Name))
		}
		for k := range c.Imports {
			e := &c.Imports[k]
			fmt.Fprintf(&b, "  %-*s  → %s%s\n", width, e.Name, g.provider(e), e.other())
		}
	}
	return flush(w, &b)
}

// other tells the provider's own name of the import, if that is another.
func (e *Import) other() string {
	if e.Provider == Nothing || e.Export == e.Name {
		return ""
	}
	return " (" + e.Export + ")"
}

// Dot writes the graph for Graphviz.
func (g *Graph) Dot(w io.Writer, view HostView) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "digraph %q {\n  rankdir=LR\n  node [shape=box]\n", g.Name)
	used := g.used()
	for i, c := range g.Components {
		style := ""
		switch {
		case i == g.Main || i == g.Handler:
			style = " [penwidth=2]"
		case !used[i]:
			style = " [style=dashed]"
		case c.Store > 0:
			style = " [style=rounded]"
		}
		if c.Image != "" {
			style += fmt.Sprintf(" [label=%q]", c.Name+"\n"+c.source())
		}
		fmt.Fprintf(&b, "  %q%s\n", c.Name, style)
	}
	es := g.edges(view)
	for _, e := range es {
		if e.to == Host {
			b.WriteString("  \"host\" [shape=ellipse]\n")
			break
		}
	}
	for _, e := range es {
		fmt.Fprintf(&b, "  %q -> %q [label=\"%s\"]\n", g.Components[e.from].Name, g.target(e.to), strings.Join(e.names, `\n`))
	}
	b.WriteString("}\n")
	return flush(w, &b)
}

// Mermaid writes the graph as a Mermaid flowchart.
func (g *Graph) Mermaid(w io.Writer, view HostView) error {
	var b bytes.Buffer
	b.WriteString("flowchart LR\n")
	used := g.used()
	for i, c := range g.Components {
		note := ""
		switch {
		case i == g.Main:
			note = " (main)"
		case i == g.Handler:
			note = " (handler)"
		case !used[i]:
			note = " (unused)"
		case c.Store > 0:
			note = " (singleton)"
		}
		if c.Image != "" {
			note += "<br>" + html.EscapeString(c.source())
		}
		fmt.Fprintf(&b, "  c%d[\"%s%s\"]\n", i, c.Name, note)
	}
	es := g.edges(view)
	for _, e := range es {
		if e.to == Host {
			b.WriteString("  host([\"host\"])\n")
			break
		}
	}
	for _, e := range es {
		to := "host"
		if e.to >= 0 {
			to = fmt.Sprintf("c%d", e.to)
		}
		fmt.Fprintf(&b, "  c%d -->|\"%s\"| %s\n", e.from, strings.Join(e.names, "<br>"), to)
	}
	return flush(w, &b)
}

func (g *Graph) target(i int) string {
	if i == Host {
		return "host"
	}
	return g.Components[i].Name
}

// The JSON form. Field names are part of the command line's interface.
type (
	graphJSON struct {
		Name       string          `json:"name"`
		Main       string          `json:"main"`
		Handler    string          `json:"handler,omitempty"`
		Order      []string        `json:"order"`
		Components []componentJSON `json:"components"`
	}
	componentJSON struct {
		Name   string `json:"name"`
		File   string `json:"file"`
		Image  string `json:"image,omitempty"`
		Digest string `json:"digest"`
		Used   bool   `json:"used"`
		// Store numbers the stores of singletons: those of one number live together.
		Store   int          `json:"store,omitempty"`
		Exports []string     `json:"exports"`
		Imports []importJSON `json:"imports"`
	}
	importJSON struct {
		Name     string `json:"name"`
		Provider string `json:"provider,omitempty"`
		Export   string `json:"export,omitempty"`
		Rule     string `json:"rule,omitempty"`
	}
)

// JSON writes the graph for programs.
func (g *Graph) JSON(w io.Writer) error {
	used := g.used()
	j := graphJSON{Name: g.Name, Main: g.Components[g.Main].Name, Order: []string{}, Components: []componentJSON{}}
	if g.Handler != g.Main {
		j.Handler = g.Components[g.Handler].Name
	}
	for _, i := range g.Order {
		j.Order = append(j.Order, g.Components[i].Name)
	}
	for i, c := range g.Components {
		cj := componentJSON{Name: c.Name, File: c.File, Image: c.Image, Digest: c.Digest, Used: used[i], Store: c.Store, Exports: []string{}, Imports: []importJSON{}}
		for _, d := range c.Typed.Type.Exports {
			cj.Exports = append(cj.Exports, d.Name)
		}
		for k := range c.Imports {
			e := &c.Imports[k]
			ij := importJSON{Name: e.Name}
			if e.Provider != Nothing {
				ij.Provider, ij.Export, ij.Rule = g.provider(e), e.Export, e.Why.String()
			}
			cj.Imports = append(cj.Imports, ij)
		}
		j.Components = append(j.Components, cj)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(j); err != nil {
		return fmt.Errorf("writing the graph as JSON: %w", err)
	}
	return flush(w, &b)
}

func flush(w io.Writer, b *bytes.Buffer) error {
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the graph: %w", err)
	}
	return nil
}
