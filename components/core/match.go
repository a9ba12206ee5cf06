package core

// Matches reports whether something of type sub may be given where super is imported (core
// specification, "Import Matching"): limits of sub lie within super's, a constant global's type may be
// narrower, everything else is equal. Both types may come from different modules.
func Matches(sub, super ExternType) bool {
	switch super := super.(type) {
	case FuncType:
		sub, ok := sub.(FuncType)
		return ok && sub.Equal(super)
	case TableType:
		sub, ok := sub.(TableType)
		return ok && sub.Range.within(super.Range) && equalVal(sub.space, sub.Elem, super.space, super.Elem)
	case MemoryType:
		sub, ok := sub.(MemoryType)
		return ok && sub.Shared == super.Shared && sub.Range.within(super.Range)
	case GlobalType:
		sub, ok := sub.(GlobalType)
		if !ok || sub.Mutable != super.Mutable {
			return false
		}
		if sub.Mutable {
			return equalVal(sub.space, sub.Val, super.space, super.Val)
		}
		return matchesVal(sub.space, sub.Val, super.space, super.Val)
	case TagType:
		sub, ok := sub.(TagType)
		return ok && sub.Equal(super)
	}
	return false
}

// within reports whether every size that r allows is allowed by o.
func (r Range) within(o Range) bool {
	return r.Min >= o.Min && (!o.HasMax || r.HasMax && r.Max <= o.Max)
}

// Equal reports whether o is the same function type.
func (t FuncType) Equal(o ExternType) bool {
	u, ok := o.(FuncType)
	return ok && t.equal(u)
}

func (t FuncType) equal(u FuncType) bool {
	return equalVals(t.space, t.Params, u.space, u.Params) && equalVals(t.space, t.Results, u.space, u.Results)
}

// Equal reports whether o is the same table type.
func (t TableType) Equal(o ExternType) bool {
	u, ok := o.(TableType)
	return ok && t.Range == u.Range && equalVal(t.space, t.Elem, u.space, u.Elem)
}

// Equal reports whether o is the same memory type.
func (t MemoryType) Equal(o ExternType) bool { return ExternType(t) == o }

// Equal reports whether o is the same global type.
func (t GlobalType) Equal(o ExternType) bool {
	u, ok := o.(GlobalType)
	return ok && t.Mutable == u.Mutable && equalVal(t.space, t.Val, u.space, u.Val)
}

// Equal reports whether o is the same tag type.
func (t TagType) Equal(o ExternType) bool {
	u, ok := o.(TagType)
	return ok && t.equal(u.FuncType)
}

func equalVals(as *TypeSpace, a []ValType, bs *TypeSpace, b []ValType) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equalVal(as, a[i], bs, b[i]) {
			return false
		}
	}
	return true
}

// equalVal compares a of space as with b of space bs.
func equalVal(as *TypeSpace, a ValType, bs *TypeSpace, b ValType) bool {
	i, aDefined := a.TypeIndex()
	j, bDefined := b.TypeIndex()
	if !aDefined || !bDefined {
		return a == b
	}
	return a.Nullable() == b.Nullable() && sameDef(as, i, bs, j)
}

// matchesVal reports whether a is a subtype of b: the same type, or a reference that allows less.
func matchesVal(as *TypeSpace, a ValType, bs *TypeSpace, b ValType) bool {
	if a == b && as == bs {
		return true
	}
	if !a.IsRef() || !b.IsRef() || a.Nullable() && !b.Nullable() {
		return !a.IsRef() && a == b
	}
	i, aDefined := a.TypeIndex()
	j, bDefined := b.TypeIndex()
	switch {
	case aDefined && bDefined:
		return sameDef(as, i, bs, j)
	case aDefined:
		return b.NonNull() == FuncRef.NonNull()
	}
	return a.NonNull() == b.NonNull()
}
