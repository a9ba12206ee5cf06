package wit

import "slices"

// Instantiate types the instantiation of a component whose imports are given
// args, by their exact names; superfluous ones are ignored. Every import is
// checked, and each resource type that is given is substituted at once for the
// import's own, in all that follows (Binary.md, "Instance Definitions").
//
// It returns the type of the instance, in which the resource types that are given
// stand for those imported, and those that the instantiation makes are new and
// listed in Resources; or every difference, if the arguments do not fit.
func (t *ComponentType) Instantiate(args map[string]ExternType) (*InstanceType, []*Mismatch) {
	var c Checker
	return c.Instantiate(t, args)
}

// Instantiate is ComponentType.Instantiate, with the Checker's memory and fuel.
func (c *Checker) Instantiate(t *ComponentType, args map[string]ExternType) (*InstanceType, []*Mismatch) {
	s := newSubstitution(c)
	c.bound = s
	bad := c.run(func() {
		for i := range t.Imports {
			d := &t.Imports[i]
			c.in(StepImport, d.Name, func() {
				if arg, ok := args[d.Name]; ok {
					c.extern(arg, env{}, d.Type, s.resources)
				} else {
					c.mismatch(d.Type, nil, "")
				}
			})
		}
	})
	c.bound = nil
	if len(bad) > 0 {
		return nil, bad
	}
	made := s.renew(t.Resources)
	inst := NewInstanceType(s.decls(t.Exports), made)
	if c.Exhausted() {
		return nil, []*Mismatch{{Reason: "the component's type is too complex to instantiate"}}
	}
	return inst, nil
}

// Fresh returns an instance type like t with new resource types in place of those
// that t introduces: what an import of that type stands for.
func (c *Checker) Fresh(t *InstanceType) *InstanceType {
	if len(t.Resources) == 0 {
		return t
	}
	s := newSubstitution(c)
	made := s.renew(t.Resources)
	return NewInstanceType(s.decls(t.Exports), made)
}

// AsExport returns the type that an instance has as an export of a component:
// introduce is asked about each resource type that the instance exports, in order,
// and says whether this export is the first to name it, and so introduces it to
// the outside (Explainer.md, "Type Checking").
func (c *Checker) AsExport(t *InstanceType, introduce func(*Resource) bool) *InstanceType {
	if !MetricsOf(t).HasResource {
		return t
	}
	s := newSubstitution(c)
	s.introduce = introduce
	return s.instance(t)
}

// substitution replaces resource types, and names of types, in types. What does
// not change is shared with the original.
type substitution struct {
	checker   *Checker
	resources env
	types     map[*Type]*Type
	names     map[*TypeExport]*TypeExport
	externs   map[ExternType]ExternType
	// introduce, if set, decides which type exports are abstract.
	introduce func(*Resource) bool
	// introduced are those that it decided for so far.
	introduced []*Resource
}

func newSubstitution(c *Checker) *substitution {
	return &substitution{checker: c, resources: env{}, types: map[*Type]*Type{},
		names: map[*TypeExport]*TypeExport{}, externs: map[ExternType]ExternType{}}
}

// renew replaces resources by new ones.
func (s *substitution) renew(rs []*Resource) []*Resource {
	made := make([]*Resource, len(rs))
	for i, r := range rs {
		made[i] = &Resource{Name: r.Name}
		s.resources[r] = made[i]
	}
	return made
}

// bindName replaces what from names by what to names.
func (s *substitution) bindName(from, to *TypeExport) {
	s.names[from] = to
	f, ok := from.Def.(*Type)
	if !ok || f.Named != from {
		return
	}
	if t, ok := to.Def.(*Type); ok {
		s.types[f] = t
	}
}

func (s *substitution) decls(ds []Decl) []Decl {
	out := make([]Decl, len(ds))
	s.checker.spend(len(ds))
	for i := range ds {
		out[i] = ds[i]
		out[i].Type = s.extern(ds[i].Type)
	}
	return out
}

func (s *substitution) extern(t ExternType) ExternType {
	switch t := t.(type) {
	case *FuncType:
		return s.function(t)
	case *InstanceType:
		return s.instance(t)
	case *ComponentType:
		return s.component(t)
	case *TypeExport:
		return s.typeExport(t)
	}
	return t
}

// unaffected reports whether there is nothing to replace in t for certain, or
// fuel has run out.
func (s *substitution) unaffected(m Metrics) bool {
	return !m.HasResource && !m.HasNamed || s.checker.Exhausted()
}

