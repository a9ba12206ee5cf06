package binary

import (
	"fmt"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// preamble is what a component begins with: magic, version 0x0d, layer 1.
const preamble = "\x00asm\x0d\x00\x01\x00"

// corePreamble is what a core module begins with.
const corePreamble = "\x00asm\x01\x00\x00\x00"

// Decode decodes a component (Binary.md, "Component Definitions"). The result
// refers to b, which must not be changed while it is in use. Errors are *Error;
// of a file that is no component they say what it is instead, and the way from
// there to a component.
func Decode(b []byte, opts ...Option) (*components.Component, error) {
	s := &state{limits: DefaultLimits()}
	for _, o := range opts {
		o(&s.limits)
	}
	if len(b) > s.limits.FileBytes {
		return nil, &Error{Offset: s.limits.FileBytes,
			Msg: fmt.Sprintf("the file has %d bytes; at most %d are accepted", len(b), s.limits.FileBytes)}
	}
	if err := recognise(b); err != nil {
		return nil, err
	}
	r := &reader{b: b, end: len(b), where: "file", state: s}
	c := r.component()
	if s.err != nil {
		return nil, s.err
	}
	return c, nil
}

// scope collects the definitions of one component or the declarators of one type
// and counts the index spaces, for the paths of errors.
type scope struct {
	*reader
	defs   []components.Def
	counts [wit.SortInstance + 1]int
}

// add appends a definition that began at offset.
func (s *scope) add(offset int, item any) {
	if s.definitions++; s.definitions > s.limits.Definitions {
		s.fail(offset, "the file has more than %d definitions", s.limits.Definitions)
	}
	if !s.ok() {
		return
	}
	s.defs = append(s.defs, components.Def{Offset: offset, Item: item})
	if sort, n := introduces(item); n > 0 {
		s.counts[sort] += n
	}
}

// introduces tells to which index space a definition adds, and how many entries.
func introduces(item any) (wit.Sort, int) {
	switch d := item.(type) {
	case components.CoreModule:
		return wit.SortCoreModule, 1
	case components.CoreInstance:
		return wit.SortCoreInstance, 1
	case *components.CoreTypeDef:
		if rec, ok := d.Item.(components.CoreRecType); ok {
			return wit.SortCoreType, len(rec.Types)
		}
		return wit.SortCoreType, 1
	case *components.Component:
		return wit.SortComponent, 1
	case components.Instance:
		return wit.SortInstance, 1
	case components.Alias:
		return d.Sort, 1
	case components.TypeDef:
		return wit.SortType, 1
	case components.Canon:
		if d.Op == components.CanonLift {
			return wit.SortFunc, 1
		}
		return wit.SortCoreFunc, 1
	case components.Import:
		return d.Type.Sort, 1
	case components.Export:
		return d.Ref.Sort, 1
	case components.ExportDecl:
		return d.Type.Sort, 1
	case components.Value:
		return wit.SortValue, 1
	}
	return 0, 0
}

// component reads a component up to the reader's end.
func (r *reader) component() *components.Component {
	if !r.enter(r.pos) {
		return nil
	}
	defer r.leave()
	start := r.pos
	if r.left() < len(preamble) || string(r.b[r.pos:r.pos+len(preamble)]) != preamble {
		r.fail(r.pos, "expected a component's preamble (00 61 73 6d, version 0d 00, layer 01 00), found % x",
			r.b[r.pos:min(r.end, r.pos+len(preamble))])
		return nil
	}
	r.pos += len(preamble)
	c := &components.Component{Offset: start, Size: r.end - start}
	s := &scope{reader: r}
	for r.ok() && r.left() > 0 {
		s.section(c)
	}
	c.Defs = s.defs
	return c
}
