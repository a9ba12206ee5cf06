package compile

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/fuse"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// Options tell how to compile.
type Options struct {
	Limits Limits
	// CheckBudget is how many units of work a core module may do between two calls of
	// the host's interruption check. Zero stands for the default of components/core.
	CheckBudget int
	// Fuse says which calls between components become generated WebAssembly.
	Fuse Fuse
}

// Plan compiles a graph. Errors are *Error, or several of them joined.
func Plan(g *graph.Graph, opt Options) (*plan.Plan, error) {
	c := newCompiler(g, opt)
	c.addInstance(plan.Instance{Path: g.Name, Component: -1, Parent: -1}, false)
	for _, i := range g.Order {
		if err := c.component(i); err != nil {
			return nil, err
		}
	}
	if err := c.exports(); err != nil {
		return nil, err
	}
	if len(c.border) > 0 {
		return nil, errors.Join(c.border...)
	}
	c.finish()
	return c.plan, nil
}

// compiler holds what is known while one graph is compiled.
type compiler struct {
	g      *graph.Graph
	opt    Options
	limits Limits
	plan   *plan.Plan
	// frames are those of the composition's components, nil before their turn.
	frames []*frame
	// lowers tells which component instances have a canon lower (entering.go).
	lowers []bool
	host   *catalog
	// accessors are the instances through which generated code reaches memories.
	accessors map[plan.CoreRef]int
	// modules are the entities of core modules.
	modules map[*core.Module]*module
	// byBytes finds modules that are the same.
	byBytes map[string]int
	work    int
	// coreInstances counts steps, moduleBytes what the plan's modules take.
	coreInstances, moduleBytes int
	// againBytes counts modules that are made more than once.
	againBytes int
	// border are the calls of singletons that cannot be (border.go).
	border []error
}

func newCompiler(g *graph.Graph, opt Options) *compiler {
	c := &compiler{
		g: g, opt: opt, limits: opt.Limits.withDefaults(), plan: &plan.Plan{Name: g.Name},
		frames: make([]*frame, len(g.Components)), byBytes: map[string]int{}, modules: map[*core.Module]*module{},
		accessors: map[plan.CoreRef]int{},
	}
	c.host = newCatalog(c, g)
	return c
}

// component instantiates component i of the graph.
func (c *compiler) component(i int) error {
	gc := c.g.Components[i]
	n := len(c.plan.Components)
	c.plan.Components = append(c.plan.Components, plan.Component{Name: gc.Name, Source: gc.File, Digest: gc.Digest, Grants: gc.Grants, Store: gc.Store})
	f, err := c.newFrame(&closure{typed: gc.Typed}, plan.Instance{Path: gc.Name, Component: n, Parent: 0})
	if err != nil {
		return &Error{Component: gc.Name, Err: err}
	}
	args := make(map[string]item, len(gc.Imports))
	for k := range gc.Imports {
		it, err := c.provided(f, &gc.Imports[k], gc.Typed.Type.Imports[k].Type)
		if err != nil {
			return &Error{Component: gc.Name, Err: err}
		}
		args[gc.Imports[k].Name] = it
	}
	c.frames[i] = f
	return f.run(args)
}

// provided is what an edge gives.
func (c *compiler) provided(f *frame, e *graph.Import, t wit.ExternType) (item, error) {
	switch {
	case e.Provider == graph.Nothing:
		return f.typesOnly(t), nil
	case e.Provider == graph.Host:
		return c.host.item(e)
	}
	it, ok := c.frames[e.Provider].exported[e.Export]
	if !ok {
		return item{}, fmt.Errorf("%s has no export %s", c.g.Components[e.Provider].Name, e.Export)
	}
	return it, nil
}

// addInstance adds a component instance to the plan.
func (c *compiler) addInstance(i plan.Instance, lowers bool) int {
	c.plan.Instances = append(c.plan.Instances, i)
	c.lowers = append(c.lowers, lowers)
	return len(c.plan.Instances) - 1
}

// addModule adds a module to the plan, unless it is there.
func (c *compiler) addModule(m plan.Module) (int, error) {
	key := identity(&m)
	if i, ok := c.byBytes[key]; ok {
		return i, nil
	}
	if c.moduleBytes += len(key); c.moduleBytes > c.limits.ModuleBytes {
		return 0, &LimitError{"bytes of core modules", c.limits.ModuleBytes}
	}
	c.plan.Modules = append(c.plan.Modules, m)
	i := len(c.plan.Modules) - 1
	c.byBytes[key] = i
	return i, nil
}

// identity is what modules that are the same have in common: everything but names,
// which are for messages. What State says follows from the rest.
func identity(m *plan.Module) string {
	if len(m.Image) == 0 {
		return string(m.Bytes)
	}
	// No module begins like this length does.
	b := binary.BigEndian.AppendUint64(nil, uint64(len(m.Bytes)))
	b = append(b, m.Bytes...)
	for _, p := range m.Image {
		b = binary.BigEndian.AppendUint32(b, p.Offset)
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.Bytes)))
		b = append(b, p.Bytes...)
	}
	return string(b)
}

// addStep adds the instantiation of a module and returns the core instance's number.
func (c *compiler) addStep(s plan.Step) (int, error) {
	// The first step is added at the end, when the number of instances is known.
	if c.coreInstances++; c.coreInstances > c.limits.CoreInstances {
		return 0, &LimitError{"core module instances", c.limits.CoreInstances}
	}
	c.plan.Steps = append(c.plan.Steps, s)
	return len(c.plan.Steps), nil
}

// finish puts the module with the instances' flags first.
func (c *compiler) finish() {
	state := &plan.State{}
	for i := range c.plan.Instances {
		state.Globals = append(state.Globals, plan.FlagName(plan.MayLeave, i), plan.FlagName(plan.MayEnter, i))
	}
	flags := plan.Module{Name: "instance flags", Bytes: fuse.Flags(len(c.plan.Instances)), Generated: true, State: state}
	c.plan.Modules = append(c.plan.Modules, flags)
	first := plan.Step{Module: len(c.plan.Modules) - 1, Instance: 0}
	c.plan.Steps = append([]plan.Step{first}, c.plan.Steps...)
}
