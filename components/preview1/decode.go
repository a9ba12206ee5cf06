package preview1

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/core"
)

const (
	// Module is the name under which preview1's functions are imported.
	Module = "wasi_snapshot_preview1"

	again      = "again#"
	startName  = "_start"
	memoryName = "memory"
)

// Decode reads a component, or makes one around a preview1 command. Definitions of the one
// that is made have offsets behind the file's end, the program itself those of the file.
// The error is a *binary.Error.
func Decode(b []byte) (*components.Component, error) {
	switch binary.Sniff(b) {
	case binary.FormatCoreModule, binary.FormatPreview1:
		return wrap(b)
	}
	return binary.Decode(b)
}

// IsModule tells whether the bytes are a core module, of which Decode makes a component if
// it can.
func IsModule(b []byte) bool {
	f := binary.Sniff(b)
	return f == binary.FormatCoreModule || f == binary.FormatPreview1
}

// program is a module that was found to be a command.
type program struct {
	bytes  []byte
	module *core.Module
	// functions are those of preview1 that it imports, and how often.
	functions map[string]int
	// again are the module names, beside preview1's, that it imports from (rename).
	again  []string
	memory bool
}

// fail makes an error at a position of the file.
func fail(offset int, format string, args ...any) error {
	return &binary.Error{Offset: offset, Msg: fmt.Sprintf(format, args...)}
}

// check finds out whether a module is a command that can be run.
func check(b []byte, adapter *core.Module) (*program, error) {
	m, err := core.Decode(b, 0)
	if err != nil {
		var ce *core.Error
		if errors.As(err, &ce) {
			return nil, &binary.Error{Offset: ce.Offset, Msg: "in the core module: " + ce.Msg, Feature: ce.Feature()}
		}
		return nil, err
	}
	if slices.ContainsFunc(m.Customs, func(c core.Custom) bool { return strings.HasPrefix(c.Name, "component-type") }) {
		_, err := binary.Decode(b) // it says how to go on with the types that are in it
		return nil, err
	}
	p := &program{bytes: b, module: m, functions: map[string]int{}}
	if err := p.elsewhere(); err != nil {
		return nil, err
	}
	if err := p.exports(); err != nil {
		return nil, err
	}
	return p, p.imports(adapter)
}

func (p *program) exports() error {
	start := false
	for i, e := range p.module.Exports {
		switch {
		case e.Name == startName && e.Kind == core.ExternFunc:
			if t := p.module.ExportType(i); !t.Equal(core.FuncType{}) {
				return fail(0, "the core module's export %q is a %s, and that of a command has neither parameters nor results", startName, t)
			}
			start = true
		case e.Name == memoryName && e.Kind == core.ExternMemory:
			p.memory = true
		}
	}
	if start {
		return nil
	}
	_, err := binary.Decode(p.bytes)
	var be *binary.Error
	if errors.As(err, &be) && be.Found == binary.FormatPreview1 {
		be.Msg = fmt.Sprintf("this core module is no program: it exports no function %q. A library needs WIT types: add them with "+
			"`wasm-tools component embed wit core.wasm -o core.wasm`, then make a component of it with "+
			"`wasm-tools component new core.wasm --adapt wasi_snapshot_preview1.reactor.wasm -o component.wasm`", startName)
	}
	return err
}

func (p *program) imports(adapter *core.Module) error {
	offered := map[string]core.ExternType{}
	for i, e := range adapter.Exports {
		if e.Kind == core.ExternFunc {
			offered[e.Name] = adapter.ExportType(i)
		}
	}
	for i, im := range p.module.Imports {
		at, want := p.module.ImportOffset(i), p.module.ImportType(i)
		switch got := offered[im.Name]; {
		case im.Module != Module:
			return fail(at, "the core module imports %s %q from %q, which nothing provides: without WIT types, a program can import "+
				"nothing but %s's functions. With them it becomes a component: `wasm-tools component embed`, then `wasm-tools component new`",
				im.Kind, im.Name, im.Module, Module)
		case got == nil:
			return fail(at, "the core module imports %q from %q, which has no such function", im.Name, Module)
		case !got.Equal(want):
			return fail(at, "the core module imports %q from %q as %s, which is %s", im.Name, Module, want, got)
		}
		if n := p.functions[im.Name]; n > 0 {
			p.rename(i, n)
		}
		p.functions[im.Name]++
	}
	return nil
}

// rename gives import i another module name: it imports what was imported n times before,
// which a component's modules may not, and compilers do. The new name is as long as the old
// one, so that everything else stays where it is.
func (p *program) rename(i, n int) {
	name := fmt.Sprintf("%s%0*d", again, len(Module)-len(again), n)
	if n > len(p.again) {
		p.again = append(p.again, name)
		if n == 1 {
			p.bytes = slices.Clone(p.bytes)
		}
	}
	at := p.module.ImportOffset(i)
	for p.bytes[at] >= 0x80 { // the length
		at++
	}
	copy(p.bytes[at+1:], name)
}

// files tells whether the program can get at files: by names, or by asking what directories
// it has.
func (p *program) files() bool {
	for name := range p.functions {
		if strings.HasPrefix(name, "path_") || strings.HasPrefix(name, "fd_prestat_") || name == "fd_readdir" {
			return true
		}
	}
	return false
}
