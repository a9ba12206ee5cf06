package plan

import (
	"fmt"
	"slices"

	"github.com/sidecall/sidecall/components/canon"
)

// Check reports the first reference of the plan that leads nowhere, or to what
// comes later. A plan that the linker returns passes; tests call it after every
// compilation.
func (p *Plan) Check() error {
	for i, c := range p.Components {
		if c.Store < 0 || c.Store > len(p.Components) {
			return fmt.Errorf("component %d: store %d is out of range", i, c.Store)
		}
	}
	for i, in := range p.Instances {
		if in.Component < -1 || in.Component >= len(p.Components) || in.Parent < -1 || in.Parent >= i {
			return fmt.Errorf("instance %d: component %d or parent %d is out of range", i, in.Component, in.Parent)
		}
	}
	if len(p.Steps) == 0 || !p.validModule(p.Steps[0].Module) || len(p.Steps[0].Imports) > 0 {
		return fmt.Errorf("step 0 is not the module with the flags")
	}
	for i := range p.Steps {
		if err := p.checkStep(i); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	for i := range p.Resources {
		r := &p.Resources[i]
		if r.Instance < -1 || r.Instance >= len(p.Instances) || r.Instance < 0 && r.HostName == "" {
			return fmt.Errorf("resource %d: instance %d is out of range, or it has no name", i, r.Instance)
		}
		if err := p.checkRef(r.Dtor); err != nil {
			return fmt.Errorf("destructor of resource %d: %w", i, err)
		}
	}
	for i := range p.HostModules {
		names := map[string]bool{}
		for j := range p.HostModules[i].Trampolines {
			t := &p.HostModules[i].Trampolines[j]
			if names[t.Name] {
				return fmt.Errorf("host module %d has two trampolines %q", i, t.Name)
			}
			names[t.Name] = true
			if err := p.checkCall(&t.Call); err != nil {
				return fmt.Errorf("host module %d, trampoline %s: %w", i, t.Name, err)
			}
		}
	}
	return p.checkExports()
}

func (p *Plan) checkExports() error {
	for i := range p.Exports {
		e := &p.Exports[i]
		switch {
		case e.Type != nil:
			if err := p.checkCall(&e.Call); err != nil {
				return fmt.Errorf("export %s#%s: %w", e.Interface, e.Name, err)
			}
		case e.Module == nil && (e.Resource < 0 || e.Resource >= len(p.Resources)):
			return fmt.Errorf("export %s#%s is nothing", e.Interface, e.Name)
		}
	}
	return nil
}

func (p *Plan) validModule(i int) bool { return i >= 0 && i < len(p.Modules) }

func (p *Plan) checkStep(i int) error {
	s := &p.Steps[i]
	if !p.validModule(s.Module) || s.Instance < 0 || s.Instance >= len(p.Instances) {
		return fmt.Errorf("module %d or instance %d is out of range", s.Module, s.Instance)
	}
	for k, src := range s.Imports {
		switch {
		case src.Instance >= i:
			return fmt.Errorf("import %d is of core instance %d, which comes later", k, src.Instance)
		case src.Instance < 0 && src.HostModule >= len(p.HostModules):
			return fmt.Errorf("import %d is of host module %d, which does not exist", k, src.HostModule)
		case src.Instance > 0 && p.StoreOf(p.Steps[src.Instance].Instance) != p.StoreOf(s.Instance):
			return fmt.Errorf("import %d is of core instance %d, which is in another store", k, src.Instance)
		}
	}
	return nil
}

func (p *Plan) checkRef(r *CoreRef) error {
	switch {
	case r == nil:
		return nil
	case r.Instance >= len(p.Steps):
		return fmt.Errorf("core instance %d does not exist", r.Instance)
	case r.Instance >= 0:
		return nil
	case r.HostModule < 0 || r.HostModule >= len(p.HostModules) || r.Trampoline < 0 || r.Trampoline >= len(p.HostModules[r.HostModule].Trampolines):
		return fmt.Errorf("trampoline %d of host module %d does not exist", r.Trampoline, r.HostModule)
	case p.HostModules[r.HostModule].Trampolines[r.Trampoline].Name != r.Name:
		return fmt.Errorf("trampoline %d of host module %d is not named %q", r.Trampoline, r.HostModule, r.Name)
	}
	return nil
}

func (p *Plan) checkCall(c *Call) error {
	if c.Program == nil {
		return fmt.Errorf("no program")
	}
	if len(c.Resources) != len(c.Program.Resources) {
		return fmt.Errorf("%d resources for the program's %d", len(c.Resources), len(c.Program.Resources))
	}
	for _, r := range c.Resources {
		if r < 0 || r >= len(p.Resources) {
			return fmt.Errorf("resource %d does not exist", r)
		}
	}
	for _, i := range c.Entering {
		if i < 0 || i >= len(p.Instances) {
			return fmt.Errorf("instance %d does not exist", i)
		}
	}
	for side := range c.Side {
		s := &c.Side[side]
		if s.Instance < -1 || s.Instance >= len(p.Instances) {
			return fmt.Errorf("instance %d does not exist", s.Instance)
		}
	}
	if err := p.checkBorder(c); err != nil {
		return err
	}
	for side := range c.Side {
		s := &c.Side[side]
		if c.Program.UsesMemory[side] && s.Memory == nil || c.Program.UsesRealloc[side] && s.Realloc == nil {
			return fmt.Errorf("the program needs what side %d does not have", side)
		}
		for _, r := range []*CoreRef{s.Memory, s.Realloc} {
			if err := p.checkRef(r); err != nil {
				return err
			}
		}
	}
	for _, call := range []struct {
		code  canon.Code
		given bool
	}{{canon.OpCallCore, c.Target != nil}, {canon.OpCallPostReturn, c.PostReturn != nil}, {canon.OpCallHost, c.HostFunc >= 0}} {
		if !call.given && does(c.Program.Body, call.code) {
			return fmt.Errorf("the program calls what is not given (operation %d)", call.code)
		}
	}
	if c.HostFunc < -1 || c.HostFunc >= len(p.HostFuncs) {
		return fmt.Errorf("host function %d does not exist", c.HostFunc)
	}
	if err := p.checkRef(c.Target); err != nil {
		return err
	}
	return p.checkRef(c.PostReturn)
}

// does reports whether a code is among operations.
func does(ops []canon.Op, code canon.Code) bool {
	return slices.ContainsFunc(ops, func(o canon.Op) bool {
		return o.Code == code || does(o.Body, code) || does(o.Else, code) ||
			slices.ContainsFunc(o.Cases, func(c []canon.Op) bool { return does(c, code) })
	})
}

// checkBorder checks a call between stores: it leads to a shared one, and takes
// along no resources but that one's.
func (p *Plan) checkBorder(c *Call) error {
	caller, callee := c.Side[canon.Caller].Instance, c.Side[canon.Callee].Instance
	if callee < 0 || p.StoreOf(caller) == p.StoreOf(callee) {
		return nil
	}
	if p.StoreOf(caller) != 0 {
		return fmt.Errorf("the call leads out of store %d", p.StoreOf(caller))
	}
	for _, r := range c.Resources {
		if at := p.Resources[r].Instance; at < 0 || p.StoreOf(at) != p.StoreOf(callee) {
			return fmt.Errorf("resource %d crosses to store %d, which is not its own", r, p.StoreOf(callee))
		}
	}
	return nil
}
