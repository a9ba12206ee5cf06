package preview1_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/preview1"
	"github.com/sidecall/sidecall/components/print"
	"github.com/sidecall/sidecall/components/validate"
)

var update = flag.Bool("update", false, "rewrite what the tests expect")

// functions are those of preview1 with their types: i and I for i32 and i64, the results
// behind a colon.
var functions = []struct{ name, typ string }{
	{"args_get", "ii:i"}, {"args_sizes_get", "ii:i"}, {"clock_res_get", "ii:i"}, {"clock_time_get", "iIi:i"},
	{"environ_get", "ii:i"}, {"environ_sizes_get", "ii:i"}, {"fd_advise", "iIIi:i"}, {"fd_allocate", "iII:i"},
	{"fd_close", "i:i"}, {"fd_datasync", "i:i"}, {"fd_fdstat_get", "ii:i"}, {"fd_fdstat_set_flags", "ii:i"},
	{"fd_fdstat_set_rights", "iII:i"}, {"fd_filestat_get", "ii:i"}, {"fd_filestat_set_size", "iI:i"},
	{"fd_filestat_set_times", "iIIi:i"}, {"fd_pread", "iiiIi:i"}, {"fd_prestat_dir_name", "iii:i"},
	{"fd_prestat_get", "ii:i"}, {"fd_pwrite", "iiiIi:i"}, {"fd_read", "iiii:i"}, {"fd_readdir", "iiiIi:i"},
	{"fd_renumber", "ii:i"}, {"fd_seek", "iIii:i"}, {"fd_sync", "i:i"}, {"fd_tell", "ii:i"}, {"fd_write", "iiii:i"},
	{"path_create_directory", "iii:i"}, {"path_filestat_get", "iiiii:i"}, {"path_filestat_set_times", "iiiiIIi:i"},
	{"path_link", "iiiiiii:i"}, {"path_open", "iiiiiIIii:i"}, {"path_readlink", "iiiiii:i"},
	{"path_remove_directory", "iii:i"}, {"path_rename", "iiiiii:i"}, {"path_symlink", "iiiii:i"},
	{"path_unlink_file", "iii:i"}, {"poll_oneoff", "iiii:i"}, {"proc_exit", "i:"}, {"proc_raise", "i:i"},
	{"random_get", "ii:i"}, {"sched_yield", ":i"}, {"sock_accept", "iii:i"}, {"sock_recv", "iiiiii:i"},
	{"sock_send", "iiiii:i"}, {"sock_shutdown", "ii:i"},
}

func vals(s string) []core.ValType {
	var out []core.ValType
	for _, c := range s {
		out = append(out, map[rune]core.ValType{'i': core.I32, 'I': core.I64}[c])
	}
	return out
}

// im is an import of a module under test.
type im struct{ module, name, typ string }

// module is a core module; start says what it exports beside its memory.
func module(exports string, imports ...im) []byte {
	b := &core.Builder{}
	for _, i := range imports {
		params, results, _ := strings.Cut(i.typ, ":")
		b.ImportFunc(i.module, i.name, b.Type(vals(params), vals(results)))
	}
	b.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	f := b.Func(b.Type(nil, nil))
	for _, name := range strings.Fields(exports) {
		switch name {
		case "memory":
			b.Export(name, core.ExternMemory, 0)
		case "start":
			b.Start(f.Index)
		case "invalid":
			f.Op(core.OpI32Add)
		default:
			b.Export(name, core.ExternFunc, f.Index)
		}
	}
	return b.Encode()
}

func p1(name, typ string) im { return im{preview1.Module, name, typ} }

