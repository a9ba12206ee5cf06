package binary

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// sectionNames are those of the section ids (Binary.md, "section").
var sectionNames = [...]string{"custom section", "core module section", "core instance section", "core type section",
	"component section", "instance section", "alias section", "type section", "canon section", "start section",
	"import section", "export section", "value section"}

// section reads one section into the scope, or into c what is not a definition.
func (s *scope) section(c *components.Component) {
	off := s.pos
	id := s.byte()
	if int(id) >= len(sectionNames) {
		s.fail(off, "malformed section id %#02x", id)
		return
	}
	size := s.u32()
	if s.ok() && uint64(size) > uint64(s.left()) {
		s.fail(off, "unexpected end of the %s: the %s has %d bytes, but %d are left", s.where, sectionNames[id], size, s.left())
	}
	if !s.ok() {
		return
	}
	outer := s.reader
	s.reader = outer.sub(int(size), sectionNames[id])
	s.content(id, c)
	s.done()
	s.reader = outer
}

func (s *scope) content(id byte, c *components.Component) {
	switch id {
	case 0:
		s.custom(c)
	case 1:
		s.at(wit.SortCoreModule, s.coreModule)
	case 2:
		s.each(wit.SortCoreInstance, s.coreInstance)
	case 3:
		s.each(wit.SortCoreType, s.coreTypeDef)
	case 4:
		s.at(wit.SortComponent, s.nested)
	case 5:
		s.each(wit.SortInstance, s.instance)
	case 6:
		s.each(noSort, s.alias)
	case 7:
		s.each(wit.SortType, s.typeDef)
	case 8:
		s.each(noSort, s.canon)
	case 9:
		s.start()
	case 10:
		s.each(noSort, s.importDef)
	case 11:
		s.each(noSort, s.exportDef)
	case 12:
		s.each(wit.SortValue, s.value)
	}
}

// noSort stands for definitions whose sort is known only once they are read.
const noSort = wit.SortInstance + 1

// each reads a vector of definitions; read returns one item for add.
func (s *scope) each(sort wit.Sort, read func() any) {
	n := s.count("definitions")
	for i := 0; i < n && s.ok(); i++ {
		if sort == noSort {
			s.push("definition", i)
		} else {
			s.push(sort.String(), s.counts[sort])
		}
		off := s.pos
		item := read()
		s.add(off, item)
		s.pop()
	}
}

// at runs f with the index that the next definition of the sort gets on the path.
func (s *scope) at(sort wit.Sort, f func()) {
	s.push(sort.String(), s.counts[sort])
	f()
	s.pop()
}

// custom reads a custom section.
func (s *scope) custom(c *components.Component) {
	off := s.pos
	name := string(s.nameBytes("the name of a custom section"))
	if !s.ok() {
		return
	}
	data := s.bytes(s.left())
	c.Customs = append(c.Customs, components.Custom{Offset: off, Name: name, Data: data})
	if name == "component-name" && c.Name == "" {
		c.Name = componentName(data)
	}
}

// coreModule takes a core module as a view, once it is sure that it is meant to be one.
func (s *scope) coreModule() {
	off := s.pos
	if s.left() < len(corePreamble) || string(s.b[off:off+len(corePreamble)]) != corePreamble {
		s.fail(off, "expected a core module's preamble (00 61 73 6d, version 01 00 00 00), found % x",
			s.b[off:min(s.end, off+len(corePreamble))])
		return
	}
	s.add(off, components.CoreModule{Offset: off, Bytes: s.bytes(s.left())})
}

// nested reads a component within the component.
func (s *scope) nested() {
	off := s.pos
	c := s.component()
	s.add(off, c)
}

// start reads a start definition (Binary.md, "Start Definitions").
func (s *scope) start() {
	off := s.pos
	d := components.Start{Func: s.u32(), Args: vec(s.reader, "values", (*reader).u32), Results: s.u32()}
	if d.Results > 1 {
		s.fail(off, "a start definition has %d results, and a function at most one", d.Results)
	}
	s.add(off, d)
}

// value reads a value definition; its bytes stay as they are, since values are gated.
func (s *scope) value() any {
	t := s.valType()
	n := s.u32()
	if s.ok() && uint64(n) > uint64(s.left()) {
		s.fail(s.pos, "unexpected end of the %s: the value has %d bytes, but %d are left", s.where, n, s.left())
	}
	if !s.ok() {
		return nil
	}
	return components.Value{Type: t, Data: s.bytes(int(n))}
}
