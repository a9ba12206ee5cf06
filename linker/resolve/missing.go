package resolve

import (
	"fmt"
	"slices"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/wit"
)

// missing reports an import that nobody provides, with what comes near.
func (r *resolver) missing(n *node, k int, name string) {
	if r.incomplete {
		return // a component that could not be loaded may be the one
	}
	var details []string
	unsaid := "" // who would do if the manifest named it
	for _, o := range r.nodes {
		if o == n {
			continue
		}
		if unsaid == "" && o.exports.named(name) != nil {
			unsaid = o.Name
		}
		for _, d := range o.typ.Exports {
			if base(d.Name) == base(name) {
				details = append(details, o.Name+" exports "+d.Name+": "+whyNot(d.Name, name))
			}
		}
	}
	near := r.nearHost(name)
	if of := releaseOf(name); len(details) == 0 && of != "" {
		if n.others == nil {
			n.others = map[release][]string{}
		}
		n.others[of] = append(n.others[of], name)
		return
	}
	details = append(details, near...)
	if h, _ := r.host.named(name); unsaid == "" && h != nil {
		unsaid = "host"
	}
	hint := ""
	switch {
	case unsaid != "":
		hint = "if it is the same nevertheless, say so:\n" + entry(n.Name, name, unsaid)
	case len(near) == 0:
		hint = r.similar(n, name)
	}
	if hint == "" && len(details) == 0 {
		hint = "add a component that exports " + name
	}
	r.report(diag.Error, n.Pos, hint, details, "%s imports %s, which nothing provides", n.Name, what(n.typ.Imports[k].Type, name))
}

// what names an import for a message, with its sort where that is not an instance.
func what(t wit.ExternType, name string) string {
	if t.ExternSort() == wit.SortInstance {
		return name
	}
	return t.ExternSort().String() + " " + name
}

// whyNot says why two versions of an interface are not compatible.
func whyNot(have, want string) string {
	hv, herr := wit.ParseVersion(version(have))
	wv, werr := wit.ParseVersion(version(want))
	switch {
	case version(have) == "" || version(want) == "":
		return "a name with a version and one without are different names"
	case herr != nil || werr != nil:
		return "the versions differ"
	case hv.Pre != "" || wv.Pre != "":
		return "pre-release versions match exactly only"
	case hv.Track() == "" || wv.Track() == "":
		return "versions below 0.1.0 match exactly only"
	}
	return fmt.Sprintf("%s.x and %s.x are not compatible", hv.Track(), wv.Track())
}

// nearHost lists what the host offers of the same interface in other versions.
func (r *resolver) nearHost(name string) []string {
	var details []string
	for _, h := range r.cat {
		if h.Name != "" && base(h.Name) == base(name) {
			details = append(details, "the host offers "+h.Name+": "+whyNot(h.Name, name))
		}
	}
	return details
}

// similar is a hint for a name that looks misspelt.
func (r *resolver) similar(n *node, name string) string {
	for _, o := range r.nodes {
		if o == n {
			continue
		}
		var names []string
		for _, d := range o.typ.Exports {
			names = append(names, d.Name)
		}
		if near, ok := similarName(name, names); ok {
			return o.Name + " exports " + near + "; is one of the two names misspelt?"
		}
	}
	return r.similarHost(name)
}

func (r *resolver) similarHost(name string) string {
	var names []string
	for _, h := range r.cat {
		names = append(names, h.Name)
	}
	if near, ok := similarName(name, names); ok {
		return "the host offers " + near
	}
	return ""
}

// similarName is diag.Similar on names without their versions, which are another
// matter; the same name is not similar.
func similarName(name string, names []string) (string, bool) {
	var bases, full []string
	for _, n := range names {
		if b := base(n); b != "" && b != base(name) {
			bases, full = append(bases, b), append(full, n)
		}
	}
	near, ok := diag.Similar(base(name), bases)
	if !ok {
		return "", false
	}
	return full[slices.Index(bases, near)], true
}

// exportsOf lists what a component exports instead of name.
func (r *resolver) exportsOf(o *node, name string) []string {
	var near, all []string
	for _, d := range o.typ.Exports {
		if base(d.Name) == base(name) {
			near = append(near, "it exports "+d.Name+": "+whyNot(d.Name, name))
		}
		all = append(all, "it exports "+d.Name)
	}
	switch {
	case len(near) > 0:
		return near
	case len(all) == 0:
		return []string{"it exports nothing"}
	case len(all) > maxListed:
		return append(all[:maxListed], "…")
	}
	return all
}
