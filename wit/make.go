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

// WithName returns t as the definition of te, or with its resource named by te.
func (t *Type) WithName(te *TypeExport) *Type {
	u := *t
	u.Named = te
	u.metrics.HasNamed = true
	return &u
}

// NewInstanceType makes the type of an instance from its exports and the
// resource types that they introduce. The slices become the type's.
func NewInstanceType(exports []Decl, resources []*Resource) *InstanceType {
	t := &InstanceType{Exports: exports, Resources: resources}
	t.index = indexOf(exports)
	t.metrics.Size = 1
	t.metrics.addDecls(exports)
	t.metrics.deepen()
	return t
}

// NewComponentType makes the type of a component. The slices become the type's.
func NewComponentType(imports, exports []Decl, imported, resources []*Resource) *ComponentType {
	t := &ComponentType{Imports: imports, Exports: exports, ImportedResources: imported, Resources: resources}
	t.importIndex, t.exportIndex = indexOf(imports), indexOf(exports)
	t.metrics.Size = 1
	t.metrics.addDecls(imports)
	t.metrics.addDecls(exports)
	t.metrics.deepen()
	return t
}

// measure fills in the metrics from those of the parts.
func (t *Type) measure() *Type {
	m := Metrics{Size: 1, HasNamed: t.Named != nil}
	add := func(u *Type) {
		if u != nil {
			m.add(u.metrics)
		}
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
	m.deepen()
	switch t.Kind {
	case Borrow:
		m.HasBorrow, m.HasResource = true, true
	case Own:
		m.HasResource = true
	case Stream, Future, ErrorContext:
		m.HasAsync = true
	case String, List, Map:
		m.HasList = true
	}
	t.metrics = m
	return t
}

// add counts a part in.
func (m *Metrics) add(part Metrics) {
	if m.Size += part.Size; m.Size < part.Size {
		m.Size = ^uint32(0)
	}
	m.Depth = max(m.Depth, part.Depth)
	m.HasBorrow = m.HasBorrow || part.HasBorrow
	m.HasResource = m.HasResource || part.HasResource
	m.HasAsync = m.HasAsync || part.HasAsync
	m.HasList = m.HasList || part.HasList
	m.HasNamed = m.HasNamed || part.HasNamed
}

func (m *Metrics) deepen() {
	if m.Depth < ^uint16(0) {
		m.Depth++
	}
}

func (m *Metrics) addDecls(ds []Decl) {
	for i := range ds {
		m.add(MetricsOf(ds[i].Type))
	}
}

// MetricsOf returns the facts about any type: one of those that ExternType or
// TypeExport.Def may be.
func MetricsOf(x any) Metrics {
	m := Metrics{Size: 1}
	switch t := x.(type) {
	case *Type:
		return t.metrics
	case *FuncType:
		for i := range t.Params {
			m.add(t.Params[i].Type.metrics)
		}
		if t.Result != nil {
			m.add(t.Result.metrics)
		}
	case *InstanceType:
		if t.metrics.Size != 0 {
			return t.metrics
		}
		m.addDecls(t.Exports)
	case *ComponentType:
		if t.metrics.Size != 0 {
			return t.metrics
		}
		m.addDecls(t.Imports)
		m.addDecls(t.Exports)
	case *TypeExport:
		m.add(MetricsOf(t.Def))
		m.HasNamed = true
	case *Resource:
		m.HasResource = true
	case interface{ TypeSize() int }:
		m.Size = uint32(min(t.TypeSize(), 1<<31))
	}
	m.deepen()
	return m
}
