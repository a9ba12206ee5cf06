package compile

import (
	"strings"

	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// exports lists what the main component exports, but for the HTTP handler, which is
// the handler component's. Instances are opened up; components and types other than
// resources are nothing at run time and are left out.
func (c *compiler) exports() error {
	if err := c.exportsOf(c.g.Main, func(name string) bool { return c.g.Handler == c.g.Main || !isHTTPHandler(name) }); err != nil {
		return err
	}
	if c.g.Handler == c.g.Main {
		return nil
	}
	return c.exportsOf(c.g.Handler, isHTTPHandler)
}

func isHTTPHandler(name string) bool {
	name, _, _ = strings.Cut(name, "@")
	return name == plan.HTTPHandler
}

func (c *compiler) exportsOf(component int, want func(name string) bool) error {
	f := c.frames[component]
	for _, d := range f.typed.Type.Exports {
		if !want(d.Name) {
			continue
		}
		if err := c.export("", d, f.exported[d.Name]); err != nil {
			return &Error{Component: c.g.Components[component].Name, Err: err}
		}
	}
	return nil
}

// export adds one export of instance iface, "" for the component itself.
func (c *compiler) export(iface string, d wit.Decl, it item) error {
	e := plan.Export{Interface: iface, Name: d.Name, Resource: -1}
	switch t := d.Type.(type) {
	case *wit.InstanceType:
		return c.exportInstance(iface, d.Name, t, it.inst)
	case *wit.FuncType:
		name := d.Name
		if iface != "" {
			name = iface + "#" + d.Name
		}
		call, err := c.called(it.fn, name, t)
		if err != nil {
			return err
		}
		e.Type, e.Call = t, call
	case *wit.TypeExport:
		if it.res == nil {
			return nil
		}
		e.Resource = it.res.index
	case wit.CoreModuleType:
		e.Module = it.mod.bytes
	default:
		return nil
	}
	c.plan.Exports = append(c.plan.Exports, e)
	return nil
}

func (c *compiler) exportInstance(outer, name string, t *wit.InstanceType, inst *instance) error {
	if outer != "" {
		name = outer + "/" + name
	}
	for _, d := range t.Exports {
		if err := c.export(name, d, inst.exports[d.Name]); err != nil {
			return err
		}
	}
	return nil
}
