package compile

import "github.com/sidecall/sidecall/wit"

// bind walks a type side by side with the entity that has this type, and binds
// the resource identities which the type introduces to the entity's resources.
func (f *frame) bind(t wit.ExternType, it item) {
	switch t := t.(type) {
	case *wit.TypeExport:
		if r, ok := t.Def.(*wit.Resource); ok && it.res != nil {
			if _, bound := f.resources[r]; !bound {
				f.resources[r] = it.res
			}
		}
	case *wit.InstanceType:
		if len(t.Resources) > 0 && it.inst != nil {
			f.bindInstance(t, it.inst)
		}
	}
}

func (f *frame) bindInstance(t *wit.InstanceType, inst *instance) {
	for i := range t.Exports {
		d := &t.Exports[i]
		switch d.Type.(type) {
		case *wit.TypeExport, *wit.InstanceType:
			f.bind(d.Type, inst.exports[d.Name])
		}
	}
}

// resource is what a resource identity of the component's types stands for: in
// this frame, or for outer aliases in one around it.
func (f *frame) resource(r *wit.Resource) (*resource, bool) {
	for ; f != nil; f = f.outer {
		if res, ok := f.resources[r]; ok {
			return res, true
		}
	}
	return nil, false
}

// typesOnly makes the entity for an import that nobody provides, because it has
// only types: they are what the import says, made of resources bound before.
func (f *frame) typesOnly(t wit.ExternType) item {
	switch t := t.(type) {
	case *wit.InstanceType:
		inst := &instance{exports: make(map[string]item, len(t.Exports))}
		for _, d := range t.Exports {
			inst.exports[d.Name] = f.typesOnly(d.Type)
		}
		return item{sort: wit.SortInstance, inst: inst}
	case *wit.TypeExport:
		it := item{sort: wit.SortType}
		if r, ok := t.Def.(*wit.Resource); ok {
			it.res, _ = f.resource(r)
		}
		return it
	}
	return item{}
}
