package binary

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// coreInstance reads a core:instance (Binary.md, "Instance Definitions").
func (s *scope) coreInstance() any {
	off := s.pos
	switch b := s.byte(); b {
	case 0x00:
		return components.CoreInstance{Module: s.u32(), Args: vec(s.reader, "arguments", (*reader).coreArg)}
	case 0x01:
		return components.CoreInstance{Inline: true, Args: vec(s.reader, "exports", (*reader).coreInlineExport)}
	default:
		s.fail(off, "%#02x does not begin a core instance", b)
		return nil
	}
}

func (r *reader) coreArg() components.Arg {
	a := components.Arg{Offset: r.pos}
	a.Name = r.name("the name of an argument")
	r.expect(0x12, "the sort of a core instantiation's argument")
	a.Ref = components.Ref{Sort: wit.SortCoreInstance, Index: r.u32()}
	return a
}

func (r *reader) coreInlineExport() components.Arg {
	a := components.Arg{Offset: r.pos}
	a.Name = r.name("the name of an export")
	a.Ref = components.Ref{Sort: r.coreSort(), Index: r.u32()}
	return a
}

// instance reads an instance.
func (s *scope) instance() any {
	off := s.pos
	switch b := s.byte(); b {
	case 0x00:
		return components.Instance{Component: s.u32(), Args: vec(s.reader, "arguments", (*reader).arg)}
	case 0x01:
		return components.Instance{Inline: true, Args: vec(s.reader, "exports", (*reader).inlineExport)}
	default:
		s.fail(off, "%#02x does not begin an instance", b)
		return nil
	}
}

func (r *reader) arg() components.Arg {
	a := components.Arg{Offset: r.pos}
	a.Name, a.Ref = r.name("the name of an argument"), r.ref()
	return a
}

func (r *reader) inlineExport() components.Arg {
	a := components.Arg{Offset: r.pos}
	a.Name, a.Attributes = r.nameAttributes()
	a.Ref = r.ref()
	return a
}

// ref reads a sortidx.
func (r *reader) ref() components.Ref { return components.Ref{Sort: r.sort(), Index: r.u32()} }

// coreSort reads a core:sort.
func (r *reader) coreSort() wit.Sort {
	off := r.pos
	switch b := r.byte(); b {
	case 0x00, 0x01, 0x02, 0x03, 0x04:
		return wit.SortCoreFunc + wit.Sort(b)
	case 0x10, 0x11, 0x12:
		return wit.SortCoreType + wit.Sort(b-0x10)
	default:
		r.fail(off, "%#02x is no core sort", b)
		return 0
	}
}

// sort reads a sort.
func (r *reader) sort() wit.Sort {
	off := r.pos
	switch b := r.byte(); b {
	case 0x00:
		return r.coreSort()
	case 0x01, 0x02, 0x03, 0x04, 0x05:
		return wit.SortFunc + wit.Sort(b-1)
	default:
		r.fail(off, "%#02x is no sort", b)
		return 0
	}
}
