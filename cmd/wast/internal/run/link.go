package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/wit"
)

// linkError tells that a component's imports cannot be given what they ask for.
type linkError struct{ problems diag.List }

func (e *linkError) Error() string {
	var b strings.Builder
	for _, p := range e.problems.Errors() {
		b.WriteString(p.Message)
		for _, d := range p.Details {
			b.WriteString("\n" + d)
		}
	}
	return b.String()
}

// link makes a composition of one component and what scripts may import: the
// host's interfaces, and what the named instances of the script export.
func (st *state) link(ctx context.Context, d *definition) (*host.Composition, error) {
	offered := st.offered(d)
	catalog := make(resolve.Catalog, len(offered))
	interfaces := make([]*host.Interface, len(offered))
	for n, o := range offered {
		catalog[n] = resolve.HostInterface{Name: o.Name, Type: o.Type, Modules: o.modules}
		interfaces[n] = &o.Interface
	}
	m := &manifest.Manifest{Name: "script", Main: "main", Components: []manifest.Component{{Name: "main"}}}
	g, problems := resolve.Graph(m, []*resolve.Loaded{{Typed: d.typed}}, catalog)
	if g == nil {
		return nil, &linkError{problems}
	}
	p, err := compile.Plan(g, st.runner.Compile)
	if err != nil {
		return nil, fmt.Errorf("compiling the plan: %w", err)
	}
	cfg := st.runner.Host
	cfg.Interfaces = interfaces
	c, err := host.Compile(ctx, p, cfg)
	if err != nil {
		return nil, fmt.Errorf("compiling core modules: %w", err)
	}
	return c, nil
}

// offer is an interface that components of a script may import.
type offer struct {
	host.Interface
	modules map[string][]byte
}

// offered lists what there is to import. A named instance offers the core modules
// and resource types that it exports; its functions belong to another store.
func (st *state) offered(d *definition) []*offer {
	out := st.spectest.offers(d.typed.Type)
	for _, name := range slices.Sorted(maps.Keys(st.instances)) {
		if i := st.instances[name]; i.Instance != nil {
			out = append(out, exported(name, i))
		}
	}
	return out
}

// exported is what a named instance offers. Its resource types become resource
// types of the host, each instance's its own.
func exported(name string, i *instance) *offer {
	o := &offer{modules: map[string][]byte{}}
	var decls []wit.Decl
	made := map[*wit.Resource]*wit.Resource{}
	var introduced []*wit.Resource
	for _, e := range i.def.typed.Type.Exports {
		switch t := e.Type.(type) {
		case wit.CoreModuleType:
			for _, x := range i.composition.Plan().Exports {
				if x.Interface == "" && x.Name == e.Name {
					o.modules[e.Name] = x.Module
				}
			}
			decls = append(decls, wit.Decl{Name: e.Name, Type: t})
		case *wit.TypeExport:
			r, ok := t.Def.(*wit.Resource)
			if !ok {
				continue
			}
			te := &wit.TypeExport{Def: made[r]}
			if made[r] == nil {
				made[r] = &wit.Resource{Name: r.Name}
				introduced = append(introduced, made[r])
				te = &wit.TypeExport{Def: made[r], Abstract: true}
			}
			decls = append(decls, wit.Decl{Name: e.Name, Type: te})
		}
	}
	o.Interface = host.Interface{Name: name, Type: wit.NewInstanceType(decls, introduced)}
	return o
}
