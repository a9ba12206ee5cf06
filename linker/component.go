package linker

import (
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/wit"
)

// Definition is one component that was decoded and found valid, not yet linked.
type Definition struct {
	name   string
	loaded *resolve.Loaded
}

// Define decodes and validates a component; name is for messages. The error is a
// *binary.Error if the bytes are no component, and a *validate.Error if it breaks
// a rule.
func Define(name string, data []byte) (*Definition, error) {
	l, err := check(data)
	if err != nil {
		return nil, err
	}
	return &Definition{name, l}, nil
}

// Plan links the component by itself: the host provides all imports. The error is
// a *diag.Failure if they do not fit what cat offers, or a *compile.Error.
func (d *Definition) Plan(cat resolve.Catalog, opt Options) (*plan.Plan, error) {
	pos := diag.Pos{File: d.name}
	m := &manifest.Manifest{Name: d.name, Main: d.name, MainPos: pos,
		Components: []manifest.Component{{Name: d.name, Pos: pos, File: d.name, FilePos: pos}}}
	g, diags := resolve.Graph(m, []*resolve.Loaded{d.loaded}, cat)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	return compile.Plan(g, opt.Compile)
}

// Component is Define and Plan in one.
func Component(name string, data []byte, cat resolve.Catalog, opt Options) (*plan.Plan, error) {
	d, err := Define(name, data)
	if err != nil {
		return nil, err
	}
	return d.Plan(cat, opt)
}

// CoreModuleType decodes and validates a core module and gives its type, for a
// catalog that offers it (graph.HostInterface.Modules). The error is a *core.Error
// or a *validate.Error.
func CoreModuleType(module []byte) (wit.CoreModuleType, error) {
	m, err := core.Decode(module, 0)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return validate.TypeOf(m)
}
