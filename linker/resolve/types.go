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
			identity = identity || m.IsIdentity()
		}
		if len(details) == 0 {
			continue
		}
		hint := ""
		if details = shorten(details); identity {
			details = append(details, r.divided(n, e)...)
			hint = "interfaces that share a resource type need providers that share it too: give such imports one provider"
		}
		r.report(diag.Error, n.at[k], hint, details, "%s imports %s from %s, which %s with another type",
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

// divided lists the interfaces that n and the provider of its edge e have from
// different providers: there the resource types come from.
func (r *resolver) divided(n *node, e *graph.Import) []string {
	if e.Provider < 0 {
		return nil
	}
	var details []string
	o := r.nodes[e.Provider]
	for k := range o.imports {
		if !o.ok[k] {
			continue
		}
		theirs := &o.imports[k]
		for j := range n.imports {
			ours := &n.imports[j]
			if n.ok[j] && base(ours.Name) == base(theirs.Name) && ours.Provider != theirs.Provider && ours.Provider != graph.Nothing {
				details = append(details, n.Name+" has "+ours.Name+" from "+r.providerName(ours.Provider)+", "+
					o.Name+" has it from "+r.providerName(theirs.Provider))
			}
		}
	}
	return details
}

func shorten(details []string) []string {
	if len(details) <= maxListed {
		return details
	}
	more := len(details) - maxListed
	return append(details[:maxListed:maxListed], fmt.Sprintf("… and %d more", more))
}
