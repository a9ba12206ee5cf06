package linker

import (
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
)

// Why explains the imports of a component of a composition: see resolve.Explain. The list
// has what keeps components from being read; what else is wrong, Link says.
func Why(m *manifest.Manifest, cat resolve.Catalog, opt Options, component, selector string) (list []resolve.Explanation, ok bool, problems diag.List) {
	comps, problems := loadAll(m, opt)
	list, ok = resolve.Explain(m, comps, cat, component, selector)
	return list, ok, problems
}
