package resolve

import (
	"fmt"
	"slices"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/wit"
)

// types instantiates the components' types in order, each with what its edges
// give it, so that resource types get their identity: two imports of one resource
// type must lead to one provider. Differences are reported import by import.
func (r *resolver) types() {
	var c wit.Checker
	made := make([]provided, len(r.nodes))
	for _, i := range r.order {
		n := r.nodes[i]
		if n.loaded == nil {
			continue
		}
		args, needed, whole := r.args(n, made)
		inst, bad := c.Instantiate(needed, args)
		if !whole {
			// Resource types of what is not known cannot be those of anybody else.
			bad = slices.DeleteFunc(bad, (*wit.Mismatch).IsIdentity)
		}
		if len(bad) > 0 {
			r.mismatches(n, args, bad)
			continue
		}
		made[i] = provided{inst, whole}
	}
}

// provided is what a component exports, nil if that is not known. It is whole if all that
// the component imports is known, here and behind it.
type provided struct {
	inst  *wit.InstanceType
	whole bool
}

// args are the types of what the imports of n are given. needed is n's type without
// what nobody provides. An import of which the provider is not known, as is told
// elsewhere, is given what it asks for, so that the others are compared nonetheless, and
// whole is false.
func (r *resolver) args(n *node, made []provided) (args map[string]wit.ExternType, needed *wit.ComponentType, whole bool) {
	args = map[string]wit.ExternType{}
	var imports []wit.Decl
	changed := false
	whole = true
	for k, e := range n.imports {
		decl := n.typ.Imports[k]
		switch {
		case !n.ok[k] || e.Provider >= 0 && made[e.Provider].inst == nil:
			args[decl.Name], whole = decl.Type, false
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
		default:
			p := made[e.Provider]
			args[e.Name], _ = p.inst.Export(e.Export)
			whole = whole && p.whole
		}
		imports = append(imports, decl)
	}
	if !changed {
		return args, n.typ, whole
	}
	return args, wit.NewComponentType(imports, n.typ.Exports, n.typ.ImportedResources, n.typ.Resources), whole
}

// mismatches reports the differences of one component's imports from what they are
// given, those of one import together.
func (r *resolver) mismatches(n *node, args map[string]wit.ExternType, bad []*wit.Mismatch) {
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
			details = append(details, rest.Error()+nearExport(&rest, args[e.Name]))
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

// nearExport adds to a difference what is there under a name like the one that is missing
// in the interface that is given.
func nearExport(m *wit.Mismatch, given wit.ExternType) string {
	inst, ok := given.(*wit.InstanceType)
	if !ok || m.Got != "" || m.Reason != "" || len(m.Path) != 1 || m.Path[0].Kind != wit.StepExport {
		return ""
	}
	var names []string
	for _, d := range inst.Exports {
		names = append(names, d.Name)
	}
	near, ok := diag.Similar(m.Path[0].Name, names)
	if !ok {
		return ""
	}
	return fmt.Sprintf("; it has %q", near)
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
