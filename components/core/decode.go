package core

import (
	"bytes"
)

const (
	magic   = "\x00asm"
	version = "\x01\x00\x00\x00"
)

// The section ids of the binary format.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag
)

// sectionOrder is the position of each section id in a module; custom sections may be anywhere.
var sectionOrder = [...]int{
	secType: 1, secImport: 2, secFunction: 3, secTable: 4, secMemory: 5, secTag: 6, secGlobal: 7,
	secExport: 8, secStart: 9, secElement: 10, secDataCount: 11, secCode: 12, secData: 13,
}

// Decode reads a core module with the default limits. base is the position of b in the file that errors
// shall refer to. The errors are of type *Error. Function bodies are not looked into: see Validate.
//
// The module keeps slices of b, which must not change any more.
func Decode(b []byte, base int) (*Module, error) { return DecodeLimited(b, base, Limits{}) }

// DecodeLimited is Decode with other limits.
func DecodeLimited(b []byte, base int, limits Limits) (*Module, error) {
	d := decoder{reader: reader{b: b, base: base}, m: &Module{base: base, limits: limits.withDefaults()}}
	d.module()
	if d.err != nil {
		return nil, d.err
	}
	return d.m, nil
}

// decoder reads sections into m. Its methods are in the order of the sections.
type decoder struct {
	reader
	m           *Module
	insts       *instReader // reads constant expressions
	totalLocals int
	elemEntries int
}

func (d *decoder) module() {
	d.preamble()
	last := 0
	for d.err == nil && d.left() > 0 {
		start := d.pos
		id := d.byte()
		size := d.u32()
		if d.err != nil {
			return
		}
		if int64(size) > int64(d.left()) {
			d.failAt(start, "length out of bounds: section %d has %d bytes and %d are left", id, size, d.left())
			return
		}
		if int(id) >= len(sectionOrder) {
			d.failAt(start, "malformed section id %d", id)
			return
		}
		if id != secCustom {
			if sectionOrder[id] <= last {
				d.failAt(start, "unexpected content after last section: section %d is repeated or out of order", id)
				return
			}
			last = sectionOrder[id]
		}
		end, whole := d.pos+int(size), d.b
		d.b = d.b[:end]
		d.section(id)
		if d.err == nil && d.pos != end {
			d.fail("section size mismatch: section %d has %d bytes left over", id, end-d.pos)
		}
		if d.err != nil {
			return
		}
		d.b = whole
	}
	if d.err == nil {
		d.finish()
	}
}

func (d *decoder) preamble() {
	switch {
	case len(d.b) < 8 && !bytes.HasPrefix([]byte(magic+version), d.b):
		d.fail("magic header not detected")
	case len(d.b) < 8:
		d.fail("unexpected end")
	case string(d.b[:4]) != magic:
		d.fail("magic header not detected")
	case string(d.b[4:8]) == "\x0d\x00\x01\x00":
		d.failAt(4, "this is a component, and a core module is wanted")
	case string(d.b[4:8]) != version:
		d.failAt(4, "unknown binary version %#x", d.b[4:8])
	}
	d.pos = min(8, len(d.b))
}

func (d *decoder) section(id byte) {
	switch id {
	case secCustom:
		d.customSection()
	case secType:
		d.typeSection()
	case secImport:
		d.importSection()
	case secFunction:
		d.functionSection()
	case secTable:
		d.tableSection()
	case secMemory:
		d.memorySection()
	case secTag:
		d.tagSection()
	case secGlobal:
		d.globalSection()
	case secExport:
		d.exportSection()
	case secStart:
		d.startSection()
	case secElement:
		d.elementSection()
	case secDataCount:
		n := d.u32()
		d.m.DataCount = &n
	case secCode:
		d.codeSection()
	case secData:
		d.dataSection()
	}
}

// finish checks what spans sections, so that every index that Module's methods use exists.
func (d *decoder) finish() {
	m := d.m
	if len(m.Funcs) != len(m.Bodies) {
		d.fail("function and code section have inconsistent lengths: %d and %d", len(m.Funcs), len(m.Bodies))
		return
	}
	if m.DataCount != nil && int64(*m.DataCount) != int64(len(m.Datas)) {
		d.fail("data count and data section have inconsistent lengths: %d and %d", *m.DataCount, len(m.Datas))
		return
	}
	for i := range m.Exports {
		e := &m.Exports[i]
		if int64(e.Index) >= int64(m.count(e.Kind)) {
			d.failAt(e.pos, "unknown %s %d in export %q", e.Kind, e.Index, e.Name)
			return
		}
	}
}

// spaceOf is m's type space for a type that refers to it, and nil for others.
func (d *decoder) spaceOf(v ValType) *TypeSpace {
	if _, defined := v.TypeIndex(); defined {
		return &d.m.Types
	}
	return nil
}

// typeIndex reads the index of a function type that must exist.
func (d *decoder) typeIndex(where string) uint32 {
	start := d.pos
	i := d.u32()
	if d.err == nil && int64(i) >= int64(d.m.Types.Len()) {
		d.failAt(start, "unknown type %d in %s", i, where)
	}
	return i
}

func (d *decoder) customSection() {
	name := d.name(d.left())
	d.m.Customs = append(d.m.Customs, Custom{Name: name, Bytes: d.bytes(d.left())})
}

// room is how many of n entries to make room for ahead of reading them: n is bounded by the bytes left,
// so this only keeps an entry's size in memory from multiplying what a hostile count costs.
func room(n int) int { return min(n, 1<<12) }
