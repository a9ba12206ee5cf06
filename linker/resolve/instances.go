package resolve

import (
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
)

// instances decides which components live together. What serves a request shares
// one store, made and closed as a whole: its policy is main's. A singleton beside it
// has a store of its own that all of those share, with the singletons that it calls,
// for which it is one instance to another.
func (r *resolver) instances() {
	whole := r.nodes[r.main].Instance.Policy
	if whole == "" {
		whole = manifest.PerRequest
	}
	for i, n := range r.nodes {
		if !n.used || i == r.main {
			continue
		}
		p := n.Instance.Policy
		if p != "" && p != whole && p != manifest.Singleton {
			r.report(diag.Error, n.Instance.Pos, "leave it out here, or write it for "+r.m.Main, nil,
				"components.%s.instance: %s is %s, but %s, which it works for, is %s; apart from singletons, the components that serve a request live and end together",
				n.Name, n.Name, p, r.m.Main, whole)
		}
		if n.Instance.Size > 0 || n.Instance.MaxInvocations > 0 || n.Instance.IdleTimeout > 0 {
			hint := "write it for " + r.m.Main
			if p == manifest.Singleton && whole != manifest.Singleton {
				hint = "leave it out: a singleton lives as long as the process, unless it traps"
			}
			r.report(diag.Error, n.Instance.Pos, hint, nil,
				"components.%s.instance: sizes and times count for the whole composition and are those of %s", n.Name, r.m.Main)
		}
	}
	if whole != manifest.Singleton {
		r.stores()
	}
}

// stores numbers the stores of singletons, in the order of instantiation.
func (r *resolver) stores() {
	single := func(i int) bool { return i != r.main && r.nodes[i].Instance.Policy == manifest.Singleton }
	stores := 0
	for _, i := range r.order {
		n := r.nodes[i]
		if !single(i) {
			continue
		}
		stores++
		n.store = stores
		for k, e := range n.imports {
			switch {
			case !n.ok[k] || e.Provider < 0:
			case single(e.Provider):
				r.join(r.nodes[e.Provider].store, n.store)
			default:
				r.report(diag.Error, n.Instance.Pos, "write instance: singleton for "+r.nodes[e.Provider].Name+" too, or for neither", nil,
					"components.%s.instance: %s is singleton, but has %s from %s, which is made for each request and gone after it",
					n.Name, n.Name, e.Name, r.nodes[e.Provider].Name)
			}
		}
	}
	// Joined stores have left numbers that nothing has.
	numbers := map[int]int{}
	for _, i := range r.order {
		n := r.nodes[i]
		if n.store == 0 {
			continue
		}
		if numbers[n.store] == 0 {
			numbers[n.store] = len(numbers) + 1
		}
		n.store = numbers[n.store]
	}
}

// join makes two stores one.
func (r *resolver) join(from, to int) {
	for _, n := range r.nodes {
		if n.store == from {
			n.store = to
		}
	}
}
