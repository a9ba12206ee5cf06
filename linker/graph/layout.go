package graph

import (
	"errors"
	"slices"
)

// A picture has columns: components stand in the even ones, those that call to the left of
// those that they call, and the labels of edges in the odd ones between. An edge over
// several columns has an empty box in each that it crosses, so that nothing else stands in
// its way: lines run in the gaps between columns, or through boxes of their own.

// maxBoxes bounds a picture. One of that size is 10 MB, and nobody reads it.
const maxBoxes = 20000

var errTooLarge = errors.New("the composition is too large for a picture: it has more than 20000 boxes; print it as text or json")

// box is something with a place in a picture. Lengths are pixels.
type box struct {
	column, x, y, w, h int
	// before are the boxes from which a line comes to this one.
	before []int
	// component is the index of the component, -1 for others; edge that of the edge.
	component, edge int
	lines           []string
	place           float64 // where it wants to be in its column
}

func (b *box) middle() int { return b.y + b.h/2 }

// layers says in which layer each component stands: one behind all that call it.
func (g *Graph) layers(es []edge) []int {
	layer := make([]int, len(g.Components))
	callees := make([][]int, len(g.Components))
	calls := make([]int, len(g.Components))
	for _, e := range es {
		if e.to >= 0 {
			callees[e.from] = append(callees[e.from], e.to)
			calls[e.to]++
		}
	}
	var ready []int
	for i, n := range calls {
		if n == 0 {
			ready = append(ready, i)
		}
	}
	for ; len(ready) > 0; ready = ready[1:] {
		for _, to := range callees[ready[0]] {
			layer[to] = max(layer[to], layer[ready[0]]+1)
			if calls[to]--; calls[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return layer
}

// boxes makes the boxes of all columns: the first are the components, in their order. ends
// tells for each edge the last box before the component that it leads to.
func (g *Graph) boxes(es []edge) (bs []box, columns [][]int, err error) {
	layer := g.layers(es)
	last := 0
	for i := range g.Components {
		last = max(last, layer[i])
	}
	columns = make([][]int, 2*last+1)
	add := func(b box) (int, error) {
		if len(bs) == maxBoxes {
			return 0, errTooLarge
		}
		bs = append(bs, b)
		columns[b.column] = append(columns[b.column], len(bs)-1)
		return len(bs) - 1, nil
	}
	for i := range g.Components {
		if _, err := add(box{column: 2 * layer[i], component: i, edge: -1}); err != nil {
			return nil, nil, err
		}
	}
	for k, e := range es {
		if e.to < 0 {
			continue
		}
		at := e.from
		for column := 2*layer[e.from] + 1; column < 2*layer[e.to]; column++ {
			b := box{column: column, component: -1, edge: k, before: []int{at}}
			if at == e.from {
				b.lines = e.names
			}
			if at, err = add(b); err != nil {
				return nil, nil, err
			}
		}
		bs[e.to].before = append(bs[e.to].before, at)
	}
	return bs, columns, nil
}

// arrange orders the boxes of each column, so that few lines cross, and places them.
func arrange(bs []box, columns [][]int, gap, gutter int) (width, height int) {
	after := make([][]int, len(bs))
	for i := range bs {
		for _, b := range bs[i].before {
			after[b] = append(after[b], i)
		}
	}
	sweep := func(column []int, neighbours func(int) []int) {
		for _, i := range column {
			if ns := neighbours(i); len(ns) > 0 {
				sum := 0.0
				for _, n := range ns {
					sum += bs[n].place
				}
				bs[i].place = sum / float64(len(ns))
			}
		}
		slices.SortStableFunc(column, func(a, b int) int {
			switch {
			case bs[a].place < bs[b].place:
				return -1
			case bs[a].place > bs[b].place:
				return 1
			}
			return 0
		})
		for k, i := range column {
			bs[i].place = float64(k) - float64(len(column)-1)/2
		}
	}
	for range 4 {
		for _, c := range columns {
			sweep(c, func(i int) []int { return bs[i].before })
		}
		for _, c := range slices.Backward(columns) {
			sweep(c, func(i int) []int { return after[i] })
		}
	}
	x, top := 0, 0
	for _, c := range columns {
		wide := stack(bs, c, gap)
		for _, i := range c {
			bs[i].x, bs[i].w = x, wide
			top = min(top, bs[i].y)
		}
		x += wide + gutter
	}
	for i := range bs {
		bs[i].y -= top
		height = max(height, bs[i].y+bs[i].h)
	}
	for i := range bs { // lines that come in do not cross
		slices.SortStableFunc(bs[i].before, func(a, b int) int { return bs[a].y - bs[b].y })
	}
	return x - gutter, height
}

// stack places a column's boxes below each other, each near those before it.
func stack(bs []box, column []int, gap int) (wide int) {
	bottom, off, wanting := 0, 0, 0
	for k, i := range column {
		b := &bs[i]
		wide = max(wide, b.w)
		want, sum := bottom, 0
		if len(b.before) > 0 {
			for _, n := range b.before {
				sum += bs[n].middle()
			}
			want = sum/len(b.before) - b.h/2
		}
		b.y = want
		if k > 0 {
			b.y = max(want, bottom)
		}
		off, wanting = off+b.y-want, wanting+1
		bottom = b.y + b.h + gap
	}
	for _, i := range column {
		bs[i].y -= off / wanting
	}
	return wide
}
