package resolve

import (
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// httpChain puts the components of http.chain behind each other, as any chain does,
// and checks that each can take its place. The first becomes the composition's
// handler.
func (r *resolver) httpChain() {
	r.handler = r.main
	if r.m.HTTP == nil || len(r.m.HTTP.Chain) == 0 {
		return
	}
	chain := r.m.HTTP.Chain
	r.handler = r.find(chain[0].Name)
	for s, p := range chain {
		at := r.find(p.Name)
		r.place[at] = s
		o := r.nodes[at]
		if o.loaded == nil {
			continue
		}
		if !declares(o.typ.Exports, plan.HTTPHandler) {
			r.report(diag.Error, p.Pos, "", r.exportsOf(o, plan.HTTPHandler), "%s does not export %s, by which http.chain calls it", o.Name, plan.HTTPHandler)
		}
		if s+1 == len(chain) {
			continue
		}
		next := r.find(chain[s+1].Name)
		found := false
		for k := range o.typ.Imports {
			if base(o.typ.Imports[k].Name) != plan.HTTPHandler {
				continue
			}
			found = true
			if old, twice := o.behind[k]; twice && old.provider != next {
				r.report(diag.Error, chain[s+1].Pos, secondName, nil, "%s stands in two chains for %s: here %s comes after it, but in %s it is %s (%s)",
					o.Name, plan.HTTPHandler, r.providerName(next), r.chainName(old), r.providerName(old.provider), old.pos)
				continue
			}
			o.behind[k] = link{next, chain[s+1].Pos, requests}
		}
		if !found {
			r.report(diag.Error, p.Pos, "components in a chain import what they export; only the last answers by itself", nil,
				"%s does not import %s, so %s behind it would never be called", o.Name, plan.HTTPHandler, chain[s+1].Name)
		}
	}
}

func declares(decls []wit.Decl, iface string) bool {
	for _, d := range decls {
		if base(d.Name) == iface {
			return true
		}
	}
	return false
}

// entrance is the provider of the handler for components outside of the chain, if
// there is one: they call it where requests come in.
func (r *resolver) entrance(i int, name string) (provider int, ok bool) {
	if len(r.place) == 0 || base(name) != plan.HTTPHandler {
		return 0, false
	}
	_, inside := r.place[i]
	return r.handler, !inside
}

// byPasses reports every import that leads into the middle of the chain: what stands
// before would not be called.
func (r *resolver) byPasses() {
	for i, n := range r.nodes {
		for k, e := range n.imports {
			place, inside := r.place[e.Provider]
			if !n.ok[k] || e.Provider < 0 || !inside || place == 0 || base(e.Name) != plan.HTTPHandler {
				continue
			}
			if own, inside := r.place[i]; inside && own == place-1 {
				continue
			}
			chain := r.m.HTTP.Chain
			r.report(diag.Error, n.at[k], "name "+chain[0].Name+" instead, or nothing at all", nil,
				"%s has %s from %s, past %s, which http.chain puts before it", n.Name, e.Name, r.nodes[e.Provider].Name, chain[place-1].Name)
		}
	}
}