// open decodes and validates.
func open(t testing.TB, b []byte) *validate.Typed {
	t.Helper()
	c, err := preview1.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	typed, err := validate.Component(c, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return typed
}

// TestImports shows what a program asks of WASI 0.2 that imports one function alone: no
// more than that function needs.
func TestImports(t *testing.T) {
	var got strings.Builder
	for _, f := range functions {
		typed := open(t, module("_start memory", p1(f.name, f.typ)))
		fmt.Fprintf(&got, "%s:\n", f.name)
		for _, i := range print.Of(typed.Type).Imports {
			if names := functionsOf(typed, i.Name); len(names) > 0 {
				fmt.Fprintf(&got, "  %s: %s\n", i.Name, strings.Join(names, ", "))
			}
		}
	}
	golden(t, "testdata/imports.txt", got.String())
}

// functionsOf lists the functions of an imported interface.
func functionsOf(typed *validate.Typed, name string) []string {
	var out []string
	for _, d := range typed.Component.Defs {
		i, ok := d.Item.(components.Import)
		if !ok || i.Name != name {
			continue
		}
		types := 0
		for _, d := range typed.Component.Defs {
			switch item := d.Item.(type) {
			case components.TypeDef:
				if t, ok := item.Item.(components.InstanceType); ok && types == int(i.Type.Index) {
					for _, d := range t.Decls {
						if e, ok := d.Item.(components.ExportDecl); ok && e.Type.Sort.String() == "func" {
							out = append(out, e.Name)
						}
					}
				}
				types++
			case components.Alias:
				if item.Sort.String() == "type" {
					types++
				}
			}
		}
	}
	return out
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it); got:\n%s", file, got)
	}
}

// TestAll is a program that imports everything, some of it twice.
func TestAll(t *testing.T) {
	var imports []im
	for _, f := range functions {
		imports = append(imports, p1(f.name, f.typ))
	}
	imports = append(imports, p1("fd_write", "iiii:i"), p1("fd_write", "iiii:i"), p1("fd_read", "iiii:i"))
	b := module("_start memory", imports...)
	before := bytes.Clone(b)
	first := open(t, b)
	if !bytes.Equal(b, before) {
		t.Error("the bytes given were changed")
	}
	if again := open(t, b); !reflect.DeepEqual(first.Component, again.Component) {
		t.Error("the same module makes another component")
	}
	exports := print.Of(first.Type).Exports
	if len(exports) != 1 || exports[0].Name != "wasi:cli/run@0.2.12" {
		t.Errorf("it exports %v", exports)
	}
}

// TestAccepted are programs that are one although something about them is unusual.
func TestAccepted(t *testing.T) {
	open(t, module("_start"))                                     // no imports, no memory
	open(t, module("_start", p1("proc_exit", "i:")))              // nothing that needs the memory
	open(t, module("_start start memory", p1("fd_close", "i:i"))) // a start function
	open(t, module("_start _initialize memory"))
}

func TestErrors(t *testing.T) {
	const library = "this core module is no program: it exports no function \"_start\". A library needs WIT types: add them with " +
		"`wasm-tools component embed wit core.wasm -o core.wasm`, then make a component of it with " +
		"`wasm-tools component new core.wasm --adapt wasi_snapshot_preview1.reactor.wasm -o component.wasm`"
	write := p1("fd_write", "iiii:i")
	typed := append(module("_start memory", write), "\x00\x10\x0ecomponent-type\x00"...)
	b := &core.Builder{}
	b.Export("_start", core.ExternFunc, b.Func(b.Type(vals("i"), nil)).Index)
	for _, tt := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"library", module("_initialize memory", write), library},
		{"nothing", module("memory", write), library},
		{"parameters", b.Encode(), `byte 0 (0x0): the core module's export "_start" is a func (param i32), and that of a command has neither parameters nor results`},
		{"env", module("_start memory", write, im{"env", "foo", "i:"}), `byte 63 (0x3f): the core module imports func "foo" from "env", which nothing provides: ` +
			"without WIT types, a program can import nothing but wasi_snapshot_preview1's functions. With them it becomes a component: " +
			"`wasm-tools component embed`, then `wasm-tools component new`"},
		{"unstable", module("_start memory", im{"wasi_unstable", "fd_write", "iiii:i"}), `byte 25 (0x19): the core module is built for the WASI before preview1 (wasi_unstable): ` +
			"rebuild it with current tools (it imports \"fd_write\" from \"wasi_unstable\")"},
		{"unknown", module("_start memory", p1("fd_wrong", "i:i")), `byte 22 (0x16): the core module imports "fd_wrong" from "wasi_snapshot_preview1", which has no such function`},
		{"type", module("_start memory", p1("fd_close", "I:i")), `byte 22 (0x16): the core module imports "fd_close" from "wasi_snapshot_preview1" ` +
			"as func (param i64) (result i32), which is func (param i32) (result i32)"},
		{"memory", module("_start", write), "byte 0 (0x0): the core module does not export its memory as \"memory\", which wasi_snapshot_preview1's functions need"},
		{"types", typed, "this is a preview1 core module (it imports \"wasi_snapshot_preview1\"), not a component: make a component of it with " +
			"`wasm-tools component new core.wasm --adapt wasi_snapshot_preview1=ADAPTER.wasm -o component.wasm`, where ADAPTER is " +
			"wasi_snapshot_preview1.command for a program and .reactor for a library"},
		{"start twice", module("_start start sidecall:start memory"), `byte 0 (0x0): the core module exports "sidecall:start", a name that is needed for its start function`},
		{"damaged", module("_start memory", write)[:60], "byte 60 (0x3c): in the core module: unexpected end"},
		{"text", []byte("(module)"), "this is WebAssembly text (module), not a binary: assemble it with `wasm-tools parse in.wat -o out.wasm`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := preview1.Decode(tt.bytes)
			var be *binary.Error
			if !errors.As(err, &be) || err.Error() != tt.want {
				t.Errorf("%T %v\nwant %s", err, err, tt.want)
			}
		})
	}
}

