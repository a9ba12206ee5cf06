package validate

import (
	"github.com/sidecall/sidecall/wit"
)

// scopeKind says whose definitions a scope holds: those of a component, or the
// declarators of a component type or instance type.
type scopeKind uint8

const (
	scopeComponent scopeKind = iota
	scopeComponentType
	scopeInstanceType
)

// scope is one set of index spaces, and what has been imported and exported.
type scope struct {
	v      *validator
	parent *scope
	kind   scopeKind
	depth  int
	// t holds the index spaces; of types only they are used.
	t *Typed
	// typeNames has, for each index of t.Types that is a resource type, what names it
	// there. A resource type definition has a name of its own that nobody can see.
	typeNames []*wit.TypeExport
	// local are the resource types defined by this component.
	local map[*wit.Resource]bool

	imports, exports side
	core             coreSpace
}

// side is what a scope imports, or what it exports.
type side struct {
	isImport bool
	decls    []wit.Decl
	// resources are the resource types that this side introduces to the outside.
	resources []*wit.Resource
	known     map[*wit.Resource]bool
	labels    labels
	visible   visibility
}

func (v *validator) newScope(parent *scope, kind scopeKind) (*scope, error) {
	s := &scope{v: v, parent: parent, kind: kind, t: &Typed{}}
	if parent != nil {
		s.depth = parent.depth + 1
	}
	if s.depth > v.opt.Limits.Nesting {
		return nil, v.tooMuch("components and types stand more than %d deep in each other", v.opt.Limits.Nesting)
	}
	s.imports.isImport = true
	return s, nil
}

// introduce records a resource type that a side introduces.
func (sd *side) introduce(rs ...*wit.Resource) {
	for _, r := range rs {
		if sd.known == nil {
			sd.known = map[*wit.Resource]bool{}
		}
		sd.known[r] = true
		sd.resources = append(sd.resources, r)
	}
}

// firstExport says whether an export that names r is the first to tell the outside
// about it, and introduces it then.
func (s *scope) firstExport(r *wit.Resource) bool {
	if s.imports.known[r] || s.exports.known[r] {
		return false
	}
	s.exports.introduce(r)
	return true
}

// addType appends to the type index space; name is that of a resource type.
func (s *scope) addType(def any, name *wit.TypeExport) {
	s.t.Types = append(s.t.Types, def)
	s.typeNames = append(s.typeNames, name)
}

// add appends what an import, export or alias refers to to its index space.
func (s *scope) add(t wit.ExternType) {
	switch t := t.(type) {
	case *wit.FuncType:
		s.t.Funcs = append(s.t.Funcs, t)
	case *wit.InstanceType:
		s.t.Instances = append(s.t.Instances, t)
	case *wit.ComponentType:
		s.t.Components = append(s.t.Components, t)
	case *wit.TypeExport:
		s.addType(t.Def, t)
	case *ModuleType:
		s.t.CoreModules = append(s.t.CoreModules, CoreModuleInfo{Type: t})
	}
}

// at looks an index up.
func at[T any](v *validator, space []T, index uint32, what string) (t T, err error) {
	if int64(index) < int64(len(space)) {
		return space[index], nil
	}
	return t, v.errorf("there is no %s %d: %s index out of bounds, %d are defined so far", what, index, what, len(space))
}

// typeAt looks a type of a certain form up.
func typeAt[T any](s *scope, index uint32, form string) (t T, err error) {
	def, err := at(s.v, s.t.Types, index, "type")
	if err != nil {
		return t, err
	}
	t, ok := def.(T)
	if !ok {
		return t, s.v.errorf("type %d is %s, not %s", index, formOf(def), form)
	}
	return t, nil
}

// formOf names the form of a type for a message.
func formOf(def any) string {
	switch def.(type) {
	case *wit.Type:
		return "a value type"
	case *wit.FuncType:
		return "a function type"
	case *wit.InstanceType:
		return "an instance type"
	case *wit.ComponentType:
		return "a component type"
	case *wit.Resource:
		return "a resource type"
	}
	return "another kind of type"
}

// coreModuleTypeAt looks a core module type up.
func (s *scope) coreModuleTypeAt(index uint32) (*ModuleType, error) {
	def, err := at(s.v, s.t.CoreTypes, index, "core type")
	if err != nil {
		return nil, err
	}
	t, ok := def.(*ModuleType)
	if !ok {
		return nil, s.v.errorf("core type %d is not a core module type", index)
	}
	return t, nil
}

// externAt gives the type of something that can be imported or exported.
func (s *scope) externAt(sort wit.Sort, index uint32) (wit.ExternType, error) {
	switch sort {
	case wit.SortCoreModule:
		m, err := at(s.v, s.t.CoreModules, index, "core module")
		return m.Type, err
	case wit.SortFunc:
		return at(s.v, s.t.Funcs, index, "function")
	case wit.SortInstance:
		return at(s.v, s.t.Instances, index, "instance")
	case wit.SortComponent:
		return at(s.v, s.t.Components, index, "component")
	case wit.SortType:
		def, err := at(s.v, s.t.Types, index, "type")
		if err != nil {
			return nil, err
		}
		if name := s.typeNames[index]; name != nil && name.Def == def {
			return name, nil
		}
		return &wit.TypeExport{Def: def}, nil
	case wit.SortValue:
		return nil, s.v.gated(FeatureValues, "a value")
	}
	return nil, s.v.errorf("a %s cannot cross the boundary of a component: only functions, instances, components, types and core modules can", sort)
}
