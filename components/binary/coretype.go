package binary

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// coreTypeDef reads a core:type outside of module types. A bare 0x50 is a module
// type here; the subtype of core WebAssembly that has the same code is preceded by
// 0x00 (Binary.md, notes on core:deftype). Inside a module type, where module types
// may not stand, 0x50 is the subtype.
func (s *scope) coreTypeDef() any {
	switch s.peek() {
	case 0x50:
		return &components.CoreTypeDef{Item: s.moduleType()}
	case 0x00:
		s.pos++
		off := s.pos
		if b := s.peek(); b != 0x50 {
			s.fail(off, "0x00 before a core type must be followed by 0x50, not %#02x", b)
		}
	}
	return &components.CoreTypeDef{Item: s.recType()}
}

func (r *reader) moduleType() any {
	if !r.enter(r.pos) {
		return nil
	}
	defer r.leave()
	r.pos++
	s := &scope{reader: r}
	s.each(noSort, s.moduleDecl)
	return &components.CoreModuleType{Decls: s.defs}
}

// moduleDecl reads a core:moduledecl.
func (s *scope) moduleDecl() any {
	off := s.pos
	switch b := s.byte(); b {
	case 0x00:
		return components.CoreImport{Module: s.name("the module of an import"), Name: s.name("the name of an import"), Type: s.coreExtern()}
	case 0x01:
		return &components.CoreTypeDef{Item: s.recType()}
	case 0x02:
		return s.coreAlias()
	case 0x03:
		return components.CoreExportDecl{Name: s.name("the name of an export"), Type: s.coreExtern()}
	default:
		s.fail(off, "%#02x does not begin a declarator of a core module type", b)
		return nil
	}
}

// coreExtern reads a core:externtype.
func (r *reader) coreExtern() components.CoreExtern {
	off := r.pos
	switch b := r.byte(); b {
	case 0x00:
		return components.CoreExtern{Sort: wit.SortCoreFunc, Index: r.u32()}
	case 0x01:
		return components.CoreExtern{Sort: wit.SortCoreTable, Elem: r.coreValType(), Limits: r.coreLimits(false)}
	case 0x02:
		return components.CoreExtern{Sort: wit.SortCoreMemory, Limits: r.coreLimits(true)}
	case 0x03:
		return components.CoreExtern{Sort: wit.SortCoreGlobal, Elem: r.coreValType(), Mutable: r.flag("the mutability of a global")}
	case 0x04:
		r.expect(0x00, "the attribute of a tag")
		return components.CoreExtern{Sort: wit.SortCoreTag, Index: r.u32()}
	default:
		r.fail(off, "%#02x does not begin a core import or export's type", b)
		return components.CoreExtern{}
	}
}

// coreLimits reads limits: bit 0 says that there is a maximum, bit 1 shared, bit 2
// that addresses are of 64 bits and, of memories, bit 3 that a page size follows.
func (r *reader) coreLimits(memory bool) (l components.CoreLimits) {
	off := r.pos
	flags := r.byte()
	if flags > 0x0f || flags > 0x07 && !memory {
		r.fail(off, "%#02x are no limits", flags)
	}
	l.HasMax, l.Shared, l.Is64, l.HasPageSize = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
	number := func() uint64 { return uint64(r.u32()) }
	if l.Is64 {
		number = r.u64
	}
	l.Min = number()
	if l.HasMax {
		l.Max = number()
	}
	if l.HasPageSize {
		l.PageSizeLog2 = r.u32()
	}
	return l
}

// coreValType reads a core value type.
func (r *reader) coreValType() components.CoreValType {
	off := r.pos
	switch b := r.byte(); b {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, // i32 i64 f32 f64 v128
		0x75, 0x74, 0x73, 0x72, 0x71, 0x70, 0x6f, 0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x69, 0x68: // abstract heap types
		return components.CoreValType{Code: b}
	case 0x63, 0x64: // ref null, ref
		if r.peek() == 0x65 {
			r.gated("shared-everything-threads", "heap type", func() { r.fail(off, "shared heap types cannot be read") })
		}
		return components.CoreValType{Code: b, HeapType: r.s33()}
	default:
		r.fail(off, "%#02x is no core value type", b)
		return components.CoreValType{}
	}
}

// recType reads a core:rectype.
func (r *reader) recType() any {
	if r.peek() != 0x4e {
		t := r.subType()
		if f, ok := t.Comp.(components.CoreFuncType); ok && t.Final && len(t.Supers) == 0 {
			return f
		}
		return components.CoreRecType{Types: []components.CoreSubType{t}}
	}
	r.pos++
	return components.CoreRecType{Types: vec(r, "types", (*reader).subType)}
}

// subType reads a core:subtype.
func (r *reader) subType() components.CoreSubType {
	t := components.CoreSubType{Final: true}
	if b := r.peek(); b == 0x50 || b == 0x4f {
		r.pos++
		t.Final = b == 0x4f
		t.Supers = vec(r, "supertypes", (*reader).u32)
	}
	t.Comp = r.compType()
	return t
}

// compType reads a core:comptype.
func (r *reader) compType() any {
	off := r.pos
	switch b := r.byte(); b {
	case 0x60:
		return components.CoreFuncType{Params: vec(r, "parameters", (*reader).coreValType), Results: vec(r, "results", (*reader).coreValType)}
	case 0x5f:
		return components.CoreStructType{Fields: vec(r, "fields", (*reader).coreField)}
	case 0x5e:
		return components.CoreArrayType{Elem: r.coreField()}
	case 0x5d:
		r.s33()
		return components.UnsupportedCoreType{Feature: "stack-switching"}
	case 0x65:
		if r.peek() == 0x65 {
			r.fail(off, "a core type is shared twice")
			return nil
		}
		r.compType()
		return components.UnsupportedCoreType{Feature: "shared-everything-threads"}
	default:
		r.fail(off, "%#02x does not begin a core type", b)
		return nil
	}
}

// coreField reads a core:fieldtype of a struct or array.
func (r *reader) coreField() components.CoreFieldType {
	var t components.CoreValType
	if b := r.peek(); b == 0x78 || b == 0x77 { // i8, i16
		r.pos++
		t.Code = b
	} else {
		t = r.coreValType()
	}
	return components.CoreFieldType{Type: t, Mutable: r.flag("the mutability of a field")}
}