// TestInvalidProgram shows that what is wrong with the program is where it is in the file.
func TestInvalidProgram(t *testing.T) {
	for _, twice := range []bool{false, true} {
		imports := []im{p1("fd_close", "i:i")}
		if twice { // the module is changed before it is validated
			imports = append(imports, imports[0])
		}
		b := module("_start memory invalid", imports...)
		_, alone := core.Decode(b, 0)
		m, err := core.Decode(b, 0)
		if err != nil {
			t.Fatal(alone)
		}
		var want *core.Error
		if !errors.As(m.Validate(), &want) {
			t.Fatal("it is valid")
		}
		c, err := preview1.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = validate.Component(c, validate.Options{})
		var ve *validate.Error
		if !errors.As(err, &ve) || ve.Offset != want.Offset || !reflect.DeepEqual(ve.Path, []string{"core module 0"}) {
			t.Errorf("%v, and by itself: %v", err, want)
		}
	}
}

// FuzzDecode looks for modules of which no valid component is made, though they are valid.
func FuzzDecode(f *testing.F) {
	var imports []im
	for _, fn := range functions {
		imports = append(imports, p1(fn.name, fn.typ))
	}
	f.Add(module("_start memory", imports...))
	f.Add(module("_start start memory", p1("fd_write", "iiii:i"), p1("fd_write", "iiii:i")))
	f.Add(module("_start"))
	f.Add(module("_initialize memory", p1("fd_write", "iiii:i")))
	f.Add(module("_start memory", im{"env", "foo", "i:"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 100_000 {
			return
		}
		before := bytes.Clone(b)
		c, err := preview1.Decode(b)
		if !bytes.Equal(b, before) {
			t.Fatal("the bytes given were changed")
		}
		if err != nil {
			var be *binary.Error
			if !errors.As(err, &be) || be.Msg == "" || be.Offset < 0 || be.Offset > len(b) {
				t.Fatalf("an error of type %T: %v", err, err)
			}
			return
		}
		if !preview1.IsModule(b) {
			return
		}
		_, err = validate.Component(c, validate.Options{})
		var ve *validate.Error
		if err != nil && (!errors.As(err, &ve) || len(ve.Path) == 0 || ve.Path[0] != "core module 0") {
			t.Fatalf("what was made of a program is not valid: %v", err)
		}
	})
}

// BenchmarkDecode is what it costs to make a component of a program.
func BenchmarkDecode(b *testing.B) {
	file := module("_start memory", p1("fd_write", "iiii:i"), p1("path_open", "iiiiiIIii:i"))
	for b.Loop() {
		if _, err := preview1.Decode(file); err != nil {
			b.Fatal(err)
		}
	}
}
