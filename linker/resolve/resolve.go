package resolve

import (
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// HostInterface is something that the host offers to components.
type HostInterface = graph.HostInterface

// Catalog is all that the host offers.
type Catalog []HostInterface

// Loaded is a component whose file was read and found valid.
type Loaded struct {
	Typed  *validate.Typed
	Digest string
}

// Graph resolves a composition. comps are the manifest's components, in its order,
// nil for those that could not be loaded: what they would provide is not reported
// as missing. The Graph is nil if the list has errors or a component is missing.
func Graph(m *manifest.Manifest, comps []*Loaded, cat Catalog) (*graph.Graph, diag.List) {
	r := newResolver(m, comps, cat)
	r.chains()
	r.httpChain()
	for i := range r.nodes {
		r.edges(i)
	}
	r.byPasses()
	r.reach()
	r.cycles()
	r.unused()
	r.grants()
	r.instances()
	r.types()
	r.diags.Sort()
	if r.diags.HasErrors() || r.incomplete {
		return nil, r.diags
	}
	return r.graph(), r.diags
}

// resolver holds what is known while a composition is resolved.
type resolver struct {
	m     *manifest.Manifest
	cat   Catalog
	host  *hostIndex
	nodes []*node
	// main is the index of the main component.
	main int
	// handler is the component that requests come to, place the places in http.chain
	// of those that are in it.
	handler int
	place   map[int]int
	// incomplete is set if a component could not be loaded.
	incomplete bool
	// order lists what main and handler reach, providers first.
	order []int
	diags diag.List
}

// node is one component.
type node struct {
	*manifest.Component
	loaded *Loaded
	// typ is the component's type, empty if it could not be loaded.
	typ *wit.ComponentType
	// exports finds its exports, importing its imports.
	exports, importing *index
	// imports are the edges, as far as they are known; ok tells for which imports.
	imports []graph.Import
	at      []diag.Pos // where the manifest says so, or the component's place
	ok      []bool
	// behind tells what chains put behind this component, by the index of the import.
	behind map[int]link
	// others are imports that nothing provides, of releases of WASI that are not offered.
	others map[release][]string
	// used is set if main reaches it.
	used bool
	// store is the graph's (instances.go).
	store int
}

func newResolver(m *manifest.Manifest, comps []*Loaded, cat Catalog) *resolver {
	r := &resolver{m: m, cat: cat, host: newHostIndex(cat), place: map[int]int{}}
	for i := range m.Components {
		n := &node{Component: &m.Components[i], loaded: comps[i], typ: &wit.ComponentType{}, behind: map[int]link{}}
		if comps[i] == nil {
			r.incomplete = true
		} else {
			n.typ = comps[i].Typed.Type
		}
		n.exports, n.importing = newIndex(n.typ.Exports), newIndex(n.typ.Imports)
		count := len(n.typ.Imports)
		n.imports, n.at, n.ok = make([]graph.Import, count), make([]diag.Pos, count), make([]bool, count)
		r.nodes = append(r.nodes, n)
		if n.Name == m.Main {
			r.main = i
		}
	}
	return r
}

// find returns the index of a component by name; the manifest has checked names.
func (r *resolver) find(name string) int {
	for i, n := range r.nodes {
		if n.Name == name {
			return i
		}
	}
	return graph.Host
}

func (r *resolver) report(s diag.Severity, p diag.Pos, hint string, details []string, format string, args ...any) {
	r.diags.Add(diag.Diagnostic{Severity: s, Stage: diag.Link, Pos: p, Message: fmt.Sprintf(format, args...), Details: details, Hint: hint})
}

// reach marks what main and handler need, in the order in which to instantiate it.
func (r *resolver) reach() {
	var visit func(i int)
	visit = func(i int) {
		n := r.nodes[i]
		if n.used {
			return
		}
		n.used = true
		for k, e := range n.imports {
			if n.ok[k] && e.Provider >= 0 {
				visit(e.Provider)
			}
		}
		r.order = append(r.order, i)
	}
	visit(r.main)
	visit(r.handler)
}

// graph is the result; every edge of every component in the order is known.
func (r *resolver) graph() *graph.Graph {
	g := &graph.Graph{Name: r.m.Name, Main: r.main, Handler: r.handler, Order: r.order}
	for _, n := range r.nodes {
		c := &graph.Component{Name: n.Name, File: n.File, Image: n.Image, Digest: n.loaded.Digest, Pos: n.Pos, Typed: n.loaded.Typed,
			Grants: plan.Grants{Args: append([]string{n.Name}, n.Args...), Cwd: n.Cwd, Env: n.Env, Files: n.Files,
				Sockets: n.Sockets, OutboundHosts: n.OutboundHosts, Config: n.Config, Buckets: n.Buckets}, Store: n.store}
		for k := range n.imports {
			if n.ok[k] {
				c.Imports = append(c.Imports, n.imports[k])
			}
		}
		g.Components = append(g.Components, c)
	}
	return g
}

// entry is manifest text for an import: the lines below the component's name.
func entry(component, name, provider string) string {
	return component + ":\n  imports:\n    " + key(name) + ": " + provider
}

// key quotes a YAML key where it needs it.
func key(s string) string {
	if strings.ContainsAny(s, ":{}[],&*#?|-<>=!%@\"'` ") {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return s
}
