package resolve

import "github.com/sidecall/sidecall/wit"

// hostArg adapts what the host offers and what a component wants of it in two
// things that are nothing between them at run time, and differ between versions of
// one interface:
//
//   - the host's functions take their parameters by position, so what the
//     component calls them counts;
//   - types that the host does not name, other than resources, are what the
//     component says they are.
func hostArg(offered, wanted wit.ExternType) (arg, want wit.ExternType) {
	switch w := wanted.(type) {
	case *wit.FuncType:
		if o, ok := offered.(*wit.FuncType); ok {
			return renamed(o, w), wanted
		}
	case *wit.InstanceType:
		if o, ok := offered.(*wit.InstanceType); ok {
			return hostInstance(o, w)
		}
	}
	return offered, wanted
}

// renamed is a function type with the names of another's parameters.
func renamed(o, w *wit.FuncType) *wit.FuncType {
	same := len(o.Params) == len(w.Params)
	for i := 0; same && i < len(o.Params); i++ {
		same = o.Params[i].Name == w.Params[i].Name
	}
	if same || len(o.Params) != len(w.Params) {
		return o
	}
	t := *o
	t.Params = make([]wit.Field, len(o.Params))
	for i := range t.Params {
		t.Params[i] = wit.Field{Name: w.Params[i].Name, Type: o.Params[i].Type}
	}
	return &t
}

func hostInstance(o, w *wit.InstanceType) (arg, want *wit.InstanceType) {
	var given, wanted []wit.Decl
	changed := false
	for _, d := range w.Exports {
		t, ok := o.Export(d.Name)
		if !ok {
			if te, isType := d.Type.(*wit.TypeExport); isType && !te.Abstract {
				changed = true
				continue
			}
			wanted = append(wanted, d)
			continue
		}
		a, b := hostArg(t, d.Type)
		changed = changed || a != t || b != d.Type
		given = append(given, wit.Decl{Name: d.Name, Type: a})
		d.Type = b
		wanted = append(wanted, d)
	}
	if !changed {
		return o, w
	}
	return wit.NewInstanceType(given, o.Resources), wit.NewInstanceType(wanted, w.Resources)
}

// fitting is that shape of a host's interface whose functions return what a component
// wants of them: the earlier one only if the one of today does not.
func fitting(h *HostInterface, wanted wit.ExternType) *HostInterface {
	w, ok := wanted.(*wit.InstanceType)
	if h == nil || h.Earlier == nil || !ok || returns(h.Type, w) || !returns(h.Earlier.Type, w) {
		return h
	}
	return h.Earlier
}

// returns reports whether the functions that w wants return the same of o, as it is
// printed: resource types, which have an identity, are compared elsewhere.
func returns(o, w *wit.InstanceType) bool {
	const enough = 4 << 10
	for _, d := range w.Exports {
		want, ok := d.Type.(*wit.FuncType)
		if !ok {
			continue
		}
		t, _ := o.Export(d.Name)
		have, ok := t.(*wit.FuncType)
		if !ok || (have.Result == nil) != (want.Result == nil) ||
			have.Result != nil && wit.Print(have.Result, enough) != wit.Print(want.Result, enough) {
			return false
		}
	}
	return true
}

// importType is the type of an import, nil without.
func (n *node) importType(name string) wit.ExternType {
	for _, d := range n.typ.Imports {
		if d.Name == name {
			return d.Type
		}
	}
	return nil
}
