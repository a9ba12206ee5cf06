package compile

import (
	"fmt"
	"strconv"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// instance interprets an instance definition.
func (f *frame) instance(def *components.Instance) error {
	items := make(map[string]item, len(def.Args))
	for _, a := range def.Args {
		it, err := f.item(a.Ref)
		if err != nil {
			return err
		}
		items[a.Name] = it
	}
	if err := f.c.spend(len(def.Args)); err != nil {
		return err
	}
	inst := &instance{exports: items}
	if !def.Inline {
		child, err := f.instantiate(def.Component, items)
		if err != nil {
			return err
		}
		inst = &instance{exports: child.exported}
	}
	f.bind(f.typed.Instances[len(f.instances)], item{sort: wit.SortInstance, inst: inst})
	f.add(item{sort: wit.SortInstance, inst: inst}, "")
	return nil
}

// instantiate makes a component instance nested in this one.
func (f *frame) instantiate(index uint32, args map[string]item) (*frame, error) {
	cl, ok := at(f.components, index)
	if !ok || cl.typed == nil {
		return nil, fmt.Errorf("%w: no component %d", errBug, index)
	}
	path := f.c.plan.Instances[f.inst].Path + "/" + strconv.Itoa(f.children)
	f.children++
	child, err := f.c.newFrame(cl, plan.Instance{Path: path, Component: f.component, Parent: f.inst})
	if err != nil {
		return nil, err
	}
	return child, child.run(args)
}

// alias interprets an alias definition.
func (f *frame) alias(a *components.Alias) error {
	switch a.Kind {
	case components.AliasExport:
		return f.aliasExport(a)
	case components.AliasCoreExport:
		return f.aliasCoreExport(a)
	case components.AliasOuter:
		return f.aliasOuter(a)
	}
	return fmt.Errorf("%w: alias kind %d", errBug, a.Kind)
}

func (f *frame) aliasExport(a *components.Alias) error {
	inst, ok := at(f.instances, a.Instance)
	if !ok {
		return fmt.Errorf("%w: no instance %d", errBug, a.Instance)
	}
	it, ok := inst.exports[a.Name]
	if !ok && a.Sort == wit.SortType && f.types < len(f.typed.Types) {
		// A type that the host does not name: it is what the import says.
		it, ok = f.typesOnly(&wit.TypeExport{Def: f.typed.Types[f.types]}), true
	}
	if !ok || it.sort != a.Sort {
		return fmt.Errorf("%w: instance %d has no %s %q", errBug, a.Instance, a.Sort, a.Name)
	}
	name := a.Name
	if outer := f.instanceNames[a.Instance]; outer != "" {
		name = outer + "#" + a.Name
		if a.Sort == wit.SortInstance {
			name = outer + "/" + a.Name
		}
	}
	f.add(it, name)
	return nil
}

func (f *frame) aliasCoreExport(a *components.Alias) error {
	inst, ok := at(f.core.instances, a.Instance)
	if !ok {
		return fmt.Errorf("%w: no core instance %d", errBug, a.Instance)
	}
	d, ok := inst.export(a.Name)
	if !ok {
		return fmt.Errorf("%w: core instance %d has no export %q", errBug, a.Instance, a.Name)
	}
	space := f.coreSpace(a.Sort)
	if space == nil {
		return fmt.Errorf("%w: alias of a %s", errBug, a.Sort)
	}
	*space = append(*space, d)
	return nil
}

// coreSpace is the index space of a sort of core definitions, nil for others.
func (f *frame) coreSpace(s wit.Sort) *[]*coreDef {
	switch s {
	case wit.SortCoreFunc:
		return &f.core.funcs
	case wit.SortCoreTable:
		return &f.core.tables
	case wit.SortCoreMemory:
		return &f.core.memories
	case wit.SortCoreGlobal:
		return &f.core.globals
	case wit.SortCoreTag:
		return &f.core.tags
	}
	return nil
}

// aliasOuter adds a core module, component or type of an enclosing component.
func (f *frame) aliasOuter(a *components.Alias) error {
	outer := f
	for range a.Count {
		if outer = outer.outer; outer == nil {
			return fmt.Errorf("%w: no enclosing component %d", errBug, a.Count)
		}
	}
	switch a.Sort {
	case wit.SortType:
		f.types++
		return nil
	case wit.SortCoreType:
		return nil
	}
	it, err := outer.item(components.Ref{Sort: a.Sort, Index: a.Index})
	if err != nil {
		return err
	}
	f.add(it, "")
	return nil
}

// typeDef counts a type, and makes a resource type if it defines one.
func (f *frame) typeDef(d *components.TypeDef) error {
	f.types++
	def, ok := d.Item.(components.ResourceType)
	if !ok {
		return nil
	}
	if f.defined >= len(f.typed.Defined) {
		return fmt.Errorf("%w: a resource type has no identity", errBug)
	}
	id := f.typed.Defined[f.defined].Resource
	f.defined++
	r := plan.Resource{Name: id.Name, Instance: f.inst}
	if def.HasDtor {
		dtor, ok := at(f.core.funcs, def.Dtor)
		if !ok {
			return fmt.Errorf("%w: no core func %d", errBug, def.Dtor)
		}
		ref, err := f.ref(dtor)
		if err != nil {
			return err
		}
		r.Dtor = &ref
	}
	f.c.plan.Resources = append(f.c.plan.Resources, r)
	f.resources[id] = &resource{len(f.c.plan.Resources) - 1}
	return nil
}
