package resolve

import (
	"fmt"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/wit"
)

// types instantiates the components' types in order, each with what its edges
// give it, so that resource types get their identity: two imports of one resource
// type must lead to one provider. Differences are reported import by import.
func (r *resolver) types() {
	var c wit.Checker
	made := make([]*wit.InstanceType, len(r.nodes))
	for _, i := range r.order {
		n := r.nodes[i]
		if n.loaded == nil {
			continue
		}
		args, needed, ok := r.args(n, made)
		if !ok {
			continue // told already, here or at a provider
		}
		inst, bad := c.Instantiate(needed, args)
		if len(bad) > 0 {
			r.mismatches(n, bad)
			continue
		}
		made[i] = inst
	}
}

// args are the types of what the imports of n are given. needed is n's type without
// what nobody provides.
func (r *resolver) args(n *node, made []*wit.InstanceType) (args map[string]wit.ExternType, needed *wit.ComponentType, ok bool) {
	args = map[string]wit.ExternType{}
	var imports []wit.Decl
	changed := false
	for k, e := range n.imports {
		decl := n.typ.Imports[k]
		switch {
		case !n.ok[k]:
			return nil, nil, false
		case e.Provider == graph.Nothing:
			changed = true
			continue
		case e.Provider == graph.Host:
			var offered wit.ExternType = e.Interface.Type
			if e.Interface.Name == "" {
				offered, _ = e.Interface.Type.Export(e.Export)
			}
			args[e.Name], decl.Type = hostArg(offered, decl.Type)
			changed = changed || decl.Type != n.typ.Imports[k].Type
		case made[e.Provider] == nil:
			return nil, nil, false
		default:
			args[e.Name], _ = made[e.Provider].Export(e.Export)
		}
		imports = append(imports, decl)
	}
	if !changed {
		return args, n.typ, true
	}
	return args, wit.NewComponentType(imports, n.typ.Exports, n.typ.ImportedResources, n.typ.Resources), true
}

// mismatches reports the differences of one component's imports, those of one
// import together.
func (r *resolver) mismatches(n *node, bad []*wit.Mismatch) {
	for k := range n.imports {
		e := &n.imports[k]
		var details []string
		identity := false
		for _, m := range bad {
			if len(m.Path) == 0 || m.Path[0].Kind != wit.StepImport || m.Path[0].Name != e.Name {
				continue
			}
			rest := *m
			rest.Path = m.Path[1:]
			details = append(details, rest.Error())
			identity = identity || m.Want == m.Got && m.Want != ""
		}
		if len(details) == 0 {
			continue
		}
		r.report(diag.Error, n.at[k], r.identityHint(n, identity), shorten(details), "%s imports %s from %s, which %s with another type",
			n.Name, e.Name, r.providerName(e.Provider), offers(e))
	}
	for _, m := range bad {
		if len(m.Path) == 0 {
			r.report(diag.Error, n.Pos, "", nil, "%s: %v", n.Name, m)
		}
	}
}

// offers words the provider's side of an edge.
func offers(e *graph.Import) string {
	verb := "exports"
	if e.Provider == graph.Host {
		verb = "offers"
	}
	if e.Export != e.Name {
		return verb + " " + e.Export
	}
	return verb + " it"
}

// identityHint explains differences that are not in the types' form.
func (r *resolver) identityHint(n *node, identity bool) string {
	if !identity {
		return ""
	}
	return "the types have one form but different resources: interfaces of " + n.Name + " that share a resource type need providers that share it too"
}

func shorten(details []string) []string {
	if len(details) <= maxListed {
		return details
	}
	more := len(details) - maxListed
	return append(details[:maxListed:maxListed], fmt.Sprintf("… and %d more", more))
}
