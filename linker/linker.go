package linker

import (
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/linker/resolve"
)

// Options tell how to link. The zero Options are right for most uses.
type Options struct {
	// MaxFileSize bounds each component's file, in bytes; 0 stands for DefaultMaxFileSize.
	MaxFileSize int64
	// Image finds a component that the manifest names by its image: it returns the path
	// of a file. An error that is a *FileError has its hint shown. Without Image, images
	// are errors.
	Image func(name string) (path string, err error)
	// Compile tells how to compile.
	Compile compile.Options
}

// DefaultMaxFileSize is far above the largest components that toolchains make (12
// MB for an embedded JavaScript engine, 50 MB for Python).
const DefaultMaxFileSize = 512 << 20

// Result is what linking yields, as far as it got.
type Result struct {
	Manifest *manifest.Manifest
	// Graph is nil if a component could not be loaded, or an import has no provider.
	Graph *graph.Graph
	// Plan is nil if and only if Diagnostics has errors.
	Plan *plan.Plan
	// Diagnostics are all errors, warnings and notes.
	Diagnostics diag.List
}

// Link links a composition. Problems are in the result's Diagnostics, all that
// could be found.
func Link(m *manifest.Manifest, cat resolve.Catalog, opt Options) *Result {
	r := &Result{Manifest: m}
	// Load, decode and validate: each component by itself.
	comps, problems := loadAll(m, opt)
	r.Diagnostics = append(r.Diagnostics, problems...)
	// Resolve needs the types of all of them.
	g, problems := resolve.Graph(m, comps, cat)
	r.Diagnostics = append(r.Diagnostics, problems...)
	r.Diagnostics.Sort()
	if g == nil {
		return r
	}
	r.Graph = g
	p, err := compile.Plan(g, opt.Compile)
	if err != nil {
		problems := []error{err}
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			problems = several.Unwrap()
		}
		for _, err := range problems {
			r.Diagnostics.Add(compileProblem(m, err))
		}
		return r
	}
	r.Plan = p
	r.interpreted()
	return r
}

// compileProblem places an error of the compiler in the manifest.
func compileProblem(m *manifest.Manifest, err error) diag.Diagnostic {
	d := diag.Diagnostic{Stage: diag.Link, Pos: diag.Pos{File: m.File}, Message: err.Error()}
	var ce *compile.Error
	var be *compile.BorderError
	if errors.As(err, &be) {
		d.Message = fmt.Sprintf("components.%s.instance: %s", be.Singleton, be)
		d.Hint = "leave instance out for " + be.Singleton + ", or write instance: singleton for " + m.Main
		if c := m.Component(be.Singleton); c != nil {
			d.Pos = c.Instance.Pos
		}
		return d
	}
	if errors.As(err, &ce) {
		if c := m.Component(ce.Component); c != nil {
			d.Pos = c.Pos
		}
	}
	return d
}

// interpreted warns if the compiler cannot run the plan.
func (r *Result) interpreted() {
	for i := range r.Plan.Modules {
		if m := &r.Plan.Modules[i]; m.Interpret != "" {
			r.Diagnostics.Add(diag.Diagnostic{Severity: diag.Warning, Stage: diag.Link,
				Message: fmt.Sprintf("%s: %s, which the compiler gets wrong: all guest code of the composition is interpreted, and slower by far", m.Name, m.Interpret),
				Hint:    "build it without WebAssembly exceptions, if it does not need them"})
			return
		}
	}
}
