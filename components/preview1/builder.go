package preview1

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// builder makes a component's definitions, and counts the index spaces that they fill.
// It makes the model that package binary decodes into: nothing of it is ever encoded.
type builder struct {
	component components.Component
	counts    [wit.SortInstance + 1]uint32
	// imports holds the imported instances by interface, without version.
	imports map[string]uint32
}

func (c *builder) add(sort wit.Sort, item any) uint32 {
	c.component.Defs = append(c.component.Defs, components.Def{Offset: c.component.Size, Item: item})
	c.counts[sort]++
	return c.counts[sort] - 1
}

// module embeds a module. Those behind the first are as if they stood behind the file.
func (c *builder) module(b []byte) uint32 {
	i := c.add(wit.SortCoreModule, components.CoreModule{Offset: c.component.Size, Bytes: b})
	c.component.Size += len(b)
	return i
}

func (c *builder) typ(t any) uint32 { return c.add(wit.SortType, components.TypeDef{Item: t}) }

func (c *builder) importInstance(i components.Import) uint32 {
	n := c.add(wit.SortInstance, i)
	c.imports[interfaceOf(i.Name)] = n
	return n
}

// typeOf is the type that an instance exports.
func (c *builder) typeOf(instance uint32, name string) uint32 {
	return c.add(wit.SortType, components.Alias{Sort: wit.SortType, Kind: components.AliasExport, Instance: instance, Name: name})
}

// export is a core instance's export.
func (c *builder) export(sort wit.Sort, instance uint32, name string) components.Ref {
	i := c.add(sort, components.Alias{Sort: sort, Kind: components.AliasCoreExport, Instance: instance, Name: name})
	return components.Ref{Sort: sort, Index: i}
}

// lower is the core function of an interface's function.
func (c *builder) lower(instance uint32, name string, memory, realloc components.Ref) components.Ref {
	f := c.add(wit.SortFunc, components.Alias{Sort: wit.SortFunc, Kind: components.AliasExport, Instance: instance, Name: name})
	return c.canon(components.Canon{Op: components.CanonLower, Name: "lower", Func: f, Options: []components.CanonOption{
		{Kind: components.OptUTF8}, {Kind: components.OptMemory, Index: memory.Index}, {Kind: components.OptRealloc, Index: realloc.Index}}})
}

// drop is the core function that drops handles of an interface's resource type.
func (c *builder) drop(instance uint32, resource string) components.Ref {
	return c.canon(components.Canon{Op: components.CanonResourceDrop, Name: "resource.drop", Type: c.typeOf(instance, resource)})
}

func (c *builder) canon(def components.Canon) components.Ref {
	return components.Ref{Sort: wit.SortCoreFunc, Index: c.add(wit.SortCoreFunc, def)}
}

// named is an export of an inline instance, or an argument.
type named struct {
	name string
	ref  components.Ref
}

func args(list []named) []components.Arg {
	out := make([]components.Arg, len(list))
	for i, n := range list {
		out[i] = components.Arg{Name: n.name, Ref: n.ref}
	}
	return out
}

func (c *builder) inline(exports []named) components.Ref {
	return components.Ref{Sort: wit.SortCoreInstance, Index: c.add(wit.SortCoreInstance, components.CoreInstance{Inline: true, Args: args(exports)})}
}

func (c *builder) instantiate(module uint32, with ...named) components.Ref {
	return components.Ref{Sort: wit.SortCoreInstance, Index: c.add(wit.SortCoreInstance, components.CoreInstance{Module: module, Args: args(with)})}
}

// exportRun exports an interface with the function run, which is the core function f.
func (c *builder) exportRun(name string, f components.Ref) {
	result := c.typ(components.ResultType{})
	t := c.typ(components.FuncType{Result: &components.ValType{IsIndex: true, Index: result}})
	run := c.add(wit.SortFunc, components.Canon{Op: components.CanonLift, Name: "lift", Func: f.Index, Type: t})
	i := c.add(wit.SortInstance, components.Instance{Inline: true, Args: args([]named{{"run", components.Ref{Sort: wit.SortFunc, Index: run}}})})
	c.add(wit.SortInstance, components.Export{Name: name, Ref: components.Ref{Sort: wit.SortInstance, Index: i}})
}
