package resolve

import (
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
)

// cycles reports every cycle that a walk along the imports closes. Components link
// without cycles only: each is instantiated before those that import from it.
func (r *resolver) cycles() {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(r.nodes))
	var path []int // components on the way, and the import that leads on from each
	var via []int
	var visit func(i int)
	visit = func(i int) {
		state[i] = open
		path = append(path, i)
		for k, e := range r.nodes[i].imports {
			if !r.nodes[i].ok[k] || e.Provider < 0 {
				continue
			}
			via = append(via, k)
			switch state[e.Provider] {
			case unseen:
				visit(e.Provider)
			case open:
				r.cycle(path, via, e.Provider)
			}
			via = via[:len(via)-1]
		}
		path = path[:len(path)-1]
		state[i] = done
	}
	for i := range r.nodes {
		if state[i] == unseen {
			visit(i)
		}
	}
}

// cycle reports the part of a path that starts at component first.
func (r *resolver) cycle(path, via []int, first int) {
	for path[0] != first {
		path, via = path[1:], via[1:]
	}
	names := []string{}
	var details []string
	for s, i := range path {
		n := r.nodes[i]
		e := n.imports[via[s]]
		names = append(names, n.Name)
		details = append(details, n.Name+" imports "+e.Name+" from "+r.nodes[e.Provider].Name+" ("+e.Why.String()+")")
	}
	names = append(names, r.nodes[first].Name)
	last := path[len(path)-1]
	r.report(diag.Error, r.nodes[last].at[via[len(via)-1]], "give one of these imports another provider", details,
		"components import from each other in a circle: %s", strings.Join(names, " → "))
}
