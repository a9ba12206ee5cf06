package resolve

import (
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/manifest"
)

// edges chooses the provider of every import of component i.
func (r *resolver) edges(i int) {
	n := r.nodes[i]
	before := len(r.diags)
	for k := range n.typ.Imports {
		if len(r.diags)-before == maxPerComponent {
			r.report(diag.Error, n.Pos, "", nil, "%s has more problems like these", n.Name)
			return
		}
		if e, at, ok := r.choose(i, k); ok {
			n.imports[k], n.at[k], n.ok[k] = e, at, true
		}
	}
	r.otherReleases(n)
}

// maxPerComponent bounds the problems reported about the imports of one component:
// each of them is compared with everything that has a name like it.
const maxPerComponent = 100

// choose applies the rules to import k of component i; at is the place that decided.
func (r *resolver) choose(i, k int) (e graph.Import, at diag.Pos, ok bool) {
	n := r.nodes[i]
	name := n.typ.Imports[k].Name
	entry := selected(n, name)
	behind, chained := n.behind[k]
	switch {
	case chained && entry != nil && r.entryTarget(n, entry, name) != behind.provider:
		r.report(diag.Error, entry.Pos, "", nil, "%s is to have %s from %s here, but %s puts %s behind it (%s)",
			n.Name, name, entry.Chain[0].Name, r.chainName(behind), r.providerName(behind.provider), behind.pos)
		return e, at, false
	case chained:
		return r.given(n, name, behind.provider, behind.pos, graph.Chain)
	case entry != nil:
		if to := r.entryTarget(n, entry, name); to != graph.Nothing {
			return r.given(n, name, to, r.providerPos(entry, to), graph.Explicit)
		}
	}
	if first, ok := r.entrance(i, name); ok {
		return r.given(n, name, first, n.Pos, graph.Chain)
	}
	return r.found(n, k, name)
}

// selected is the manifest's entry that names an import most exactly, nil without.
func selected(n *node, name string) *manifest.Import {
	var best *manifest.Import
	how := 0
	for i := range n.Imports {
		if s := selects(n.Imports[i].Selector, name); s > how {
			best, how = &n.Imports[i], s
		}
	}
	return best
}

// entryTarget is who an entry puts next to n: the first of its chain. If the entry
// selects a whole package it is the first that has the import's interface, and
// Nothing if none does: the other rules decide then.
func (r *resolver) entryTarget(n *node, entry *manifest.Import, name string) int {
	if !isPackage(entry.Selector) {
		return r.find(entry.Chain[0].Name)
	}
	if way := r.way(entry, name); len(way) > 0 {
		return way[0]
	}
	return graph.Nothing
}

// way is the chain of an entry for one import: all of it, or for an entry that
// selects a package those who have the import's interface.
func (r *resolver) way(entry *manifest.Import, name string) []int {
	var way []int
	for _, p := range entry.Chain {
		i := r.find(p.Name)
		if isPackage(entry.Selector) && !r.has(i, name) {
			continue
		}
		way = append(way, i)
	}
	return way
}

// has reports whether a provider offers what an import of that name can be given.
func (r *resolver) has(provider int, name string) bool {
	if provider == graph.Host {
		h, _ := r.host.named(name)
		return h != nil
	}
	return r.nodes[provider].exports.named(name) != nil
}

func (r *resolver) providerPos(entry *manifest.Import, to int) diag.Pos {
	for _, p := range entry.Chain {
		if r.find(p.Name) == to {
			return p.Pos
		}
	}
	return entry.Pos
}

// given makes the edge to a provider that the manifest names.
func (r *resolver) given(n *node, name string, to int, at diag.Pos, why graph.Rule) (graph.Import, diag.Pos, bool) {
	e := graph.Import{Name: name, Provider: to, Why: why}
	if to == graph.Host {
		e.Interface, e.Export = r.host.named(name)
		if e.Interface == nil {
			hint := r.similarHost(name)
			if es := r.exporters(n, name); hint == "" && len(es) > 0 {
				hint = r.nodes[es[0]].Name + " exports it"
			}
			r.report(diag.Error, at, hint, r.nearHost(name), "the host does not offer %s, which %s imports", name, n.Name)
		}
		e.Interface = fitting(e.Interface, n.importType(name))
		return e, at, e.Interface != nil
	}
	o := r.nodes[to]
	d := o.exports.named(name)
	if d == nil {
		if o.loaded != nil {
			r.report(diag.Error, at, "", r.exportsOf(o, name), "%s does not export %s, which %s imports", o.Name, name, n.Name)
		}
		return e, at, false
	}
	e.Export = d.Name
	return e, at, true
}

// found makes the edge of an import about which the manifest says nothing.
func (r *resolver) found(n *node, k int, name string) (graph.Import, diag.Pos, bool) {
	e := graph.Import{Name: name}
	es := r.exporters(n, name)
	switch {
	case len(es) == 1:
		d, _ := r.nodes[es[0]].exports.match(name)
		e.Provider, e.Export, e.Why = es[0], d.Name, graph.Exporter
		return e, n.Pos, true
	case len(es) > 1:
		r.ambiguous(n, name, es)
		return e, n.Pos, false
	}
	if h, export := r.host.match(name); h != nil {
		h = fitting(h, n.typ.Imports[k].Type)
		e.Provider, e.Interface, e.Export, e.Why = graph.Host, h, export, graph.Catalog
		return e, n.Pos, true
	}
	if needsNothing(n.typ.Imports[k].Type) {
		e.Provider = graph.Nothing
		return e, n.Pos, true
	}
	r.missing(n, k, name)
	return e, n.Pos, false
}

// ambiguous reports an import that several components export.
func (r *resolver) ambiguous(n *node, name string, es []int) {
	names := make([]string, len(es))
	var details []string
	var middle string
	for i, x := range es {
		o := r.nodes[x]
		names[i] = o.Name
		d, _ := o.exports.match(name)
		details = append(details, o.Name+" exports "+d.Name+" ("+o.Pos.String()+")")
		if d, _ := o.importing.match(name); d != nil {
			middle = o.Name
		}
	}
	hint := "say which one:\n" + entry(n.Name, name, names[0])
	for _, other := range names {
		if middle != "" && other != middle {
			hint = middle + " imports it too; to have it in between:\n" + entry(n.Name, name, "["+middle+", "+other+"]")
			break
		}
	}
	r.report(diag.Error, n.Pos, hint, details, "%s imports %s, which %s export", n.Name, name, strings.Join(names, " and "))
}
