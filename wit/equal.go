package wit

// env says what resource types stand for on one side of a comparison: abstract
// ones that have been bound to others. Resources that are not in it stand for
// themselves.
type env map[*Resource]*Resource

func (e env) resolve(r *Resource) *Resource {
	if to, ok := e[r]; ok {
		return to
	}
	return r
}

// Equal reports whether two value types are the same: structurally, and down to
// the identity of resource types. Names that types have been given by imports and
// exports do not count.
func Equal(a, b *Type) bool {
	var c Checker
	return c.equal(a, nil, b, nil)
}

// smallType is the size up to which types are compared again rather than
// remembered.
const smallType = 8

// pair is a comparison that has been made.
type pair struct{ a, b *Type }

// equal compares a, seen through ae, with b, seen through be. Every pair of nodes
// is compared once, whatever the sizes of the types as trees.
func (c *Checker) equal(a *Type, ae env, b *Type, be env) bool {
	if a == b && (a == nil || !a.metrics.HasResource) {
		return true
	}
	if a == nil || b == nil || a.Kind != b.Kind || a.metrics.Size != b.metrics.Size || a.metrics.Depth != b.metrics.Depth {
		return false
	}
	switch {
	case a.Kind <= ErrorContext:
		return true
	case a.Kind == Own || a.Kind == Borrow:
		return ae.resolve(a.Resource) == be.resolve(b.Resource)
	}
	if a.metrics.Size <= smallType {
		return c.spend(int(a.metrics.Size)) && c.equalParts(a, ae, b, be)
	}
	memo := &c.closed
	if a.metrics.HasResource || b.metrics.HasResource {
		memo = &c.scoped
	}
	if same, ok := (*memo)[pair{a, b}]; ok {
		return same
	}
	if !c.spend(1 + len(a.Fields) + len(a.Cases) + len(a.Labels)) {
		return false
	}
	same := c.equalParts(a, ae, b, be)
	if *memo == nil {
		*memo = map[pair]bool{}
	}
	(*memo)[pair{a, b}] = same
	return same
}

func (c *Checker) equalParts(a *Type, ae env, b *Type, be env) bool {
	if len(a.Fields) != len(b.Fields) || len(a.Cases) != len(b.Cases) || len(a.Labels) != len(b.Labels) || a.Len != b.Len {
		return false
	}
	for i := range a.Fields {
		if a.Fields[i].Name != b.Fields[i].Name || !c.equal(a.Fields[i].Type, ae, b.Fields[i].Type, be) {
			return false
		}
	}
	for i := range a.Cases {
		if a.Cases[i].Name != b.Cases[i].Name || !c.equal(a.Cases[i].Type, ae, b.Cases[i].Type, be) {
			return false
		}
	}
	for i := range a.Labels {
		if a.Labels[i] != b.Labels[i] {
			return false
		}
	}
	return c.equal(a.Elem, ae, b.Elem, be) && c.equal(a.Key, ae, b.Key, be)
}
