package compile

import (
	"fmt"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// catalog makes the entities of the host's interfaces, each once.
type catalog struct {
	instances map[*wit.InstanceType]*instance
	// homes tells where each of the host's resource types is introduced.
	homes     map[*wit.Resource]home
	resources map[*wit.Resource]*resource
	modules   map[string]*module
	// c gets the host's functions and resources that are used.
	c *compiler
}

// home is the interface and the name under which the host introduces a resource.
type home struct{ iface, name string }

func newCatalog(c *compiler, g *graph.Graph) *catalog {
	h := &catalog{c: c, instances: map[*wit.InstanceType]*instance{}, homes: map[*wit.Resource]home{},
		resources: map[*wit.Resource]*resource{}, modules: map[string]*module{}}
	for _, i := range g.Order {
		for _, e := range g.Components[i].Imports {
			if e.Interface != nil {
				h.find(e.Interface.Type, e.Interface.Name, "")
			}
		}
	}
	return h
}

// find notes where resource types are introduced.
func (h *catalog) find(t *wit.InstanceType, iface, prefix string) {
	for _, d := range t.Exports {
		switch t := d.Type.(type) {
		case *wit.TypeExport:
			if r, ok := t.Def.(*wit.Resource); ok && t.Abstract {
				h.homes[r] = home{iface, prefix + d.Name}
			}
		case *wit.InstanceType:
			h.find(t, iface, prefix+d.Name+"/")
		}
	}
}

// item is what an edge to the host gives.
func (h *catalog) item(e *graph.Import) (item, error) {
	i := e.Interface
	if i.Name != "" {
		inst, err := h.instance(i, i.Type, "")
		return item{sort: wit.SortInstance, inst: inst}, err
	}
	for _, d := range i.Type.Exports {
		if d.Name == e.Export {
			return h.export(i, d, "")
		}
	}
	return item{}, fmt.Errorf("the host has no %s", e.Export)
}

// instance makes an instance of the host. Entities of functions cost nothing in
// the plan until something uses them.
func (h *catalog) instance(i *graph.HostInterface, t *wit.InstanceType, prefix string) (*instance, error) {
	if inst, ok := h.instances[t]; ok {
		return inst, nil
	}
	inst := &instance{exports: make(map[string]item, len(t.Exports))}
	for _, d := range t.Exports {
		it, err := h.export(i, d, prefix)
		if err != nil {
			return nil, err
		}
		inst.exports[d.Name] = it
	}
	h.instances[t] = inst
	return inst, nil
}

func (h *catalog) export(i *graph.HostInterface, d wit.Decl, prefix string) (item, error) {
	it := item{sort: d.Type.ExternSort()}
	name := prefix + d.Name
	switch t := d.Type.(type) {
	case *wit.FuncType:
		it.fn = &function{host: &hostFunc{iface: i.Name, name: name, typ: t, index: -1}}
	case *wit.InstanceType:
		inst, err := h.instance(i, t, name+"/")
		it.inst = inst
		return it, err
	case *wit.TypeExport:
		if r, ok := t.Def.(*wit.Resource); ok {
			it.res = h.resource(r, i.Name, name)
		}
	case wit.CoreModuleType:
		m, err := h.module(i, name)
		it.mod = m
		return it, err
	default:
		return it, fmt.Errorf("the host cannot offer %s, a %s", name, it.sort)
	}
	return it, nil
}

// resource makes the entity of a resource type of the host, known by the name
// under which it is introduced, or else by that under which it is met.
func (h *catalog) resource(r *wit.Resource, iface, name string) *resource {
	if e, ok := h.resources[r]; ok {
		return e
	}
	at, ok := h.homes[r]
	if !ok {
		at = home{iface, name}
	}
	p := h.c.plan
	p.Resources = append(p.Resources, plan.Resource{Name: r.Name, Instance: -1, Interface: at.iface, HostName: at.name})
	e := &resource{len(p.Resources) - 1}
	h.resources[r] = e
	return e
}

func (h *catalog) module(i *graph.HostInterface, name string) (*module, error) {
	key := i.Name + "\x00" + name
	if m, ok := h.modules[key]; ok {
		return m, nil
	}
	bytes, ok := i.Modules[name]
	if !ok {
		return nil, fmt.Errorf("the host does not have the bytes of core module %s", name)
	}
	decoded, err := core.Decode(bytes, 0)
	if err != nil {
		return nil, fmt.Errorf("the host's core module %s: %w", name, err)
	}
	m := h.c.moduleOf(decoded, "host/"+name, bytes)
	h.modules[key] = m
	return m, nil
}

// use returns the plan's index of a function of the host.
func (h *hostFunc) use(p *plan.Plan) int {
	if h.index < 0 {
		p.HostFuncs = append(p.HostFuncs, plan.HostFunc{Interface: h.iface, Name: h.name, Type: h.typ})
		h.index = len(p.HostFuncs) - 1
	}
	return h.index
}
