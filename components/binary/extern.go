package binary

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// importDef reads an import (Binary.md, "Import and Export Definitions").
func (s *scope) importDef() any {
	var i components.Import
	i.Name, i.Attributes = s.nameAttributes()
	i.Type = s.externType()
	return i
}

// exportDef reads an export.
func (s *scope) exportDef() any {
	var e components.Export
	e.Name, e.Attributes = s.nameAttributes()
	e.Ref = s.ref()
	if s.flag("whether an export has a type") {
		t := s.externType()
		e.Ascribed = &t
	}
	return e
}

// exportDecl reads an exportdecl.
func (s *scope) exportDecl() any {
	var e components.ExportDecl
	e.Name, e.Attributes = s.nameAttributes()
	e.Type = s.externType()
	return e
}

// nameAttributes reads the name of an import or export. The encodings 0x00 and
// 0x01 mean the same: the second is what older tools wrote for interface names.
func (r *reader) nameAttributes() (string, components.Attributes) {
	off := r.pos
	var a components.Attributes
	form := r.byte()
	if form > 0x02 {
		r.fail(off, "%#02x does not begin the name of an import or export", form)
	}
	name := r.name("the name of an import or export")
	if form == 0x02 {
		a.HasAttributes = true
		vec(r, "attributes", func(r *reader) struct{} { r.attribute(&a); return struct{}{} })
	}
	return name, a
}

// attribute reads an attribute; each kind may occur once.
func (r *reader) attribute(a *components.Attributes) {
	off := r.pos
	var to *string
	var has *bool
	var kind string
	switch b := r.byte(); b {
	case 0x00:
		to, has, kind = &a.Implements, &a.HasImplements, "implements"
	case 0x01:
		to, has, kind = &a.VersionSuffix, &a.HasVersionSuffix, "versionsuffix"
	case 0x02:
		to, has, kind = &a.ExternalID, &a.HasExternalID, "external-id"
	default:
		r.fail(off, "%#02x is no attribute of a name", b)
		return
	}
	if *has {
		r.fail(off, "duplicate attribute %s", kind)
	}
	*has = true
	*to = r.name("the attribute " + kind)
}

// externType reads an externtype.
func (r *reader) externType() components.ExternDesc {
	off := r.pos
	switch b := r.byte(); b {
	case 0x00:
		r.expect(0x11, "the core sort of an import or export's type")
		return components.ExternDesc{Sort: wit.SortCoreModule, Index: r.u32()}
	case 0x01:
		return components.ExternDesc{Sort: wit.SortFunc, Index: r.u32()}
	case 0x02:
		return r.valueBound()
	case 0x03:
		return r.typeBound()
	case 0x04:
		return components.ExternDesc{Sort: wit.SortComponent, Index: r.u32()}
	case 0x05:
		return components.ExternDesc{Sort: wit.SortInstance, Index: r.u32()}
	default:
		r.fail(off, "%#02x does not begin the type of an import or export", b)
		return components.ExternDesc{}
	}
}

func (r *reader) typeBound() components.ExternDesc {
	off := r.pos
	switch b := r.byte(); b {
	case 0x00:
		return components.ExternDesc{Sort: wit.SortType, Index: r.u32()}
	case 0x01:
		return components.ExternDesc{Sort: wit.SortType, SubResource: true}
	default:
		r.fail(off, "%#02x is no bound of a type", b)
		return components.ExternDesc{}
	}
}

func (r *reader) valueBound() (d components.ExternDesc) {
	r.gated("values", "type of a value", func() {
		off := r.pos
		switch b := r.byte(); b {
		case 0x00:
			d = components.ExternDesc{Sort: wit.SortValue, ValueEq: true, Index: r.u32()}
		case 0x01:
			d = components.ExternDesc{Sort: wit.SortValue, ValType: r.valType()}
		default:
			r.fail(off, "%#02x is no bound of a value", b)
		}
	})
	return d
}
