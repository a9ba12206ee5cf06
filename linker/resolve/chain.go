package resolve

import (
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
)

// link is what a chain puts behind one of its components: the provider of that
// component's own import.
type link struct {
	provider int
	pos      diag.Pos
	// of is the component whose manifest entry the chain is, or requests.
	of int
}

// requests stands for http.chain.
const requests = -1

// chainName names the chain that a link is of.
func (r *resolver) chainName(l link) string {
	if l.of == requests {
		return "http.chain"
	}
	return "the chain of " + r.nodes[l.of].Name
}

// secondName is the hint about a component in two chains.
const secondName = "give the file a second name under components, and use one name in each chain"

// chains reads the manifest's entries and notes for each component in a chain who
// comes after it. It reports entries that select nothing.
func (r *resolver) chains() {
	for i, n := range r.nodes {
		if n.loaded == nil {
			continue
		}
		for k := range n.Imports {
			r.chainsOf(i, &n.Imports[k])
		}
	}
}

// chainsOf follows one entry for each of the imports that it decides.
func (r *resolver) chainsOf(i int, entry *manifest.Import) {
	n := r.nodes[i]
	matches, decides, helps := false, false, r.incomplete
	for k := range n.typ.Imports {
		name := n.typ.Imports[k].Name
		matches = matches || selects(entry.Selector, name) > 0
		if selected(n, name) != entry {
			continue
		}
		decides = true
		way := r.way(entry, name)
		helps = helps || len(way) > 0
		for s := 0; s+1 < len(way); s++ {
			if !r.behind(i, entry, way[s], way[s+1], name) {
				break
			}
		}
	}
	switch {
	case !matches:
		r.selectsNothing(n, entry)
	case !decides:
		r.report(diag.Warning, entry.Pos, "", nil, "components.%s.imports.%s has no effect: other entries name the same imports more exactly", n.Name, entry.Selector)
	case !helps:
		r.report(diag.Error, entry.Pos, "", nil, "%s has nothing of %s that %s imports", entry.Chain[0].Name, entry.Selector, n.Name)
	}
}

// behind puts next behind component at, in the chain of i's import of that name. It
// reports false if the chain ends here, by a mistake that has been told.
func (r *resolver) behind(i int, entry *manifest.Import, at, next int, name string) bool {
	o := r.nodes[at]
	pos := r.providerPos(entry, next)
	if o.loaded == nil {
		return false
	}
	found := false
	for k := range o.typ.Imports {
		// An import of the same interface, of whatever version the component was built with.
		if base(o.typ.Imports[k].Name) != base(name) {
			continue
		}
		found = true
		if old, twice := o.behind[k]; twice && old.provider != next {
			r.report(diag.Error, pos, secondName, nil, "%s stands in two chains for %s: here %s comes after it, but in %s it is %s (%s)",
				o.Name, name, r.providerName(next), r.chainName(old), r.providerName(old.provider), old.pos)
			return false
		}
		o.behind[k] = link{next, pos, i}
	}
	if !found {
		r.report(diag.Error, pos, "end the chain with "+o.Name, nil, "%s does not import %s, so %s behind it would never be called", o.Name, base(name), r.providerName(next))
	}
	return found
}

// selectsNothing reports an entry for an import that the component does not have.
func (r *resolver) selectsNothing(n *node, entry *manifest.Import) {
	var names, details []string
	for _, d := range n.typ.Imports {
		names = append(names, d.Name)
		if base(d.Name) != d.Name {
			names = append(names, base(d.Name))
		}
		details = append(details, "it imports "+d.Name)
	}
	hint := ""
	if near, ok := diag.Similar(entry.Selector, names); ok {
		hint = "did you mean " + near + "?"
	}
	if len(details) > maxListed {
		details = append(details[:maxListed], "…")
	}
	if len(details) == 0 {
		details = []string{"it imports nothing"}
	}
	r.report(diag.Error, entry.Pos, hint, details, "%s does not import %s", n.Name, entry.Selector)
}

// maxListed is how many names a message lists.
const maxListed = 12
