package linker_test

import (
	"encoding/binary"
	"slices"

	"github.com/sidecall/sidecall/wit"
)

// encoder writes a component, definition by definition, each in a section of its
// own, and counts the index spaces.
type encoder struct {
	b                                           []byte
	types, funcs, coreFuncs, modules, instances int
	coreInstances, components                   int
}

func newEncoder() *encoder { return &encoder{b: []byte("\x00asm\x0d\x00\x01\x00")} }

func leb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func named(s string) []byte { return append(leb(len(s)), s...) }

// items are things behind their number.
func items(list ...[]byte) []byte { return append(leb(len(list)), slices.Concat(list...)...) }

// one adds a section with one definition, and returns that one's index.
func (e *encoder) one(id byte, space *int, parts ...[]byte) int {
	content := slices.Concat(parts...)
	if id != 1 && id != 4 { // modules and components are not in a vector
		content = append([]byte{1}, content...)
	}
	e.b = append(append(append(e.b, id), leb(len(content))...), content...)
	*space++
	return *space - 1
}

func (e *encoder) module(b []byte) int    { return e.one(1, &e.modules, b) }
func (e *encoder) component(b []byte) int { return e.one(4, &e.components, b) }
func (e *encoder) typ(b ...[]byte) int    { return e.one(7, &e.types, b...) }
func (e *encoder) canon(b ...[]byte) int  { return e.one(8, &e.coreFuncs, b...) }

// lift makes a function of the component from a core function.
func (e *encoder) lift(coreFunc, t int, opts ...[]byte) int {
	return e.one(8, &e.funcs, []byte{0, 0}, leb(coreFunc), items(opts...), leb(t))
}

func (e *encoder) lower(f int, opts ...[]byte) int {
	return e.canon([]byte{1, 0}, leb(f), items(opts...))
}

// coreInstance instantiates a module; args are pairs of name and core instance.
func (e *encoder) coreInstance(module int, args ...any) int {
	var list [][]byte
	for i := 0; i < len(args); i += 2 {
		list = append(list, slices.Concat(named(args[i].(string)), []byte{0x12}, leb(args[i+1].(int))))
	}
	return e.one(2, &e.coreInstances, []byte{0}, leb(module), items(list...))
}

// coreInline is a core instance of the functions given.
func (e *encoder) coreInline(names []string, funcs []int) int {
	var list [][]byte
	for i, n := range names {
		list = append(list, slices.Concat(named(n), []byte{0}, leb(funcs[i])))
	}
	return e.one(2, &e.coreInstances, []byte{1}, items(list...))
}

func (e *encoder) coreAlias(instance int, name string) int {
	return e.one(6, &e.coreFuncs, []byte{0, 0, 1}, leb(instance), named(name))
}

// memoryAlias is for the only memory of a component.
func (e *encoder) memoryAlias(instance int, name string) {
	e.one(6, new(int), []byte{0, 2, 1}, leb(instance), named(name))
}

const sortFunc, sortType = 1, 3

func (e *encoder) space(sort byte) *int {
	if sort == sortFunc {
		return &e.funcs
	}
	return &e.types
}

func (e *encoder) alias(sort byte, instance int, name string) int {
	return e.one(6, e.space(sort), []byte{sort, 0}, leb(instance), named(name))
}

func (e *encoder) export(sort byte, name string, index int) int {
	return e.one(11, e.space(sort), []byte{0}, named(name), []byte{sort}, leb(index), []byte{0})
}

func (e *encoder) importFunc(name string, t int) int {
	return e.one(10, &e.funcs, []byte{0}, named(name), []byte{1}, leb(t))
}

func (e *encoder) importResource(name string) int {
	return e.one(10, &e.types, []byte{0}, named(name), []byte{3, 1})
}

// argument is something that an instance is instantiated with.
type argument struct {
	name  string
	sort  byte
	index int
}

func (e *encoder) instance(component int, args []argument) int {
	var list [][]byte
	for _, a := range args {
		list = append(list, slices.Concat(named(a.name), []byte{a.sort}, leb(a.index)))
	}
	return e.one(5, &e.instances, []byte{0}, leb(component), items(list...))
}

// value is a type as a valtype. Handles are of the resource type of that index.
func (e *encoder) value(t *wit.Type, resource int) []byte {
	maybe := func(t *wit.Type) []byte {
		if t == nil {
			return []byte{0}
		}
		return append([]byte{1}, e.value(t, resource)...)
	}
	switch t.Kind {
	case wit.List:
		return leb(e.typ([]byte{0x70}, e.value(t.Elem, resource)))
	case wit.Option:
		return leb(e.typ([]byte{0x6b}, e.value(t.Cases[1].Type, resource)))
	case wit.Result:
		return leb(e.typ([]byte{0x6a}, maybe(t.Cases[0].Type), maybe(t.Cases[1].Type)))
	case wit.Tuple:
		var fs [][]byte
		for _, f := range t.Fields {
			fs = append(fs, e.value(f.Type, resource))
		}
		return leb(e.typ([]byte{0x6f}, items(fs...)))
	case wit.Own:
		return leb(e.typ([]byte{0x69}, leb(resource)))
	case wit.Borrow:
		return leb(e.typ([]byte{0x68}, leb(resource)))
	}
	return []byte{0x7f - byte(t.Kind-wit.Bool)}
}

// fn adds a function type.
func (e *encoder) fn(t *wit.FuncType, resource int) int {
	var ps [][]byte
	for _, p := range t.Params {
		ps = append(ps, slices.Concat(named(p.Name), e.value(p.Type, resource)))
	}
	return e.typ([]byte{0x40}, items(ps...), []byte{0}, e.value(t.Result, resource))
}