func (s *substitution) typeExport(te *TypeExport) *TypeExport {
	if to, ok := s.names[te]; ok && s.introduce == nil {
		return to
	}
	abstract := te.Abstract
	def := te.Def
	switch d := te.Def.(type) {
	case *Resource:
		r := s.resources.resolve(d)
		if s.introduce != nil {
			if abstract = s.introduce(r); abstract {
				s.introduced = append(s.introduced, r)
			}
		}
		def = r
	case *Type:
		def = s.value(d)
	case ExternType:
		// A type that is exported introduces nothing by itself.
		introduce := s.introduce
		s.introduce = nil
		def = s.extern(d)
		s.introduce = introduce
	}
	if def == te.Def && abstract == te.Abstract {
		return te
	}
	to := &TypeExport{Abstract: abstract, Def: def}
	s.names[te] = to
	if old, ok := te.Def.(*Type); ok && old.Named == te {
		named := def.(*Type).WithName(to)
		to.Def, s.types[old] = named, named
	}
	return to
}

func (s *substitution) function(t *FuncType) *FuncType {
	if s.unaffected(MetricsOf(t)) {
		return t
	}
	s.checker.spend(1 + len(t.Params))
	u := &FuncType{Async: t.Async, Params: s.fields(t.Params)}
	if t.Result != nil {
		u.Result = s.value(t.Result)
	}
	if u.Result == t.Result && sameFields(u.Params, t.Params) {
		return t
	}
	return u
}

func (s *substitution) instance(t *InstanceType) *InstanceType {
	if s.unaffected(MetricsOf(t)) {
		return t
	}
	if to, ok := s.externs[t]; ok && s.introduce == nil {
		return to.(*InstanceType)
	}
	first := len(s.introduced)
	exports := s.decls(t.Exports)
	to := t
	if !sameDecls(exports, t.Exports) {
		resources := slices.Clone(s.introduced[first:])
		if s.introduce == nil {
			resources = s.resolveAll(t.Resources)
		}
		to = NewInstanceType(exports, resources)
	}
	s.externs[t] = to
	return to
}

func (s *substitution) component(t *ComponentType) *ComponentType {
	if s.unaffected(MetricsOf(t)) {
		return t
	}
	if to, ok := s.externs[t]; ok {
		return to.(*ComponentType)
	}
	// What a component's type introduces is its own affair.
	introduce := s.introduce
	s.introduce = nil
	imports, exports := s.decls(t.Imports), s.decls(t.Exports)
	s.introduce = introduce
	to := t
	if !sameDecls(imports, t.Imports) || !sameDecls(exports, t.Exports) {
		to = NewComponentType(imports, exports, t.ImportedResources, t.Resources)
	}
	s.externs[t] = to
	return to
}

func (s *substitution) resolveAll(rs []*Resource) []*Resource {
	out := make([]*Resource, len(rs))
	for i, r := range rs {
		out[i] = s.resources.resolve(r)
	}
	return out
}

func (s *substitution) value(t *Type) *Type {
	if t == nil || s.unaffected(t.metrics) {
		return t
	}
	if to, ok := s.types[t]; ok {
		return to
	}
	s.checker.spend(1 + len(t.Fields) + len(t.Cases))
	u := *t
	u.Fields, u.Cases = s.fields(t.Fields), s.cases(t.Cases)
	u.Elem, u.Key = s.value(t.Elem), s.value(t.Key)
	if t.Resource != nil {
		u.Resource = s.resources.resolve(t.Resource)
	}
	if to, ok := s.names[t.Named]; ok {
		u.Named = to
	}
	to := t
	if u.Resource != t.Resource || u.Named != t.Named || u.Elem != t.Elem || u.Key != t.Key ||
		!sameFields(u.Fields, t.Fields) || !sameCases(u.Cases, t.Cases) {
		to = &u // the metrics stay what they are
	}
	s.types[t] = to
	return to
}

func (s *substitution) fields(fs []Field) []Field {
	if fs == nil {
		return nil
	}
	out := make([]Field, len(fs))
	for i, f := range fs {
		out[i] = Field{f.Name, s.value(f.Type)}
	}
	return out
}

func (s *substitution) cases(cs []Case) []Case {
	if cs == nil {
		return nil
	}
	out := make([]Case, len(cs))
	for i, c := range cs {
		out[i] = Case{c.Name, s.value(c.Type)}
	}
	return out
}

func sameFields(a, b []Field) bool {
	for i := range a {
		if a[i].Type != b[i].Type {
			return false
		}
	}
	return true
}

func sameCases(a, b []Case) bool {
	for i := range a {
		if a[i].Type != b[i].Type {
			return false
		}
	}
	return true
}

func sameDecls(a, b []Decl) bool {
	for i := range a {
		if a[i].Type != b[i].Type {
			return false
		}
	}
	return true
}
