package validate

import "github.com/sidecall/sidecall/wit"

// visibility is what the imports, or the exports, of a scope have named so far
// (Explainer.md, "External Visibility of Types"). What is imported may be used by
// exports too, but not the other way round.
type visibility struct {
	outer *visibility
	named map[*wit.TypeExport]bool
	// The rest remembers what has been found to use visible types only. It stays
	// true: more and more is named.
	types     map[*wit.Type]bool
	instances map[*wit.InstanceType]bool
}

func (vis *visibility) has(te *wit.TypeExport) bool {
	for ; vis != nil; vis = vis.outer {
		if vis.named[te] {
			return true
		}
	}
	return false
}

func (vis *visibility) name(te *wit.TypeExport) {
	if vis.named == nil {
		vis.named = map[*wit.TypeExport]bool{}
	}
	vis.named[te] = true
}

// expose checks that every type an import or export uses has a name, and adds the
// names that it gives. An instance type leaves this to where it is used.
func (s *scope) expose(sd *side, name string, t wit.ExternType) error {
	if s.kind == scopeInstanceType {
		return nil
	}
	ok, err := s.exposeIn(sd, &sd.visible, t)
	if err == nil && !ok {
		err = s.v.errorf("the %s of %q uses a type that has no name outside: each resource, record, variant, enum and flags type in it must be %sed by itself first",
			sd.word(), name, sd.word())
	}
	return err
}

func (s *scope) exposeIn(sd *side, vis *visibility, t wit.ExternType) (bool, error) {
	if err := s.v.spend(1); err != nil {
		return false, err
	}
	switch t := t.(type) {
	case *wit.FuncType:
		return vis.function(s.v, t), nil
	case *wit.InstanceType:
		return s.exposeInstance(sd, vis, t)
	case *wit.ComponentType:
		return s.closed(sd, t)
	case *wit.TypeExport:
		if !t.Abstract { // what is abstract is introduced right here
			if ok, err := s.exposeDef(sd, vis, t.Def); !ok || err != nil {
				return false, err
			}
		}
		vis.name(t)
		if vis == &s.imports.visible {
			s.exports.visible.name(t)
		}
	}
	return true, nil
}

func (s *scope) exposeInstance(sd *side, vis *visibility, t *wit.InstanceType) (bool, error) {
	if vis.instances[t] {
		return true, nil
	}
	for i := range t.Exports {
		if ok, err := s.exposeIn(sd, vis, t.Exports[i].Type); !ok || err != nil {
			return false, err
		}
	}
	if vis.instances == nil {
		vis.instances = map[*wit.InstanceType]bool{}
	}
	vis.instances[t] = true
	return true, nil
}

// exposeDef checks what a type stands for, which may have no name yet itself.
func (s *scope) exposeDef(sd *side, vis *visibility, def any) (bool, error) {
	switch def := def.(type) {
	case *wit.Type:
		return vis.parts(s.v, def), nil
	case *wit.InstanceType:
		// What it names, it names for itself only.
		return s.exposeInstance(sd, &visibility{outer: vis}, def)
	case *wit.Resource:
		// An export introduces its resource type, if nothing did before.
		return !sd.isImport || s.reachable(sd, def), nil
	case wit.ExternType:
		return s.exposeIn(sd, vis, def)
	}
	return true, nil
}

// closed checks that a component type uses no resource types of its surroundings
// but those that have been introduced. Its own imports and exports were checked
// when it was made.
func (s *scope) closed(sd *side, t *wit.ComponentType) (bool, error) {
	free, err := s.v.freeResources(t)
	if err != nil {
		return false, err
	}
	for _, r := range free {
		if !s.reachable(sd, r) {
			return false, nil
		}
	}
	return true, nil
}

// reachable says whether a side may refer to a resource type: to those that are
// imported and, from an export, to those that are exported. A type may besides
// refer to those of the component that it stands in.
func (s *scope) reachable(sd *side, r *wit.Resource) bool {
	switch {
	case s.imports.known[r]:
		return true
	case s.exports.known[r]:
		return !sd.isImport
	}
	return s.kind != scopeComponent
}

func (vis *visibility) function(v *validator, f *wit.FuncType) bool {
	for i := range f.Params {
		if !vis.value(v, f.Params[i].Type) {
			return false
		}
	}
	return f.Result == nil || vis.value(v, f.Result)
}

