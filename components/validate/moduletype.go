package validate

import (
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// ModuleType is the type of a core module: what it imports and exports, in order.
// It implements wit.CoreModuleType.
type ModuleType struct {
	Imports []CoreImport
	Exports []CoreExport

	imports map[coreName]int
	exports map[string]core.ExternType
	size    int
}

// CoreImport is one import of a core module.
type CoreImport struct {
	Module, Name string
	Type         core.ExternType
}

// CoreExport is one export of a core module.
type CoreExport struct {
	Name string
	Type core.ExternType
}

type coreName struct{ module, name string }

// ExternSort is core module.
func (*ModuleType) ExternSort() wit.Sort { return wit.SortCoreModule }

// TypeSize is the number of value types and definitions in it.
func (t *ModuleType) TypeSize() int { return 1 + t.size }

func sizeOfCore(t core.ExternType) int {
	if f, ok := t.(core.FuncType); ok {
		return 1 + len(f.Params) + len(f.Results)
	}
	return 1
}

// Import returns the type of an import.
func (t *ModuleType) Import(module, name string) (core.ExternType, bool) {
	i, ok := t.imports[coreName{module, name}]
	if !ok {
		return nil, false
	}
	return t.Imports[i].Type, true
}

// Export returns the type of an export.
func (t *ModuleType) Export(name string) (core.ExternType, bool) {
	et, ok := t.exports[name]
	return et, ok
}

// addImport reports false if there is an import of the same two names: they stand
// for one argument of an instantiation, so a component's modules have each once.
func (t *ModuleType) addImport(im CoreImport) bool {
	key := coreName{im.Module, im.Name}
	if _, dup := t.imports[key]; dup {
		return false
	}
	if t.imports == nil {
		t.imports = map[coreName]int{}
	}
	t.imports[key] = len(t.Imports)
	t.Imports = append(t.Imports, im)
	t.size += sizeOfCore(im.Type)
	return true
}

// addExport reports false if there is an export of the same name.
func (t *ModuleType) addExport(ex CoreExport) bool {
	if _, dup := t.exports[ex.Name]; dup {
		return false
	}
	if t.exports == nil {
		t.exports = map[string]core.ExternType{}
	}
	t.exports[ex.Name] = ex.Type
	t.Exports = append(t.Exports, ex)
	t.size += sizeOfCore(ex.Type)
	return true
}

// SubtypeOf reports nil if a module of type t may be used where super is expected:
// it imports no more and exports no less (Explainer.md, "Type Checking").
func (t *ModuleType) SubtypeOf(super wit.CoreModuleType) error {
	s, ok := super.(*ModuleType)
	if !ok {
		return fmt.Errorf("the core module types cannot be compared")
	}
	for _, im := range t.Imports {
		given, ok := s.Import(im.Module, im.Name)
		if !ok {
			return fmt.Errorf("the module imports %q %q, which is not expected", im.Module, im.Name)
		}
		if !coreMatches(given, im.Type) {
			return fmt.Errorf("the module imports %q %q as %s, which gets %s", im.Module, im.Name, im.Type, given)
		}
	}
	for _, want := range s.Exports {
		got, ok := t.Export(want.Name)
		if !ok {
			return fmt.Errorf("the module does not export %q", want.Name)
		}
		if !coreMatches(got, want.Type) {
			return fmt.Errorf("the module exports %q as %s, not as %s", want.Name, got, want.Type)
		}
	}
	return nil
}

// String writes the type in the text format, shortened if it is long.
func (t *ModuleType) String() string {
	var b strings.Builder
	b.WriteString("core module {")
	for _, im := range t.Imports {
		if b.Len() > 300 {
			break
		}
		fmt.Fprintf(&b, " import %q %q: %s;", im.Module, im.Name, im.Type)
	}
	for _, ex := range t.Exports {
		if b.Len() > 300 {
			b.WriteString(" …")
			break
		}
		fmt.Fprintf(&b, " export %q: %s;", ex.Name, ex.Type)
	}
	b.WriteString(" }")
	return b.String()
}

// typeOfModule gives the type of a decoded module.
func (v *validator) typeOfModule(m *core.Module) (*ModuleType, error) {
	t := &ModuleType{}
	for i := range m.Imports {
		im := CoreImport{m.Imports[i].Module, m.Imports[i].Name, m.ImportType(i)}
		if !t.addImport(im) {
			return nil, v.errorf("the core module imports %q %q twice", im.Module, im.Name)
		}
	}
	for i := range m.Exports {
		ex := CoreExport{m.Exports[i].Name, m.ExportType(i)}
		if !t.addExport(ex) {
			return nil, v.errorf("the core module exports %q twice", ex.Name)
		}
	}
	return t, nil
}

// TypeOf gives the type of a decoded core module that is no part of a component:
// one that a host offers. The error is an *Error.
func TypeOf(m *core.Module) (*ModuleType, error) { return (&validator{}).typeOfModule(m) }
