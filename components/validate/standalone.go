package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// Standalone says whether a valid component can be instantiated and called by a
// host alone. The specification lets a component import and export whole
// components, and hand an imported function on as an export: these mean something
// to another component that it is linked with, but a host has no components to
// give, cannot call one, and a function that is merely handed on belongs to no
// instance that a call could enter. The error is an *Error.
func Standalone(t *Typed) error {
	fail := func(offset int, msg string, args ...any) error {
		v := &validator{offset: offset}
		return v.errorf(msg, args...)
	}
	var imported []bool // for each function index
	for i := range t.Component.Defs {
		d := &t.Component.Defs[i]
		switch item := d.Item.(type) {
		case components.Import:
			if item.Type.Sort == wit.SortComponent {
				return fail(d.Offset, "the import %s is a component, which a host cannot give", shortQuote(item.Name))
			}
			if item.Type.Sort == wit.SortFunc {
				imported = append(imported, true)
			}
		case components.Alias:
			if item.Sort == wit.SortFunc {
				imported = append(imported, false)
			}
		case components.Canon:
			if item.Op == components.CanonLift {
				imported = append(imported, false)
			}
		case components.Export:
			switch item.Ref.Sort {
			case wit.SortComponent:
				return fail(d.Offset, "the export %s is a component, which a host cannot use", shortQuote(item.Name))
			case wit.SortFunc:
				if imported[item.Ref.Index] {
					return fail(d.Offset, "the export %s is an imported function handed on, which belongs to no instance", shortQuote(item.Name))
				}
				imported = append(imported, false)
			}
		}
	}
	return nil
}
