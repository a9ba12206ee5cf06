package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// labels are the names of one side of a scope.
type labels struct {
	// keys maps what must be unique of each name to the name.
	keys map[string]string
	// resources are the plain names of resource types, by what names them.
	resources map[*wit.TypeExport]string
	known     map[string]bool
}

// word names a side for messages.
func (sd *side) word() string {
	if sd.isImport {
		return "import"
	}
	return "export"
}

// declare adds an import or export: its name must be well formed and
// strongly-unique, and fit its type (Binary.md, "Import and Export Definitions").
func (s *scope) declare(sd *side, name string, attrs *components.Attributes, t wit.ExternType) error {
	v := s.v
	parse := wit.ParseExportName
	if sd.isImport {
		parse = wit.ParseImportName
	}
	n, err := parse(name, v.names)
	if err != nil {
		return v.nameError(parse, name, err)
	}
	key := n.Key(name)
	if prev, dup := sd.labels.keys[key]; dup {
		return v.errorf("the %s name %q conflicts with the previous name %q: names must differ in more than case and annotations", sd.word(), name, prev)
	}
	if sd.labels.keys == nil {
		sd.labels.keys = map[string]string{}
	}
	sd.labels.keys[key] = name
	if err := v.attributes(n, attrs, t); err != nil {
		return err
	}
	if err := sd.annotated(v, n, name, t); err != nil {
		return err
	}
	if te, ok := t.(*wit.TypeExport); ok && n.Kind == wit.PlainName {
		if _, ok := te.Def.(*wit.Resource); ok {
			sd.labels.addResource(te, n.Label)
		}
	}
	sd.decls = append(sd.decls, wit.Decl{Name: name, Implements: attrs.Implements, ExternalID: attrs.ExternalID, Type: t})
	return nil
}

func (l *labels) addResource(te *wit.TypeExport, label string) {
	if l.resources == nil {
		l.resources, l.known = map[*wit.TypeExport]string{}, map[string]bool{}
	}
	l.resources[te], l.known[label] = label, true
}

// nameError says what is wrong with a name; a gated form is named as such.
func (v *validator) nameError(parse func(string, wit.NameFeatures) (wit.Name, error), name string, err error) error {
	for _, gate := range []struct {
		feature Feature
		forms   wit.NameFeatures
	}{
		{FeatureNestedNames, wit.NameFeatures{NestedNames: true, CanonVersions: v.names.CanonVersions}},
		{FeatureCanonicalNames, wit.NameFeatures{NestedNames: v.names.NestedNames, CanonVersions: true}},
	} {
		if _, e := parse(name, gate.forms); e == nil {
			return v.gated(gate.feature, "the name "+shortQuote(name))
		}
	}
	return v.wrap(err, "not a valid name")
}

// attributes checks those of a name.
func (v *validator) attributes(n wit.Name, a *components.Attributes, t wit.ExternType) error {
	if !a.HasAttributes {
		return nil
	}
	on := v.opt.Features
	switch {
	case a.HasImplements && !on[FeatureImplements]:
		return v.gated(FeatureImplements, "the attribute implements")
	case a.HasExternalID && !on[FeatureImplements]:
		return v.gated(FeatureImplements, "the attribute external-id")
	case a.HasVersionSuffix && !on[FeatureCanonicalNames]:
		return v.gated(FeatureCanonicalNames, "the attribute versionsuffix")
	}
	if a.HasImplements {
		if _, ok := t.(*wit.InstanceType); !ok {
			return v.errorf("only an instance can have the attribute implements")
		}
		if n.Kind != wit.PlainName {
			return v.errorf("only a plain name can have the attribute implements")
		}
		if _, err := wit.ParseInterfaceName(a.Implements, v.names); err != nil {
			return v.wrap(err, "the attribute implements must be the name of an interface")
		}
	}
	if a.HasVersionSuffix {
		if err := wit.CheckVersionSuffix(n.Version, a.VersionSuffix); err != nil {
			return v.wrap(err, "the attribute versionsuffix does not fit")
		}
	}
	return nil
}

// annotated checks that a function which is named as a constructor, method or
// static function of a resource is one.
func (sd *side) annotated(v *validator, n wit.Name, name string, t wit.ExternType) error {
	switch n.Kind {
	case wit.ConstructorName, wit.MethodName, wit.StaticName:
	default:
		return nil
	}
	f, ok := t.(*wit.FuncType)
	if !ok {
		return v.errorf("%q can only name a function, and this is of sort %s", name, t.ExternSort())
	}
	var handle *wit.Type
	switch n.Kind {
	case wit.ConstructorName:
		handle = constructed(f)
		if handle == nil {
			return v.errorf("the constructor %q must return own<%s> or result<own<%s>, …>, and is %s", name, n.Label, n.Label, f)
		}
	case wit.MethodName:
		if len(f.Params) == 0 || f.Params[0].Name != "self" || f.Params[0].Type.Kind != wit.Borrow {
			return v.errorf("the first parameter of the method %q must be self: borrow<%s>, and the function is %s", name, n.Label, f)
		}
		handle = f.Params[0].Type
	case wit.StaticName:
		if !sd.labels.known[n.Label] {
			return v.errorf("%q: no resource type named %q is %sed before it", name, n.Label, sd.word())
		}
		return nil
	}
	label, ok := sd.labels.resources[handle.Named]
	if !ok {
		return v.errorf("%q: the resource type that the function is for has no name among the %ss before it", name, sd.word())
	}
	if label != n.Label {
		return v.errorf("%q: the function is for the resource type %q, not %q", name, label, n.Label)
	}
	return nil
}

// constructed finds the own handle that a constructor returns, nil if it does not.
func constructed(f *wit.FuncType) *wit.Type {
	t := f.Result
	if t != nil && t.Kind == wit.Result {
		t = t.Cases[0].Type
	}
	if t == nil || t.Kind != wit.Own {
		return nil
	}
	return t
}

// unique checks that labels are well formed and strongly-unique.
func (v *validator) unique(what string, n int, label func(int) string) error {
	var keys map[string]string
	for i := range n {
		l := label(i)
		if err := wit.CheckLabel(l); err != nil {
			return v.wrap(err, "not a valid %s name", what)
		}
		key := wit.LabelKey(l)
		if n <= 8 {
			for j := range i {
				if prev := label(j); wit.LabelKey(prev) == key {
					return v.duplicate(what, l, prev)
				}
			}
			continue
		}
		if prev, dup := keys[key]; dup {
			return v.duplicate(what, l, prev)
		}
		if keys == nil {
			keys = make(map[string]string, n)
		}
		keys[key] = l
	}
	return nil
}

func (v *validator) duplicate(what, label, prev string) error {
	return v.errorf("the %s name %q conflicts with the previous name %q: names must differ in more than case", what, label, prev)
}

func shortQuote(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return "\"" + s + "\""
}
