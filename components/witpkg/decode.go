package witpkg

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/wit"
)

// Interface is one WIT interface.
type Interface struct {
	// Name is the full name: "wasi:io/streams@0.2.12".
	Name string
	Type *wit.InstanceType
}

// Decode reads WIT packages in binary form and returns their interfaces, in the
// order in which they first appear: those that a package declares, and those that
// its worlds import or export. Interfaces that use each other may be spread over
// several inputs. Every interface that is used must be in one of them: a package
// holds of its dependencies only the parts that it needs, unless a world of it
// imports them.
func Decode(inputs ...[]byte) ([]Interface, error) {
	var d definitions
	for i, b := range inputs {
		if err := d.read(b); err != nil {
			return nil, fmt.Errorf("WIT package %d: %w", i, err)
		}
	}
	return d.resolve()
}

// definition is one interface as one package has it: the type of a component that
// imports what the interface uses and exports the interface.
type definition struct {
	name string
	typ  *wit.ComponentType
	// declared is set for an interface of the package itself. What a world mentions
	// is the same interface, but depends on all that the world mentions before.
	declared bool
}

type definitions []definition

// read collects the definitions of one package.
func (d *definitions) read(b []byte) error {
	c, err := binary.Decode(b)
	if err != nil {
		return err
	}
	typed, err := validate.Component(c, validate.Options{})
	if err != nil {
		return err
	}
	if len(typed.Type.Imports) > 0 {
		return fmt.Errorf("this is a component that imports %q, not a WIT package", typed.Type.Imports[0].Name)
	}
	for _, e := range typed.Type.Exports {
		if !d.export(e) {
			return fmt.Errorf("this is a component whose export %q is a %s, not a WIT package", e.Name, e.Type.ExternSort())
		}
	}
	return nil
}

// export takes one export of a package, a component type whose one export is an
// interface or a world. It says whether it was one.
func (d *definitions) export(e wit.Decl) bool {
	named, ok := e.Type.(*wit.TypeExport)
	if !ok {
		return false
	}
	t, ok := named.Def.(*wit.ComponentType)
	if !ok || len(t.Exports) != 1 {
		return false
	}
	switch of := t.Exports[0].Type.(type) {
	case *wit.InstanceType:
		*d = append(*d, definition{t.Exports[0].Name, t, true})
		return true
	case *wit.ComponentType:
		d.world(of)
		return true
	}
	return false
}

// world takes the interfaces that a world mentions. Each may use those before it.
func (d *definitions) world(w *wit.ComponentType) {
	var before []wit.Decl
	var resources []*wit.Resource
	for _, e := range slices.Concat(w.Imports, w.Exports) {
		t, ok := e.Type.(*wit.InstanceType)
		if !ok || !strings.Contains(e.Name, "/") {
			continue // a function, a type, or an interface without a name of its own
		}
		*d = append(*d, definition{e.Name,
			wit.NewComponentType(slices.Clone(before), []wit.Decl{e}, slices.Clone(resources), t.Resources), false})
		before, resources = append(before, e), append(resources, t.Resources...)
	}
}

// resolve makes the interfaces, those first that others use. Instantiating a
// definition with the interfaces made so far replaces the resource types that it
// imports by theirs.
func (d definitions) resolve() ([]Interface, error) {
	made := map[string]wit.ExternType{}
	pending := d.distinct()
	for len(pending) > 0 {
		var waiting []definition
		for _, def := range pending {
			if def.missing(made) != "" {
				waiting = append(waiting, def)
				continue
			}
			inst, bad := def.typ.Instantiate(made)
			if len(bad) > 0 {
				return nil, fmt.Errorf("%s does not fit the interfaces that it uses: %w", def.name, joined(bad))
			}
			made[def.name] = inst.Exports[0].Type
		}
		if len(waiting) == len(pending) {
			return nil, fmt.Errorf("%s uses %s, which none of the packages declares", waiting[0].name, waiting[0].missing(made))
		}
		pending = waiting
	}
	return d.ordered(made), nil
}

// distinct chooses one definition for each name: the declared one if there is one.
func (d definitions) distinct() []definition {
	var out []definition
	at := map[string]int{}
	for _, def := range d {
		i, ok := at[def.name]
		switch {
		case !ok:
			at[def.name] = len(out)
			out = append(out, def)
		case def.declared && !out[i].declared:
			out[i] = def
		}
	}
	return out
}

// missing returns the first interface that the definition uses and that is not made.
func (d *definition) missing(made map[string]wit.ExternType) string {
	for _, i := range d.typ.Imports {
		if made[i.Name] == nil {
			return i.Name
		}
	}
	return ""
}

func (d definitions) ordered(made map[string]wit.ExternType) []Interface {
	out := make([]Interface, 0, len(made))
	for _, def := range d.distinct() {
		out = append(out, Interface{def.name, made[def.name].(*wit.InstanceType)})
	}
	return out
}

func joined(ms []*wit.Mismatch) error {
	errs := make([]error, len(ms))
	for i, m := range ms {
		errs[i] = m
	}
	return errors.Join(errs...)
}
