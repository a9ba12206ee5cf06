package resolve

import (
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/manifest"
)

// Explanation tells why an import of a component has the provider that it has, or none.
type Explanation struct {
	Component string `json:"component"`
	// Import is the import's name. If Absent is set the component has none of that name.
	Import string `json:"import"`
	Absent bool   `json:"absent,omitempty"`
	// Provider is who provides it, as a manifest names it, and Export what that calls it;
	// both are empty if nobody does.
	Provider string `json:"provider,omitempty"`
	Export   string `json:"export,omitempty"`
	// Rule says in words what decided, and At where.
	Rule string   `json:"rule"`
	At   diag.Pos `json:"-"`
	// Grants are what the manifest grants with it, and what it could.
	Grants []string `json:"grants,omitempty"`
	// Others could provide it, or nearly, and why they do not.
	Others []Candidate `json:"others,omitempty"`
	// Hint is what to write for another provider, or for one at all; it may be empty.
	Hint string `json:"hint,omitempty"`
}

// Candidate is one who could provide an import, and why it does not.
type Candidate struct {
	Name   string `json:"name"`
	Export string `json:"export"`
	Why    string `json:"why"`
}

// Explain explains the imports of a component that a selector names, as an entry of the
// manifest would; all of them if it is empty. ok is false if there is no such component.
// What is wrong with the composition does not keep it from that.
func Explain(m *manifest.Manifest, comps []*Loaded, cat Catalog, component, selector string) (list []Explanation, ok bool) {
	r := newResolver(m, comps, cat)
	i := r.find(component)
	if i < 0 {
		return nil, false
	}
	r.chains()
	r.httpChain()
	for k := range r.nodes {
		r.edges(k)
	}
	n := r.nodes[i]
	for k := range n.typ.Imports {
		if selector == "" || selects(selector, n.typ.Imports[k].Name) > 0 {
			list = append(list, r.explain(n, k))
		}
	}
	if len(list) == 0 && selector != "" {
		list = []Explanation{r.absent(n, selector)}
	}
	return list, true
}

func (r *resolver) explain(n *node, k int) Explanation {
	name := n.typ.Imports[k].Name
	e := &n.imports[k]
	x := Explanation{Component: n.Name, Import: name, At: n.Pos, Rule: "nothing provides it"}
	provider := graph.Nothing
	if len(r.exporters(n, name)) > 1 {
		x.Rule = "several components export it, and the manifest does not say which"
	}
	if n.ok[k] {
		provider = e.Provider
		x.At, x.Rule = n.at[k], r.rule(n, k)
		if provider != graph.Nothing {
			x.Provider, x.Export = r.providerName(provider), e.Export
		}
	}
	if provider == graph.Host {
		x.Grants = grantWords(n, name)
	}
	x.Others = r.others(n, name, provider)
	x.Hint = r.another(n, k, provider, x.Others)
	return x
}

// rule says in words what gave import k of n its provider.
func (r *resolver) rule(n *node, k int) string {
	e := &n.imports[k]
	switch {
	case e.Provider == graph.Nothing:
		return "it has only types, which need no provider"
	case e.Why == graph.Explicit:
		return "the manifest says so"
	case e.Why == graph.Exporter:
		return "it is the only component that exports it, and components come before the host"
	case e.Why == graph.Catalog:
		return "no component exports it, and the host offers it"
	}
	if link, ok := n.behind[k]; ok {
		return r.chainName(link) + " puts it behind " + n.Name
	}
	return "it is the first of http.chain"
}

// others lists who else exports an import of n, in whatever version, or offers it.
func (r *resolver) others(n *node, name string, provider int) []Candidate {
	var out []Candidate
	matching := len(r.exporters(n, name))
	for i, o := range r.nodes {
		if o == n || i == provider {
			continue
		}
		d, _ := o.exports.match(name)
		for _, export := range o.typ.Exports {
			if base(export.Name) != base(name) || d != nil && export.Name != d.Name {
				continue
			}
			why := whyNot(export.Name, name)
			if d != nil {
				why = r.notTaken(n, name, provider, matching)
			}
			out = append(out, Candidate{o.Name, export.Name, why})
		}
	}
	if provider == graph.Host {
		return out
	}
	found, _ := r.host.match(name)
	for i := range r.cat {
		h := &r.cat[i]
		if h.Name == "" || base(h.Name) != base(name) || found != nil && found.Name != h.Name {
			continue
		}
		why := whyNot(h.Name, name)
		if found != nil {
			why = "a component that exports it comes before the host"
			if provider != graph.Nothing && selected(n, name) != nil {
				why = "the manifest names another"
			}
		}
		out = append(out, Candidate{"host", h.Name, why})
	}
	return out
}

// notTaken says why a component whose export fits is not the provider.
func (r *resolver) notTaken(n *node, name string, provider, matching int) string {
	entry := selected(n, name)
	switch {
	case provider == graph.Nothing && matching > 1:
		return "it is one of several that export it, and the manifest does not say which"
	case entry != nil && !isPackage(entry.Selector):
		return "the manifest names another (" + entry.Pos.String() + ")"
	}
	return "a chain puts another behind " + n.Name
}

// another is what to write to have an import from somebody else.
func (r *resolver) another(n *node, k, provider int, others []Candidate) string {
	name := n.typ.Imports[k].Name
	for _, o := range others {
		fits := o.Name == "host"
		if i := r.find(o.Name); i >= 0 {
			d, _ := r.nodes[i].exports.match(name)
			fits = d != nil
		} else if found, _ := r.host.match(name); found == nil {
			fits = false
		}
		if link, chained := n.behind[k]; fits && chained {
			return "to have it from " + o.Name + ", change " + r.chainName(link) + " (" + link.pos.String() + ")"
		}
		if fits {
			return "to have it from " + o.Name + ", write:\n" + entry(n.Name, name, o.Name)
		}
	}
	if provider == graph.Nothing && !needsNothing(n.typ.Imports[k].Type) {
		return "add a component that exports " + name
	}
	return ""
}

// absent explains what a component does not import.
func (r *resolver) absent(n *node, selector string) Explanation {
	x := Explanation{Component: n.Name, Import: selector, Absent: true, At: n.Pos, Rule: n.Name + " does not import it"}
	var names []string
	for _, d := range n.typ.Imports {
		names = append(names, base(d.Name))
	}
	if near, ok := diag.Similar(base(selector), names); ok {
		x.Hint = "it imports " + near
	}
	x.Others = r.others(n, selector, graph.Nothing)
	for i := range x.Others {
		x.Others[i].Why = n.Name + " does not import it"
	}
	return x
}

// grantWords are the grants that an interface of the host is about, and where they stand.
func grantWords(n *node, name string) []string {
	var out []string
	for _, g := range grantsOf(n) {
		switch {
		case g.via != base(name):
		case g.given:
			out = append(out, g.key+" ("+g.pos.String()+")")
		case g.without[0] != "":
			out = append(out, "no "+g.key+": "+g.without[0])
		default:
			out = append(out, "no "+g.key)
		}
	}
	return out
}
