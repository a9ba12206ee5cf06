package print

import "github.com/sidecall/sidecall/wit"

// World is what a component imports and exports.
type World struct {
	Imports []Item `json:"imports"`
	Exports []Item `json:"exports"`
}

// Item is one import, export, or member of an interface or resource.
type Item struct {
	// Name is the name as WIT writes it: without "[method]r." and the like.
	Name string `json:"name,omitempty"`
	Kind Kind   `json:"kind"`
	// Type is the type in WIT's syntax, of functions and types; of a used type it is
	// the name that it has in the interface From.
	Type string `json:"type,omitempty"`
	From string `json:"from,omitempty"`
	// Items are the members of an interface, resource or component.
	Items []Item `json:"items,omitempty"`
}

// Kind says what an Item is.
type Kind string

const (
	Func        Kind = "func"
	StaticFunc  Kind = "static"
	Method      Kind = "method"
	Constructor Kind = "constructor"
	Type        Kind = "type"
	// Use is a type that is another interface's.
	Use        Kind = "use"
	Resource   Kind = "resource"
	Interface  Kind = "interface"
	Component  Kind = "component"
	CoreModule Kind = "core module"
)

// Of describes a component's type.
func Of(t *wit.ComponentType) *World {
	d := &describer{types: map[*wit.TypeExport]place{}, resources: map[*wit.Resource]place{}, bodies: map[any]place{}}
	d.name("", t.Imports)
	d.name("", t.Exports)
	return &World{Imports: d.items("", t.Imports), Exports: d.items("", t.Exports)}
}

// place is where a type has its name: an interface, empty for the world itself,
// and the name there.
type place struct{ iface, name string }

// describer knows the names of all types.
type describer struct {
	types     map[*wit.TypeExport]place
	resources map[*wit.Resource]place
	// bodies tells where a record, variant, enum or flags was named first. A type
	// that is given another name shares its parts with the first.
	bodies map[any]place
}

// body identifies the parts of a type that must have a name, nil for other types.
func body(t *wit.Type) any {
	switch {
	case t.Kind == wit.Record && len(t.Fields) > 0:
		return &t.Fields[0]
	case (t.Kind == wit.Variant || t.Kind == wit.Enum) && len(t.Cases) > 0:
		return &t.Cases[0]
	case t.Kind == wit.Flags && len(t.Labels) > 0:
		return &t.Labels[0]
	}
	return nil
}

// name records where types and resource types are named first.
func (d *describer) name(iface string, ds []wit.Decl) {
	for _, decl := range ds {
		switch t := decl.Type.(type) {
		case *wit.InstanceType:
			d.name(decl.Name, t.Exports)
		case *wit.TypeExport:
			p := place{iface, decl.Name}
			if _, ok := d.types[t]; !ok {
				d.types[t] = p
			}
			switch t := t.Def.(type) {
			case *wit.Resource:
				if _, ok := d.resources[t]; !ok {
					d.resources[t] = p
				}
			case *wit.Type:
				if b := body(t); b != nil {
					if _, ok := d.bodies[b]; !ok {
						d.bodies[b] = p
					}
				}
			}
		}
	}
}

// items describes declarations of one scope. Functions of a resource become
// members of it.
func (d *describer) items(iface string, ds []wit.Decl) []Item {
	s := &scope{describer: d, iface: iface, locals: map[any]string{}}
	s.find(ds)
	var out []Item
	at := map[string]int{} // resources by their names
	for _, decl := range ds {
		i := s.item(decl)
		n, err := wit.ParseExportName(decl.Name, wit.NameFeatures{NestedNames: true, CanonVersions: true})
		if r, ok := at[n.Label]; ok && err == nil && isMember(n.Kind) {
			out[r].Items = append(out[r].Items, member(i, n))
			continue
		}
		if i.Kind == Resource {
			at[decl.Name] = len(out)
		}
		out = append(out, i)
	}
	return out
}

func isMember(k wit.NameKind) bool {
	return k == wit.ConstructorName || k == wit.MethodName || k == wit.StaticName
}

// member makes a function a member of its resource.
func member(i Item, n wit.Name) Item {
	i.Name = n.Member
	switch n.Kind {
	case wit.ConstructorName:
		i.Kind, i.Name = Constructor, ""
	case wit.MethodName:
		i.Kind = Method
	case wit.StaticName:
		i.Kind = StaticFunc
	}
	return i
}
