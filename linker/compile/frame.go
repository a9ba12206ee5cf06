package compile

import (
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// frame is one component instance: its index spaces as far as its definitions
// have been interpreted.
type frame struct {
	c     *compiler
	typed *validate.Typed
	// outer is the frame in which the component was defined.
	outer *frame
	// inst is the plan's component instance, component the plan's component.
	inst, component int
	args            map[string]item

	core struct {
		modules   []*module
		instances []*coreInstance
		funcs     []*coreDef
		tables    []*coreDef
		memories  []*coreDef
		globals   []*coreDef
		tags      []*coreDef
	}
	funcs      []*function
	instances  []*instance
	components []*closure
	// types counts the entries of the type index space; typed has them.
	types int
	// names says how messages call a function: by import or alias, as far as known.
	names []string
	// instanceNames does so for instances.
	instanceNames []string
	// resources binds the resource identities of the component's types.
	resources map[*wit.Resource]*resource

	// exported are the exports by name.
	exported map[string]item
	// imports, exports, defined and children count what has been met.
	imports, exports, defined, children int
	// canons counts the canonical definitions that made core functions.
	canons int
	// hostModule is the plan's group of trampolines, -1 until there is one.
	hostModule int
	// waiting are the lowers that wait to be generated.
	waiting []*pending
}

// errBug marks what validation excludes: it is a bug if it happens.
var errBug = errors.New("internal error: the component is not as validation promised")

func (c *compiler) newFrame(cl *closure, pi plan.Instance) (*frame, error) {
	if len(c.plan.Instances) > c.limits.Instances {
		return nil, &LimitError{"component instances", c.limits.Instances}
	}
	f := &frame{c: c, typed: cl.typed, outer: cl.outer, component: pi.Component,
		resources: map[*wit.Resource]*resource{}, exported: map[string]item{}, hostModule: -1}
	f.inst = c.addInstance(pi, hasLower(cl.typed.Component))
	return f, nil
}

// run interprets the definitions, in order. Errors are *Error.
func (f *frame) run(args map[string]item) error {
	f.args = args
	for i := range f.typed.Component.Defs {
		d := &f.typed.Component.Defs[i]
		if err := f.define(d); err != nil {
			var inner *Error
			if errors.As(err, &inner) {
				return err
			}
			return &Error{f.c.plan.Components[f.component].Name, f.c.plan.Instances[f.inst].Path, d.Offset, err}
		}
	}
	f.args = nil
	return nil
}

// define interprets one definition.
func (f *frame) define(d *components.Def) error {
	if err := f.c.spend(1); err != nil {
		return err
	}
	switch it := d.Item.(type) {
	case components.CoreModule:
		return f.coreModule(&it)
	case *components.CoreModule:
		return f.coreModule(it)
	case components.CoreInstance:
		return f.coreInstance(&it)
	case *components.CoreTypeDef:
		return nil
	case *components.Component:
		f.components = append(f.components, &closure{f.typed.Nested[it], f})
		return nil
	case components.Instance:
		return f.instance(&it)
	case components.Alias:
		return f.alias(&it)
	case components.TypeDef:
		return f.typeDef(&it)
	case components.Canon:
		return f.canon(&it)
	case components.Import:
		return f.importDef(&it)
	case components.Export:
		return f.exportDef(&it)
	}
	return fmt.Errorf("definitions of this form (%T) are not supported", d.Item)
}

// importDef adds what the argument of that name is.
func (f *frame) importDef(i *components.Import) error {
	it, ok := f.args[i.Name]
	if !ok || f.imports >= len(f.typed.Type.Imports) {
		return fmt.Errorf("%w: import %s has no argument", errBug, i.Name)
	}
	f.bind(f.typed.Type.Imports[f.imports].Type, it)
	f.imports++
	f.add(it, i.Name)
	return nil
}

// exportDef notes an export, and adds it to its index space once more.
func (f *frame) exportDef(e *components.Export) error {
	it, err := f.item(e.Ref)
	if err != nil {
		return err
	}
	name := ""
	switch {
	case e.Ref.Sort == wit.SortFunc:
		name = f.names[e.Ref.Index]
	case e.Ref.Sort == wit.SortInstance:
		name = f.instanceNames[e.Ref.Index]
	}
	f.bind(f.typed.Type.Exports[f.exports].Type, it)
	f.exports++
	f.exported[e.Name] = it
	f.add(it, name)
	return nil
}

// add appends an entity to the index space of its sort; name is for messages.
func (f *frame) add(it item, name string) {
	switch it.sort {
	case wit.SortCoreModule:
		f.core.modules = append(f.core.modules, it.mod)
	case wit.SortFunc:
		f.funcs = append(f.funcs, it.fn)
		f.names = append(f.names, name)
	case wit.SortInstance:
		f.instances = append(f.instances, it.inst)
		f.instanceNames = append(f.instanceNames, name)
	case wit.SortComponent:
		f.components = append(f.components, it.comp)
	case wit.SortType:
		f.types++
	}
}

// item is the entity that a reference leads to.
func (f *frame) item(r components.Ref) (item, error) {
	it := item{sort: r.Sort}
	ok := false
	switch r.Sort {
	case wit.SortCoreModule:
		it.mod, ok = at(f.core.modules, r.Index)
	case wit.SortFunc:
		it.fn, ok = at(f.funcs, r.Index)
	case wit.SortInstance:
		it.inst, ok = at(f.instances, r.Index)
	case wit.SortComponent:
		it.comp, ok = at(f.components, r.Index)
	case wit.SortType:
		if ok = int(r.Index) < f.types && int(r.Index) < len(f.typed.Types); ok {
			if res, isResource := f.typed.Types[r.Index].(*wit.Resource); isResource {
				it.res, ok = f.resource(res)
			}
		}
	}
	if !ok {
		return it, fmt.Errorf("%w: no %s %d", errBug, r.Sort, r.Index)
	}
	return it, nil
}

// at is s[i], if that exists.
func at[T any](s []T, i uint32) (v T, ok bool) {
	if uint64(i) >= uint64(len(s)) {
		return v, false
	}
	return s[i], true
}
