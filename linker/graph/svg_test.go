package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker/plan"
)

// several is a composition of n components, of which each calls the next, and others
// further on.
func several(n int, further ...int) *Graph {
	g := &Graph{Name: "test"}
	for i := range n {
		c := &Component{Name: fmt.Sprint("c", i), File: strings.Repeat("f", i%9) + ".wasm", Grants: plan.Grants{}}
		for _, by := range append([]int{1}, further...) {
			if i+by < n {
				c.Imports = append(c.Imports, Import{Name: fmt.Sprintf("a:b/to-%d", by), Provider: i + by})
			}
		}
		c.Imports = append(c.Imports, Import{Name: "wasi:io/poll@0.2.0", Provider: Host})
		g.Components = append(g.Components, c)
		g.Order = append([]int{i}, g.Order...)
	}
	return g
}

func TestBoxesDoNotOverlap(t *testing.T) {
	for _, further := range [][]int{nil, {2}, {3, 5}, {2, 3, 4, 7, 11}} {
		g := several(14, further...)
		bs, columns, err := g.boxes(g.edges(HostHidden))
		if err != nil {
			t.Fatal(err)
		}
		for i := range bs {
			bs[i].w, bs[i].h = 50+i%7, 10+i%11
		}
		width, height := arrange(bs, columns, gapY, gutter)
		for i := range bs {
			a := &bs[i]
			if a.x < 0 || a.y < 0 || a.x+a.w > width || a.y+a.h > height {
				t.Errorf("%v: box %d is outside of the picture: %+v", further, i, a)
			}
			for k := range bs[:i] {
				if b := &bs[k]; a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h+gapY && b.y < a.y+a.h+gapY {
					t.Errorf("%v: boxes %d and %d overlap: %+v, %+v", further, i, k, a, b)
				}
			}
			for _, n := range a.before {
				if bs[n].column != a.column-1 {
					t.Errorf("%v: the line from box %d to %d is over other columns", further, n, i)
				}
			}
		}
	}
}

func TestHostileNamesInPictures(t *testing.T) {
	g := several(3)
	g.Name, g.Components[0].File = "</title><script>", "a&b\"'<\x1b[2J\u202e\x00\xff]]>"
	g.Components[1].Image = strings.Repeat("<x>", 100)
	var first, again bytes.Buffer
	if err := errors.Join(g.SVG(&first, HostInterfaces), g.SVG(&again, HostInterfaces)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("the same graph makes two pictures")
	}
	text := first.String()
	for d := xml.NewDecoder(&first); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "x") {
			t.Errorf("there is an element %s", e.Name.Local)
		}
	}
	if strings.ContainsAny(text, "\x1b\u202e\x00") {
		t.Error("there are control characters")
	}
}

func TestTooLargeToDraw(t *testing.T) {
	if err := several(120, 60, 61).SVG(io.Discard, HostPackages); err != nil {
		t.Error(err)
	}
	if err := several(400, 200).SVG(io.Discard, HostPackages); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v", err)
	}
}