// value checks a type where it is used.
func (vis *visibility) value(v *validator, t *wit.Type) bool {
	if t == nil || t.Kind <= wit.ErrorContext {
		return true
	}
	if nominal(t) || t.Kind == wit.Own || t.Kind == wit.Borrow {
		return t.Named != nil && vis.has(t.Named)
	}
	return vis.parts(v, t)
}

// parts checks what a type is made of.
func (vis *visibility) parts(v *validator, t *wit.Type) bool {
	if t.Kind <= wit.ErrorContext || vis.types[t] {
		return true
	}
	if t.Kind == wit.Own || t.Kind == wit.Borrow {
		return vis.value(v, t)
	}
	if v.spend(1+len(t.Fields)+len(t.Cases)) != nil {
		return false
	}
	for i := range t.Fields {
		if !vis.value(v, t.Fields[i].Type) {
			return false
		}
	}
	for i := range t.Cases {
		if !vis.value(v, t.Cases[i].Type) {
			return false
		}
	}
	if !vis.value(v, t.Elem) || !vis.value(v, t.Key) {
		return false
	}
	if vis.types == nil {
		vis.types = map[*wit.Type]bool{}
	}
	vis.types[t] = true
	return true
}

// nominal says whether a type needs a name although it is structural.
func nominal(t *wit.Type) bool {
	switch t.Kind {
	case wit.Record, wit.Variant, wit.Enum, wit.Flags:
		return true
	}
	return false
}

// freeResources lists the resource types that a type mentions and does not
// introduce itself, in the order in which they occur.
func (v *validator) freeResources(def any) ([]*wit.Resource, error) {
	w := freeWalk{v: v, seen: map[any]bool{}, bound: map[*wit.Resource]bool{}}
	w.def(def)
	var free []*wit.Resource
	for _, r := range w.mentioned {
		if !w.bound[r] {
			free = append(free, r)
		}
	}
	return free, w.err
}

// freeWalk visits every part of a type once.
type freeWalk struct {
	v         *validator
	err       error
	seen      map[any]bool
	mentioned []*wit.Resource
	// bound are those introduced: a resource type is introduced in one place only, so
	// that it does not matter where in the type that is.
	bound map[*wit.Resource]bool
}

// visit reports whether x is to be walked through.
func (w *freeWalk) visit(x any, m wit.Metrics, n int) bool {
	if w.err != nil || !m.HasResource || w.seen[x] {
		return false
	}
	w.seen[x] = true
	w.err = w.v.spend(1 + n)
	return w.err == nil
}

func (w *freeWalk) def(def any) {
	switch t := def.(type) {
	case *wit.Resource:
		if !w.seen[t] {
			w.seen[t] = true
			w.mentioned = append(w.mentioned, t)
		}
	case *wit.Type:
		w.value(t)
	case *wit.FuncType:
		for i := range t.Params {
			w.value(t.Params[i].Type)
		}
		w.value(t.Result)
	case *wit.InstanceType:
		if w.visit(t, wit.MetricsOf(t), len(t.Exports)) {
			w.bind(t.Resources)
			w.decls(t.Exports)
		}
	case *wit.ComponentType:
		if w.visit(t, wit.MetricsOf(t), len(t.Imports)+len(t.Exports)) {
			w.bind(t.ImportedResources)
			w.bind(t.Resources)
			w.decls(t.Imports)
			w.decls(t.Exports)
		}
	case *wit.TypeExport:
		w.def(t.Def)
	}
}

func (w *freeWalk) bind(rs []*wit.Resource) {
	for _, r := range rs {
		w.bound[r] = true
	}
}

func (w *freeWalk) decls(ds []wit.Decl) {
	for i := range ds {
		w.def(ds[i].Type)
	}
}

func (w *freeWalk) value(t *wit.Type) {
	if t == nil || !w.visit(t, t.Metrics(), len(t.Fields)+len(t.Cases)) {
		return
	}
	if t.Resource != nil {
		w.def(t.Resource)
	}
	for i := range t.Fields {
		w.value(t.Fields[i].Type)
	}
	for i := range t.Cases {
		w.value(t.Cases[i].Type)
	}
	w.value(t.Elem)
	w.value(t.Key)
}
