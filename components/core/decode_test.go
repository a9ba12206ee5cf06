package core

import (
	"strings"
	"testing"
)

// file is a module of raw sections: pairs of an id and its content.
func file(sections ...any) []byte {
	b := []byte(magic + version)
	for i := 0; i < len(sections); i += 2 {
		b = appendRaw(b, byte(sections[i].(int)), []byte(sections[i+1].(string)))
	}
	return b
}

// body is a code section with one function of no locals.
func body(insts string) string {
	return "\x01" + string(rune(len(insts)+1)) + "\x00" + insts
}

// unit is a type section with func() and func(i32) i32, and a function section with a function of type 0.
var unit = []any{1, "\x02\x60\x00\x00\x60\x01\x7f\x01\x7f", 3, "\x01\x00"}

func with(sections ...any) []byte { return file(append(append([]any{}, unit...), sections...)...) }

// TestFaults decodes and validates modules with one fault each. Offsets count from 0x100.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "at offset 0x100: unexpected end"},
		{"text", []byte("(module)"), "at offset 0x100: magic header not detected"},
		{"a component", []byte("\x00asm\x0d\x00\x01\x00"), "at offset 0x104: this is a component, and a core module is wanted"},
		{"version 2", []byte("\x00asm\x02\x00\x00\x00"), "at offset 0x104: unknown binary version 0x02000000"},
		{"section id", file(14, ""), "at offset 0x108: malformed section id 14"},
		{"section order", file(3, "\x00", 1, "\x00"), "at offset 0x10b: unexpected content after last section: section 1 is repeated or out of order"},
		{"section size", file(1, "\x00\x00"), "at offset 0x10b: section size mismatch: section 1 has 1 bytes left over"},
		{"section end", append(file(), 1, 5), "at offset 0x108: length out of bounds: section 1 has 5 bytes and 0 are left"},
		{"number too long", append(file(), 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0), "at offset 0x109: integer representation too long"},
		{"number too large", append(file(), 1, 0xff, 0xff, 0xff, 0xff, 0x7f), "at offset 0x109: integer too large"},
		{"many types", file(1, "\xff\xff\x03"), "at offset 0x10a: unexpected end: 65535 types cannot follow in 0 bytes"},
		{"too many types", file(1, "\xff\xff\xff\x0f"), "at offset 0x10a: 33554431 types are more than the limit of 100000"},
		{"struct", file(1, "\x01\x5f\x00"), "at offset 0x10b: garbage collection (a struct, array, subtype or recursive type) is not supported"},
		{"anyref", file(1, "\x01\x60\x01\x6e\x00"), "at offset 0x10d: garbage collection (reference type 0x6e) is not supported"},
		{"later type", file(1, "\x01\x60\x01\x64\x01\x00"), "at offset 0x10b: unknown type: type 0 refers to type 1, which is not before it"},
		{"value type", file(1, "\x01\x60\x01\x10\x00"), "at offset 0x10d: malformed value type 0x10"},
		{"name", file(2, "\x01\x01\xff\x01a\x00\x00"), "at offset 0x10b: malformed UTF-8 encoding in a name"},
		{"import kind", file(2, "\x01\x00\x00\x05"), "at offset 0x10d: malformed import kind 0x5"},
		{"import type", file(2, "\x01\x00\x00\x00\x00"), "at offset 0x10e: unknown type 0 in import"},
		{"memory64", file(5, "\x01\x04\x01"), "at offset 0x10b: memory64 (a 64-bit memory) is not supported"},
		{"page size", file(5, "\x01\x08\x01\x00"), "at offset 0x10b: custom page sizes (a memory with its own page size) is not supported"},
		{"two memories", file(5, "\x02\x00\x01\x00\x01"), "at offset 0x10f: multi-memory (more than one memory) is not supported"},
		{"large table", file(4, "\x01\x70\x00\xff\xff\xff\x0f"), "at offset 0x10b: table of 33554431 elements is above the limit of 10000000"},
		{"memory limits", file(5, "\x01\x01\x02\x01"), "at offset 0x10b: size minimum must not be greater than maximum: memory 2 1"},
		{"memory size", file(5, "\x01\x00\x81\x80\x04"), "at offset 0x10b: memory size must be at most 65536 pages (4 GiB)"},
		{"no bodies", with(), "at offset 0x117: function and code section have inconsistent lengths: 1 and 0"},
		{"no end", with(10, body("\x01")), "at offset 0x11a: END opcode expected at the end of a function body"},
		{"early end", with(10, body("\x0b\x0b")), "at offset 0x11d: operators remaining after the end of the function"},
		{"open block", with(10, body("\x02\x40\x0b")), "at offset 0x11f: unexpected end of section or function"},
		{"opcode", with(10, body("\x27\x0b")), "at offset 0x11c: illegal opcode 27"},
		{"opcode after a prefix", with(10, body("\xfc\x40\x0b")), "at offset 0x11c: illegal opcode fc 40"},
		{"relaxed", with(10, body("\xfd\x80\x02\x0b")), "at offset 0x11c: relaxed vectors (a relaxed-simd instruction) is not supported"},
		{"try", with(10, body("\x06\x40\x0b\x0b")), "at offset 0x11c: the earlier exception handling (try, catch, delegate) is not supported"},
		{"ref.eq", with(10, body("\xd3\x0b")), "at offset 0x11c: garbage collection (an instruction on structs, arrays or i31) is not supported"},
		{"cont.new", with(10, body("\xe0\x00\x0b")), "at offset 0x11c: stack switching (an instruction on continuations) is not supported"},
		{"lane", with(10, body("\x00\xfd\x1b\x04\x0b")), "at offset 0x11f: invalid lane index 4 of i32x4.extract_lane"},
		{"operand type", with(10, body("\x42\x00\x45\x1a\x0b")), "at offset 0x11e: type mismatch: i32.eqz wants i32 and finds i64"},
		{"no operand", with(10, body("\x45\x1a\x0b")), "at offset 0x11c: type mismatch: i32.eqz wants i32 and there is no operand"},
		{"operand left", with(10, body("\x41\x00\x0b")), "at offset 0x11e: type mismatch: 1 values remain at the end of a block"},
		{"local", with(10, body("\x20\x00\x1a\x0b")), "at offset 0x11c: unknown local 0"},
		{"label", with(10, body("\x0c\x01\x0b")), "at offset 0x11c: unknown label 1"},
		{"function", with(10, body("\x10\x01\x0b")), "at offset 0x11c: unknown function 1"},
		{"memory", with(10, body("\x3f\x00\x1a\x0b")), "at offset 0x11c: unknown memory 0 in memory.size"},
		{"alignment", with(5, "\x01\x00\x01", 10, body("\x00\x28\x03\x00\x1a\x0b")), "at offset 0x122: alignment must not be larger than natural: 2^3 bytes in i32.load"},
		{"atomic alignment", with(5, "\x01\x00\x01", 10, body("\x00\xfe\x10\x01\x00\x1a\x0b")), "at offset 0x122: alignment must be natural: 2^1 bytes in i32.atomic.load"},
		{"undeclared reference", with(10, body("\xd2\x00\x1a\x0b")), "at offset 0x11c: undeclared function reference 0: it must occur in an export, a global or an element segment"},
		{"data count", with(5, "\x01\x00\x01", 10, body("\xfc\x09\x00\x0b"), 11, "\x01\x01\x00"), "at offset 0x121: data count section required by data.drop"},
		{"uninitialised local", with(10, "\x01\x08\x01\x01\x64\x00\x20\x00\x1a\x0b"), "at offset 0x11f: uninitialized local 0"},
		{"exports", with(7, "\x02\x01a\x00\x00\x01a\x00\x00", 10, body("\x0b")), `at offset 0x11e: duplicate export name "a"`},
		{"export", with(7, "\x01\x01a\x03\x00", 10, body("\x0b")), `at offset 0x11a: unknown global 0 in export "a"`},
		{"start", file(1, "\x01\x60\x01\x7f\x00", 3, "\x01\x00", 8, "\x00", 10, body("\x0b")), "at offset 0x115: start function must have no parameters and no results: func (param i32)"},
		{"constant", file(6, "\x01\x7f\x00\x41\x00\x45\x0b"), "at offset 0x10f: constant expression required, and i32.eqz is not constant"},
		{"constant type", file(6, "\x01\x7f\x00\x42\x00\x0b"), "at offset 0x10f: type mismatch: end wants i32 and finds i64"},
		{"own global", file(6, "\x02\x7f\x00\x41\x00\x0b\x7f\x00\x23\x00\x0b"), "at offset 0x112: garbage collection (a constant expression that refers to a global of this module) is not supported"},
		{"element type", file(4, "\x01\x6f\x00\x01", 9, "\x01\x00\x41\x00\x0b\x00"), "at offset 0x111: type mismatch: element segment of (ref func) for a table of externref"},
		{"data segment", file(11, "\x01\x00\x41\x00\x0b\x00"), "at offset 0x10b: unknown memory 0 in data segment"},
		{"many locals", with(10, "\x01\x07\x01\xff\xff\xff\x7f\x7f\x0b"), "at offset 0x11c: too many locals: 268435455 are more than the limit of 50000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Decode(c.b, 0x100)
			if err == nil {
				err = m.Validate()
			}
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestLimits asks for more than small limits allow.
func TestLimits(t *testing.T) {
	nested := func(op Opcode, n int) []byte {
		b := new(Builder)
		f := exported(b)
		for range n {
			f.Block(op)
		}
		for range n {
			f.End()
		}
		return b.Encode()
	}
	for _, c := range []struct {
		name   string
		b      []byte
		limits Limits
		want   string
	}{
		{"functions", generate(1, 1), Limits{Functions: 1}, "functions are more than the limit of 1"},
		{"nesting", nested(OpBlock, 6), Limits{Nesting: 5}, "blocks are nested deeper than the limit of 5"},
		{"loops", nested(OpLoop, 6), Limits{LoopNesting: 5}, "loops are nested deeper than the limit of 5"},
		{"body", nested(OpBlock, 60), Limits{BodySize: 100}, "bytes of a function body are more than the limit of 100"},
		{"compile time", nested(OpBlock, 5000), Limits{CompileTime: 1, CompileTimePerByte: 1}, "is too much for the compiler"},
		{"compile memory", nested(OpBlock, 500), Limits{CompileMemory: 100}, "above the limit of 0 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := DecodeLimited(c.b, 0, c.limits)
			if err == nil {
				_, _, err = Rewrite(m, Options{})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestEverySection decodes a module that has one of everything, and finds what was put in.
func TestEverySection(t *testing.T) {
	m, err := Decode(everySection(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, imp := range m.Imports {
		got = append(got, imp.Module+"."+imp.Name+" "+m.ImportType(i).String())
	}
	for i, e := range m.Exports {
		got = append(got, e.Name+" "+m.ExportType(i).String())
	}
	want := `.f func (param i32) (result i32)
a.t table 1 funcref
a.g global i32
a.e tag
f func (param i32) (result i32)
 memory 1 2 shared`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

// TestSharedModules decodes and validates the core modules of guests and conformance data, and writes
// them back: what is decoded from that is the same again.
func TestSharedModules(t *testing.T) {
	valid := 0
	for _, c := range sharedModules(t, "guests", "conformance") {
		m, err := Decode(c.b, 0)
		if err != nil || m.Validate() != nil {
			continue // They are there to be refused, or use what is not supported.
		}
		valid++
		once, _, err := Rewrite(m, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m, err = Decode(once, 0)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		twice, _, err := Rewrite(m, Options{})
		if err != nil || string(once) != string(twice) {
			t.Errorf("%s: written twice it differs (%v)", c.name, err)
		}
	}
	if valid < 1000 {
		t.Errorf("only %d modules are valid", valid)
	}
}
