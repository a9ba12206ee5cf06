package print

import (
	"github.com/sidecall/sidecall/wit"
)

// scope is the world or an interface, whose types can be named without prefix.
type scope struct {
	*describer
	iface string
	// locals are the first names that types (*wit.TypeExport, or what body returns)
	// and resource types (*wit.Resource) have here.
	locals map[any]string
}

// find records the names that declarations of this scope give to types.
func (s *scope) find(ds []wit.Decl) {
	for _, decl := range ds {
		te, ok := decl.Type.(*wit.TypeExport)
		if !ok {
			continue
		}
		keys := []any{te}
		switch t := te.Def.(type) {
		case *wit.Resource:
			keys = append(keys, t)
		case *wit.Type:
			if t.Named != nil {
				keys = append(keys, t.Named)
			}
			if b := body(t); b != nil {
				keys = append(keys, b)
			}
		}
		for _, k := range keys {
			if _, ok := s.locals[k]; !ok {
				s.locals[k] = decl.Name
			}
		}
	}
}

func (s *scope) item(decl wit.Decl) Item {
	i := Item{Name: decl.Name}
	switch t := decl.Type.(type) {
	case *wit.FuncType:
		i.Kind, i.Type = Func, s.function(decl.Name, t)
	case *wit.InstanceType:
		i.Kind, i.Items = Interface, s.items(decl.Name, t.Exports)
	case *wit.ComponentType:
		i.Kind, i.Items = Component, s.component(t)
	case *wit.TypeExport:
		return s.typeItem(decl.Name, t)
	case wit.CoreModuleType:
		i.Kind = CoreModule
	}
	return i
}

// component describes the type of a component within the component. Its types are
// its own affair.
func (s *scope) component(t *wit.ComponentType) []Item {
	w := Of(t)
	var out []Item
	for _, i := range w.Imports {
		i.Name = "import " + i.Name
		out = append(out, i)
	}
	for _, i := range w.Exports {
		i.Name = "export " + i.Name
		out = append(out, i)
	}
	return out
}

// typeItem describes a declaration of a type: a definition, or another name of a
// type that is defined here or in another interface.
func (s *scope) typeItem(name string, te *wit.TypeExport) Item {
	switch t := te.Def.(type) {
	case *wit.Resource:
		if te.Abstract {
			return Item{Name: name, Kind: Resource}
		}
		return s.alias(name, s.resources[t], s.locals[t], "resource")
	case *wit.Type:
		b := body(t)
		if here := (place{s.iface, name}); b == nil || s.bodies[b] == here {
			return Item{Name: name, Kind: Type, Type: s.structure(t)}
		}
		return s.alias(name, s.bodies[b], s.locals[b], s.structure(t))
	case wit.ExternType:
		i := s.item(wit.Decl{Name: name, Type: t})
		i.Kind, i.Type = Type, string(i.Kind)+" "+i.Type
		return i
	}
	return Item{Name: name, Kind: Type, Type: "unknown"}
}

// alias describes another name of what is named at the place first, and local here.
func (s *scope) alias(name string, at place, local, structure string) Item {
	switch {
	case at.name != "" && at.iface != s.iface && local == name:
		return Item{Name: name, Kind: Use, Type: at.name, From: at.iface}
	case local != "" && local != name:
		return Item{Name: name, Kind: Type, Type: local}
	}
	return Item{Name: name, Kind: Type, Type: structure}
}

// ref is how this scope names a type that has a name, empty if it cannot.
func (s *scope) ref(key any, at place) string {
	switch local, ok := s.locals[key]; {
	case ok:
		return local
	case at.name == "":
		return ""
	case at.iface == "" || at.iface == s.iface:
		return at.name
	default:
		return at.iface + ".{" + at.name + "}"
	}
}
