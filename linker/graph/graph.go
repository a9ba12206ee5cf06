package graph

import (
	"fmt"

	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// Graph is a composition whose every import has a provider. It is immutable.
type Graph struct {
	Name string
	// Main is the component whose exports are the composition's.
	Main int
	// Handler is the component whose wasi:http/incoming-handler is the composition's:
	// Main, or the first of the manifest's http.chain.
	Handler int
	// Components are all that the manifest names, in its order.
	Components []*Component
	// Order lists the components to instantiate: those that Main and Handler reach,
	// providers before those they provide for.
	Order []int
}

// Component is one component of the composition.
type Component struct {
	Name string
	// File is where it came from, Digest the "sha256:…" of its bytes.
	File, Digest string
	// Image is its image's name, empty if it is a file.
	Image  string
	Pos    diag.Pos
	Typed  *validate.Typed
	Grants plan.Grants
	// Store is the plan's (plan.Component.Store): 0, or that of a singleton.
	Store int
	// Imports are the edges, one for each of Typed.Type.Imports, in that order.
	Imports []Import
}

// Providers that are no component of the composition.
const (
	// Host is the host's catalog.
	Host = -1
	// Nothing provides what needs no provider: a type, or an instance without exports.
	Nothing = -2
)

// Import is one edge: the import Name of a component is given Export of Provider.
type Import struct {
	Name     string
	Provider int
	// Export is the name that the provider's export has, or the host's interface. It
	// may be another version than Name.
	Export string
	// Interface is the host's, if Provider is Host. If its Name is empty, the import
	// is given its export Export, and the whole interface otherwise.
	Interface *HostInterface
	// Why says which rule chose the provider.
	Why Rule
}

// Rule is a rule of linking.
type Rule uint8

const (
	// Explicit: the manifest's entry names the provider.
	Explicit Rule = iota
	// Chain: the manifest's chain puts the provider behind the component.
	Chain
	// Exporter: it is the one component that exports the import's name.
	Exporter
	// Catalog: no component exports it, and the host offers it.
	Catalog
)

var ruleNames = [...]string{"manifest", "chain", "only exporter", "host"}

// String names the rule.
func (r Rule) String() string { return ruleNames[r] }

// HostInterface is something that the host offers to components.
type HostInterface struct {
	// Name is the full name with the newest version, "wasi:io/poll@0.2.12". It is
	// empty for a collection of things that components import by themselves: each
	// export of Type is then one of them.
	Name string
	// Type says what it exports. The *wit.Resource in it are the host's resource
	// types: the same in all interfaces that mention one.
	Type *wit.InstanceType
	// Modules are the bytes of the core modules that Type exports, by name.
	Modules map[string][]byte
	// Earlier is another shape of it under the same name, nil if there is none.
	Earlier *HostInterface
}

// Check reports what would make the graph useless to its readers: it is for tests,
// a Graph that resolve returns passes.
func (g *Graph) Check() error {
	if g.Main < 0 || g.Main >= len(g.Components) {
		return fmt.Errorf("main is %d of %d components", g.Main, len(g.Components))
	}
	done := map[int]bool{}
	for _, i := range g.Order {
		if i < 0 || i >= len(g.Components) || done[i] {
			return fmt.Errorf("component %d in the order is out of range or twice there", i)
		}
		c := g.Components[i]
		if len(c.Imports) != len(c.Typed.Type.Imports) {
			return fmt.Errorf("%s has %d imports and %d edges", c.Name, len(c.Typed.Type.Imports), len(c.Imports))
		}
		for k, e := range c.Imports {
			if e.Name != c.Typed.Type.Imports[k].Name {
				return fmt.Errorf("%s: edge %d is %q, the import %q", c.Name, k, e.Name, c.Typed.Type.Imports[k].Name)
			}
			if e.Provider >= 0 && !done[e.Provider] {
				return fmt.Errorf("%s comes before its provider of %s", c.Name, e.Name)
			}
			if (e.Provider == Host) != (e.Interface != nil) {
				return fmt.Errorf("%s: %s names provider %d and interface %v", c.Name, e.Name, e.Provider, e.Interface)
			}
		}
		done[i] = true
	}
	if !done[g.Main] || !done[g.Handler] {
		return fmt.Errorf("main or handler is not in the order")
	}
	return nil
}

// provider names the provider of an edge as a manifest would.
func (g *Graph) provider(e *Import) string {
	switch {
	case e.Provider == Host:
		return "host"
	case e.Provider == Nothing:
		return "nothing"
	}
	return g.Components[e.Provider].Name
}

// used reports which components are in the order.
func (g *Graph) used() []bool {
	used := make([]bool, len(g.Components))
	for _, i := range g.Order {
		used[i] = true
	}
	return used
}
