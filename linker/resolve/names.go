package resolve

import (
	"strings"

	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/wit"
)

// index finds declarations by name: the one of that name, else the newest of a
// compatible version.
type index struct {
	decls []wit.Decl
	names map[string]int
	// tracks holds the newest of each track, by wit.CompatibleKey.
	tracks map[string]int
}

func newIndex(decls []wit.Decl) *index {
	x := &index{decls, make(map[string]int, len(decls)), map[string]int{}}
	for i := range decls {
		name := decls[i].Name
		x.names[name] = i
		if key, ok := wit.CompatibleKey(name); ok {
			if old, taken := x.tracks[key]; !taken || newer(name, decls[old].Name) {
				x.tracks[key] = i
			}
		}
	}
	return x
}

// match finds what an import of that name can be given, nil if there is nothing.
// exact tells whether it has that very name.
func (x *index) match(name string) (d *wit.Decl, exact bool) {
	if i, ok := x.names[name]; ok {
		return &x.decls[i], true
	}
	if key, ok := wit.CompatibleKey(name); ok {
		if i, ok := x.tracks[key]; ok {
			return &x.decls[i], false
		}
	}
	return nil, false
}

// named finds what an import of that name can be given by who the manifest says is to give
// it: besides what match finds, the one of that name with a version for a name without, and
// the one without for a name with a version. Whether it fits, their types say.
func (x *index) named(name string) *wit.Decl {
	if d, _ := x.match(name); d != nil || !strings.Contains(name, "/") {
		return d
	}
	if version(name) != "" {
		if i, ok := x.names[base(name)]; ok {
			return &x.decls[i]
		}
		return nil
	}
	var found *wit.Decl
	for i := range x.decls {
		if base(x.decls[i].Name) != name {
			continue
		}
		if found != nil {
			return nil // which one, nobody said
		}
		found = &x.decls[i]
	}
	return found
}

// hostIndex finds what the host offers.
type hostIndex struct {
	decls *index
	cat   Catalog // in the order of decls
	loose []*HostInterface
}

func newHostIndex(cat Catalog) *hostIndex {
	h := &hostIndex{}
	var decls []wit.Decl
	for i := range cat {
		if cat[i].Name == "" {
			h.loose = append(h.loose, &cat[i])
			continue
		}
		decls = append(decls, wit.Decl{Name: cat[i].Name, Type: cat[i].Type})
		h.cat = append(h.cat, cat[i])
	}
	h.decls = newIndex(decls)
	return h
}

// match finds what the host offers for an import: an interface, or one export of
// an entry without name, which matches by that very name only.
func (h *hostIndex) match(name string) (found *HostInterface, export string) {
	d, exact := h.decls.match(name)
	if !exact {
		for _, l := range h.loose {
			if _, ok := l.Type.Export(name); ok {
				return l, name
			}
		}
	}
	if d == nil {
		return nil, ""
	}
	return &h.cat[h.decls.names[d.Name]], d.Name
}

// named is index.named.
func (h *hostIndex) named(name string) (found *HostInterface, export string) {
	if found, export = h.match(name); found != nil {
		return found, export
	}
	if d := h.decls.named(name); d != nil {
		return &h.cat[h.decls.names[d.Name]], d.Name
	}
	return nil, ""
}

// exporters are the other components that export the name of an import of n:
// those with that very name, else those with a compatible version.
func (r *resolver) exporters(n *node, name string) []int {
	var exact, compatible []int
	for i, o := range r.nodes {
		if o == n {
			continue
		}
		switch d, same := o.exports.match(name); {
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
