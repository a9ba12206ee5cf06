package resolve

import (
	"strings"

	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/wit"
)

// match finds the declaration that an import of that name is given: the one of
// that name, else the newest of a compatible version. exact tells which.
func match(decls []wit.Decl, name string) (d *wit.Decl, exact bool) {
	for i := range decls {
		if decls[i].Name == name {
			return &decls[i], true
		}
		if wit.Compatible(decls[i].Name, name) && (d == nil || newer(decls[i].Name, d.Name)) {
			d = &decls[i]
		}
	}
	return d, false
}

// matchHost is match for the host's catalog. For an entry without name it is one of
// that entry's exports that fits; export is its name.
func (r *resolver) matchHost(name string) (found *HostInterface, export string) {
	for i := range r.cat {
		h := &r.cat[i]
		if h.Name == name {
			return h, h.Name
		}
		if h.Name == "" {
			if d, exact := match(h.Type.Exports, name); exact {
				return h, d.Name
			}
			continue
		}
		if wit.Compatible(h.Name, name) && (found == nil || newer(h.Name, found.Name)) {
			found, export = h, h.Name
		}
	}
	return found, export
}

// exporters are the other components that export the name of an import of n:
// those with that very name, else those with a compatible version.
func (r *resolver) exporters(n *node, name string) []int {
	var exact, compatible []int
	for i, o := range r.nodes {
		if o == n {
			continue
		}
		switch d, same := match(o.typ.Exports, name); {
		case d == nil:
		case same:
			exact = append(exact, i)
		default:
			compatible = append(compatible, i)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return compatible
}

// newer reports whether name a has a newer version than name b; both are compatible.
func newer(a, b string) bool {
	va, _ := wit.ParseVersion(version(a))
	vb, _ := wit.ParseVersion(version(b))
	return va.Compare(vb) > 0
}

// base is a name without its version.
func base(name string) string {
	b, _, _ := strings.Cut(name, "@")
	return b
}

func version(name string) string {
	_, v, _ := strings.Cut(name, "@")
	return v
}

// selects says how exactly a manifest's selector names an import: 0 not at all, 1
// as an interface of the package "ns:pkg", 2 of that package with a compatible
// version, 3 as the interface without its version, 4 with a compatible one, 5 by
// its very name.
func selects(selector, name string) int {
	switch {
	case selector == name:
		return 5
	case wit.Compatible(selector, name):
		return 4
	case !strings.Contains(name, ":"):
		return 0
	case selector == base(name):
		return 3
	case isPackage(selector) && strings.HasPrefix(name, base(selector)+"/"):
		if version(selector) == "" {
			return 1
		}
		if wit.Compatible("p:p/i@"+version(selector), "p:p/i@"+version(name)) {
			return 2
		}
	}
	return 0
}

// isPackage reports whether a selector names a package and not an interface.
func isPackage(selector string) bool {
	return strings.Contains(selector, ":") && !strings.Contains(selector, "/")
}

// needsNothing reports whether an import needs no provider, because it holds only
// types, which need nobody to run them: they are what the import says they are.
func needsNothing(t wit.ExternType) bool {
	switch t := t.(type) {
	case *wit.TypeExport:
		return !t.Abstract
	case *wit.InstanceType:
		for _, d := range t.Exports {
			if !needsNothing(d.Type) {
				return false
			}
		}
		return true
	}
	return false
}

// providerName names a provider as the manifest would.
func (r *resolver) providerName(i int) string {
	if i == graph.Host {
		return "host"
	}
	return r.nodes[i].Name
}
