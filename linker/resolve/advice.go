package resolve

import (
	"slices"
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// unused warns of components that main does not reach.
func (r *resolver) unused() {
	if r.incomplete || r.diags.HasErrors() {
		return // what is to be repaired first may well use them
	}
	for _, n := range r.nodes {
		if n.used {
			continue
		}
		var details []string
		for _, d := range n.typ.Exports {
			if len(details) == maxListed {
				details = append(details, "…")
				break
			}
			details = append(details, "it exports "+d.Name+r.importers(n, d.Name))
		}
		if len(details) == 0 {
			details = []string{"it exports nothing"}
		}
		r.report(diag.Warning, n.Pos, r.beforeMain(n), details, "%s is not used: nothing that %s reaches imports from it", n.Name, r.m.Main)
	}
}

// beforeMain is a hint for what could take requests before they come to main, and is
// not used: requests come to main without having passed it.
func (r *resolver) beforeMain(n *node) string {
	if !declares(n.typ.Imports, plan.HTTPHandler) || !declares(n.typ.Exports, plan.HTTPHandler) || !declares(r.nodes[r.main].typ.Exports, plan.HTTPHandler) {
		return ""
	}
	return "to have requests pass it, name it in http.chain, before " + r.m.Main
}

// importers tells who imports an export of n, from elsewhere or in another version.
func (r *resolver) importers(n *node, name string) string {
	for _, o := range r.nodes {
		for k, d := range o.typ.Imports {
			switch {
			case o == n || base(d.Name) != base(name):
			case o.ok[k] && o.imports[k].Provider != graph.Nothing && r.providerName(o.imports[k].Provider) != n.Name:
				return "; " + o.Name + " has " + d.Name + " from " + r.providerName(o.imports[k].Provider)
			case !o.ok[k]:
				return "; " + o.Name + " imports " + d.Name
			}
		}
	}
	return ""
}

// grant is something that the manifest can grant, and the host's interface by
// which a component gets it.
type grant struct {
	key, via string
	given    bool
	pos      diag.Pos
	// without is what an import without the grant means, for one component and for
	// several, empty where that is common.
	without [2]string
	// common is set if programs of many languages import the interface whether they use it
	// or not.
	common bool
	// passed is set if what the component makes takes the grant along, to whomever the
	// component has the interface from.
	passed bool
}

func grantsOf(n *node) []grant {
	return []grant{
		{"args", "wasi:cli/environment", len(n.Args) > 0, n.ArgsPos, [2]string{}, true, false},
		{"env", "wasi:cli/environment", len(n.Env) > 0, n.EnvPos, [2]string{}, true, false},
		{"allow.files", "wasi:filesystem/preopens", len(n.Files) > 0, n.FilesPos, [2]string{"it sees no files", "they see no files"}, true, false},
		{"allow.outboundHosts", "wasi:http/outgoing-handler", len(n.OutboundHosts) > 0, n.OutboundPos, [2]string{"its requests are refused", "their requests are refused"}, false, true},
		// Whoever uses a socket has the network from there. Many languages import it in
		// every program, so that it is not granted means nothing.
		{"allow.sockets", "wasi:sockets/network", len(n.Sockets) > 0, n.SocketsPos, [2]string{}, true, false},
		{"allow.keyvalue", "wasi:keyvalue/store", len(n.Buckets) > 0, n.BucketsPos, [2]string{"it can open no bucket", "they can open no bucket"}, false, false},
		{"config", "wasi:config/store", len(n.Config) > 0, n.ConfigPos, [2]string{"it finds no values", "they find no values"}, false, false},
	}
}

// grants warns of grants that have no effect, and notes imports that want one: one note
// for each kind of grant, with all the components that have none.
func (r *resolver) grants() {
	var keys []string
	lacking := map[string][]*node{}
	about := map[string]grant{}
	for _, n := range r.nodes {
		if n.loaded == nil || !n.used {
			continue
		}
		for _, g := range grantsOf(n) {
			provider := r.providerOf(n, g.via)
			switch {
			case g.given && provider == graph.Nothing && imports(n, g.via):
				// Who provides it is not known, as is told elsewhere.
			case g.given && provider == graph.Nothing:
				r.report(diag.Warning, g.pos, "", nil, "components.%s.%s has no effect: %s does not import %s", n.Name, g.key, n.Name, g.via)
			case g.given && provider >= 0 && !g.passed:
				r.report(diag.Warning, g.pos, "", nil, "components.%s.%s has no effect: %s has %s from %s, not from the host", n.Name, g.key, n.Name, g.via, r.nodes[provider].Name)
			case g.passed && exports(n, g.via):
				// It passes on what others make, and may well make nothing itself.
			case !g.given && g.without[0] != "" && (provider == graph.Host || provider >= 0 && g.passed):
				if lacking[g.key] == nil {
					keys = append(keys, g.key)
				}
				lacking[g.key], about[g.key] = append(lacking[g.key], n), g
			}
		}
	}
	for _, key := range keys {
		r.lacking(about[key], lacking[key])
	}
}

// lacking notes that components import what they have no grant for.
func (r *resolver) lacking(g grant, ns []*node) {
	defer func() { r.diags[len(r.diags)-1].Telling = !g.common }()
	if len(ns) == 1 {
		r.report(diag.Note, ns[0].Pos, "", nil, "%s imports %s, but has no %s: %s", ns[0].Name, g.via, g.key, g.without[0])
		return
	}
	names := make([]string, len(ns))
	for i, n := range ns {
		names[i] = n.Name
	}
	last := len(names) - 1
	r.report(diag.Note, ns[0].Pos, "", nil, "%s and %s import %s, but have no %s: %s",
		strings.Join(names[:last], ", "), names[last], g.via, g.key, g.without[1])
}

// imports reports whether n imports an interface, in whatever version.
func imports(n *node, iface string) bool {
	return slices.ContainsFunc(n.typ.Imports, func(d wit.Decl) bool { return base(d.Name) == iface })
}

// exports reports whether n exports an interface, in whatever version.
func exports(n *node, iface string) bool {
	return slices.ContainsFunc(n.typ.Exports, func(d wit.Decl) bool { return base(d.Name) == iface })
}

// providerOf is who provides an interface to n, in whatever version; Nothing if n
// does not import it.
func (r *resolver) providerOf(n *node, iface string) int {
	for k, d := range n.typ.Imports {
		if n.ok[k] && strings.HasPrefix(d.Name, iface) && base(d.Name) == iface {
			return n.imports[k].Provider
		}
	}
	return graph.Nothing
}
