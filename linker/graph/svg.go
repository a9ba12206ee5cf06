package graph

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"unicode/utf8"

	"github.com/sidecall/sidecall/components/printable"
)

// Lengths in a picture, in pixels. Text is given the length that it was reckoned with, so
// that it fits whatever font there is.
const (
	charWidth  = 73 // of ten characters of the widest usual font
	lineHeight = 17
	padding    = 10
	margin     = 24
	gapY       = 22
	gutter     = 30
	maxText    = 64 // characters of a line
	maxNames   = 16 // lines of a label
)

// style is for light and dark screens: the picture has its own ground.
const style = `text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2933}
.name{font-weight:bold}.dim{fill:#52606d}.host{fill:#7b5a12}
.box{fill:#eef4fb;stroke:#4a6fa5;stroke-width:1.2}.entry{stroke-width:2.6}.unused{stroke-dasharray:5 4;fill:#f5f5f5}.single{fill:#f1ecfa;stroke:#6b4fa0}
.edge{fill:none;stroke:#52606d;stroke-width:1.3}`

// SVG writes the graph as a picture that needs nothing but a browser. What the host
// provides stands in the box of who has it.
func (g *Graph) SVG(w io.Writer, view HostView) error {
	es := g.edges(view)
	bs, columns, err := g.boxes(es)
	if err != nil {
		return err
	}
	hosts := make([][]string, len(g.Components))
	for _, e := range es {
		if e.to == Host {
			hosts[e.from] = cut(e.names)
		}
	}
	for i := range bs {
		b := &bs[i]
		if b.component >= 0 {
			b.lines = g.boxText(b.component, hosts[b.component])
			b.h = padding
		} else {
			b.lines = cut(b.lines)
		}
		for k := range b.lines {
			b.lines[k] = short(printable.Text(b.lines[k]))
			b.w = max(b.w, textWidth(b.lines[k])+2*padding)
		}
		b.h += max(1, len(b.lines)) * lineHeight
	}
	width, height := arrange(bs, columns, gapY, gutter)
	width, height = width+2*margin, height+2*margin+lineHeight

	var out bytes.Buffer
	title := short(printable.Text(g.Name))
	width = max(width, textWidth(title)+2*margin)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", width, height, width, height)
	fmt.Fprintf(&out, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(title), style)
	out.WriteString(`<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#52606d"/></marker></defs>` + "\n")
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	writeText(&out, margin, margin-4, "name", title)
	fmt.Fprintf(&out, `<g transform="translate(%d %d)">`+"\n", margin, margin+lineHeight/2)
	for i := range bs {
		drawLines(&out, bs, i)
	}
	used := g.used()
	for i := range bs {
		if b := &bs[i]; b.component >= 0 {
			g.drawComponent(&out, b, used[b.component], len(hosts[b.component]))
		} else {
			for k, line := range b.lines {
				writeText(&out, b.x+padding, b.y+k*lineHeight+13, "dim", line)
			}
		}
	}
	out.WriteString("</g>\n</svg>\n")
	return flush(w, &out)
}

// boxText are the lines of a component's box.
func (g *Graph) boxText(i int, host []string) []string {
	c := g.Components[i]
	name := c.Name
	switch {
	case i == g.Main:
		name += " (main)"
	case i == g.Handler:
		name += " (handler)"
	}
	if c.Store > 0 {
		name += " (singleton)"
	}
	lines := []string{name, c.File}
	if c.Image != "" {
		lines = []string{name, c.Image, fmt.Sprintf("%.19s…", c.Digest)}
	}
	if len(host) > 0 {
		lines = append(lines, "from the host:")
	}
	return append(lines, host...)
}

func (g *Graph) drawComponent(out *bytes.Buffer, b *box, used bool, host int) {
	class := "box"
	switch {
	case b.component == g.Main || b.component == g.Handler:
		class += " entry"
	case !used:
		class += " unused"
	}
	if g.Components[b.component].Store > 0 {
		class += " single"
	}
	fmt.Fprintf(out, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="5"/>`+"\n", class, b.x, b.y, b.w, b.h)
	for k, line := range b.lines {
		class := "dim"
		switch {
		case k == 0:
			class = "name"
		case k >= len(b.lines)-host:
			class = "host"
		}
		writeText(out, b.x+padding, b.y+padding/2+k*lineHeight+13, class, line)
	}
}

// drawLines draws the lines that come to a box. A label is underlined by its own edge,
// which goes on from there.
func drawLines(out *bytes.Buffer, bs []box, i int) {
	b := &bs[i]
	for k, n := range b.before {
		from := &bs[n]
		x1, y1, x2, y2, arrow := from.x+from.w, from.out(), b.x, b.out(), ""
		if b.component >= 0 {
			y2 = b.y + b.h*(k+1)/(len(b.before)+1)
			arrow = ` marker-end="url(#to)"`
		}
		mid := (x1 + x2) / 2
		fmt.Fprintf(out, `<path class="edge" d="M%d %dC%d %d %d %d %d %d"%s/>`+"\n", x1, y1, mid, y1, mid, y2, x2, y2, arrow)
	}
	if b.component < 0 {
		fmt.Fprintf(out, `<path class="edge" d="M%d %dH%d"/>`+"\n", b.x, b.out(), b.x+b.w)
	}
}

// out is where lines leave a box: below the text of a label, in the middle of others.
func (b *box) out() int {
	if b.component < 0 && len(b.lines) > 0 {
		return b.y + len(b.lines)*lineHeight + 1
	}
	return b.middle()
}

func writeText(out *bytes.Buffer, x, y int, class, text string) {
	fmt.Fprintf(out, `<text class="%s" x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs">%s</text>`+"\n",
		class, x, y, textWidth(text), html.EscapeString(text))
}

func textWidth(s string) int {
	n := 0
	for _, r := range s {
		if n++; r >= 0x1100 { // most of what is as wide as two
			n++
		}
	}
	return (n*charWidth + 9) / 10
}

// short leaves out the middle of long text: the ends of names tell them apart.
func short(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	r := []rune(s)
	return string(r[:maxText/2-1]) + "…" + string(r[len(r)-maxText/2:])
}

// cut bounds the lines of one label.
func cut(names []string) []string {
	if len(names) <= maxNames {
		return append([]string(nil), names...)
	}
	return append(append([]string(nil), names[:maxNames-1]...), fmt.Sprintf("… and %d more", len(names)-maxNames+1))
}
