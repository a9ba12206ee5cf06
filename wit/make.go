package wit

// Primitive returns the one Type of a kind that has no parts: bool … string and
// error-context. It returns nil for other kinds.
func Primitive(k Kind) *Type {
	if k > ErrorContext {
		return nil
	}
	return primitives[k]
}

// primitives is written once, here, and never changed.
var primitives = func() (ts [ErrorContext + 1]*Type) {
	for k := range ts {
		ts[k] = (&Type{Kind: Kind(k)}).measure()
	}
	return ts
}()

// NewRecord makes a record type.
func NewRecord(fields ...Field) *Type { return (&Type{Kind: Record, Fields: fields}).measure() }

// NewTuple makes a tuple type.
func NewTuple(ts ...*Type) *Type {
	fields := make([]Field, len(ts))
	for i, t := range ts {
		fields[i].Type = t
	}
	return (&Type{Kind: Tuple, Fields: fields}).measure()
}

// NewVariant makes a variant type.
func NewVariant(cases ...Case) *Type { return (&Type{Kind: Variant, Cases: cases}).measure() }

// NewEnum makes an enum type.
func NewEnum(labels ...string) *Type {
	cases := make([]Case, len(labels))
	for i, l := range labels {
		cases[i].Name = l
	}
	return (&Type{Kind: Enum, Cases: cases}).measure()
}

// NewFlags makes a flags type.
func NewFlags(labels ...string) *Type { return (&Type{Kind: Flags, Labels: labels}).measure() }

// NewList makes a list type.
func NewList(elem *Type) *Type { return (&Type{Kind: List, Elem: elem}).measure() }

// NewFixedList makes a list type of a fixed length.
func NewFixedList(elem *Type, n uint32) *Type {
	return (&Type{Kind: FixedList, Elem: elem, Len: n}).measure()
}

// NewMap makes a map type.
func NewMap(key, value *Type) *Type { return (&Type{Kind: Map, Key: key, Elem: value}).measure() }

// NewOption makes an option type.
func NewOption(t *Type) *Type {
	return (&Type{Kind: Option, Elem: t, Cases: []Case{{Name: "none"}, {Name: "some", Type: t}}}).measure()
}

// NewResult makes a result type; ok and err may be nil.
func NewResult(ok, err *Type) *Type {
	return (&Type{Kind: Result, Cases: []Case{{Name: "ok", Type: ok}, {Name: "error", Type: err}}}).measure()
}

// NewOwn makes the type of an owning handle.
func NewOwn(r *Resource) *Type { return (&Type{Kind: Own, Resource: r}).measure() }

// NewBorrow makes the type of a borrowed handle.
func NewBorrow(r *Resource) *Type { return (&Type{Kind: Borrow, Resource: r}).measure() }

// NewStream makes a stream type; elem may be nil.
func NewStream(elem *Type) *Type { return (&Type{Kind: Stream, Elem: elem}).measure() }

// NewFuture makes a future type; elem may be nil.
func NewFuture(elem *Type) *Type { return (&Type{Kind: Future, Elem: elem}).measure() }

// measure fills in the metrics from those of the parts.
func (t *Type) measure() *Type {
	m := Metrics{Size: 1}
	add := func(u *Type) {
		if u == nil {
			return
		}
		if m.Size+u.metrics.Size < m.Size {
			m.Size = ^uint32(0)
		} else {
			m.Size += u.metrics.Size
		}
		m.Depth = max(m.Depth, u.metrics.Depth)
		m.HasBorrow = m.HasBorrow || u.metrics.HasBorrow
		m.HasResource = m.HasResource || u.metrics.HasResource
		m.HasAsync = m.HasAsync || u.metrics.HasAsync
	}
	for _, f := range t.Fields {
		add(f.Type)
	}
	for _, c := range t.Cases {
		add(c.Type)
	}
	if t.Kind != Option { // an option's Elem is also its second case
		add(t.Elem)
	}
	add(t.Key)
	if m.Depth < ^uint16(0) {
		m.Depth++
	}
	switch t.Kind {
	case Borrow:
		m.HasBorrow, m.HasResource = true, true
	case Own:
		m.HasResource = true
	case Stream, Future, ErrorContext:
		m.HasAsync = true
	}
	t.metrics = m
	return t
}
