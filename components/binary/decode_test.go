package binary_test

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/wit"
)

const head = "00 61 73 6d 0d 00 01 00 "

// unhex reads bytes written as hex digits and 'strings'.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	for _, w := range strings.Fields(s) {
		if strings.HasPrefix(w, "'") {
			out = append(out, strings.Trim(w, "'")...)
			continue
		}
		b, err := hex.DecodeString(w)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

func TestModel(t *testing.T) {
	u8, str := components.ValType{Primitive: wit.U8}, components.ValType{Primitive: wit.String}
	index := func(i uint32) components.ValType { return components.ValType{IsIndex: true, Index: i} }
	i32 := components.CoreValType{Code: 0x7f}
	typ := func(offset int, item any) []components.Def {
		return []components.Def{{Offset: offset, Item: components.TypeDef{Item: item}}}
	}
	for _, tt := range []struct {
		in   string
		want []components.Def
	}{
		{"07 02 01 73", typ(11, str)},
		{"07 02 01 64", typ(11, components.ValType{Primitive: wit.ErrorContext})},
		{"07 06 01 72 01 01 'a' 7d", typ(11, components.RecordType{Fields: []components.LabelType{{Label: "a", Type: u8}}})},
		{"07 0c 01 71 02 01 'a' 00 00 01 'b' 01 73 00", typ(11, components.VariantType{Cases: []components.CaseType{{Label: "a"}, {Label: "b", Type: &str}}})},
		{"07 03 01 70 7d", typ(11, components.ListType{Elem: u8})},
		{"07 05 01 70 ff ff 03", typ(11, components.ListType{Elem: index(65535)})},
		{"07 04 01 67 7d 03", typ(11, components.ListType{Elem: u8, Fixed: true, Len: 3})},
		{"07 04 01 6f 01 73", typ(11, components.TupleType{Elems: []components.ValType{str}})},
		{"07 05 01 6e 01 01 'a'", typ(11, components.FlagsType{Labels: []string{"a"}})},
		{"07 05 01 6d 01 01 'a'", typ(11, components.EnumType{Labels: []string{"a"}})},
		{"07 03 01 6b 05", typ(11, components.OptionType{Elem: index(5)})},
		{"07 05 01 6a 00 01 73", typ(11, components.ResultType{Err: &str})},
		{"07 03 01 69 07", typ(11, components.HandleType{Index: 7})},
		{"07 03 01 68 07", typ(11, components.HandleType{Borrow: true, Index: 7})},
		{"07 04 01 66 01 7d", typ(11, components.StreamType{Elem: &u8})},
		{"07 03 01 65 00", typ(11, components.FutureType{})},
		{"07 04 01 63 73 7d", typ(11, components.MapType{Key: str, Value: u8})},
		{"07 08 01 40 01 01 'p' 7d 00 73", typ(11, components.FuncType{Params: []components.LabelType{{Label: "p", Type: u8}}, Result: &str})},
		{"07 05 01 43 00 01 00", typ(11, components.FuncType{Async: true})},
		{"07 05 01 3f 7f 01 09", typ(11, components.ResourceType{Rep: 0x7f, HasDtor: true, Dtor: 9})},
		{"07 08 01 42 01 04 00 01 'r' 03 01", nil}, // one byte short: see TestErrors
		{"07 09 01 42 01 04 00 01 'r' 03 01", typ(11, components.InstanceType{Decls: []components.Def{
			{Offset: 13, Item: components.ExportDecl{Name: "r", Type: components.ExternDesc{Sort: wit.SortType, SubResource: true}}}}})},
		{"07 0a 01 41 01 03 01 01 'm' 00 11 02", typ(11, components.ComponentType{Decls: []components.Def{
			{Offset: 13, Item: components.Import{Name: "m", Type: components.ExternDesc{Sort: wit.SortCoreModule, Index: 2}}}}})},
		{"03 05 01 60 01 7f 00", []components.Def{{Offset: 11, Item: &components.CoreTypeDef{Item: components.CoreFuncType{Params: []components.CoreValType{i32}}}}}},
		{"03 07 01 00 50 00 60 00 00", []components.Def{{Offset: 11, Item: &components.CoreTypeDef{Item: components.CoreRecType{
			Types: []components.CoreSubType{{Comp: components.CoreFuncType{}}}}}}}},
		{"03 08 01 4e 02 5f 00 5e 78 01", []components.Def{{Offset: 11, Item: &components.CoreTypeDef{Item: components.CoreRecType{
			Types: []components.CoreSubType{{Final: true, Comp: components.CoreStructType{}},
				{Final: true, Comp: components.CoreArrayType{Elem: components.CoreFieldType{Type: components.CoreValType{Code: 0x78}, Mutable: true}}}}}}}}},
		{"03 0b 01 50 01 00 01 'a' 01 'b' 02 00 01", []components.Def{{Offset: 11, Item: &components.CoreTypeDef{Item: &components.CoreModuleType{
			Decls: []components.Def{{Offset: 13, Item: components.CoreImport{Module: "a", Name: "b",
				Type: components.CoreExtern{Sort: wit.SortCoreMemory, Limits: components.CoreLimits{Min: 1}}}}}}}}}},
		{"08 07 01 00 00 05 01 00 03", []components.Def{{Offset: 11, Item: components.Canon{Op: components.CanonLift, Name: "lift", Func: 5, Type: 3,
			Options: []components.CanonOption{{Offset: 15, Kind: components.OptUTF8}}}}}},
		{"08 03 01 02 04", []components.Def{{Offset: 11, Item: components.Canon{Op: components.CanonResourceNew, Name: "resource.new", Type: 4}}}},
		{"08 06 01 0f 03 01 03 00", []components.Def{{Offset: 11, Item: components.Canon{Op: 0x0f, Name: "stream.read", Type: 3, Feature: "async",
			Options: []components.CanonOption{{Offset: 14, Kind: components.OptMemory}}}}}},
		{"06 07 01 00 00 01 02 01 'f'", []components.Def{{Offset: 11, Item: components.Alias{Sort: wit.SortCoreFunc, Kind: components.AliasCoreExport, Instance: 2, Name: "f"}}}},
		{"06 05 01 03 02 01 02", []components.Def{{Offset: 11, Item: components.Alias{Sort: wit.SortType, Kind: components.AliasOuter, Count: 1, Index: 2}}}},
		{"05 07 01 00 03 01 01 'a' 05", nil},
		{"05 08 01 00 03 01 01 'a' 05 04", []components.Def{{Offset: 11, Item: components.Instance{Component: 3,
			Args: []components.Arg{{Offset: 14, Name: "a", Ref: components.Ref{Sort: wit.SortInstance, Index: 4}}}}}}},
		{"0a 0d 01 02 01 'i' 01 00 03 'a:b' 05 00", nil},
		{"0a 0c 01 02 01 'i' 01 02 02 'xy' 05 01", nil},
		{"0a 0b 01 02 01 'i' 01 02 02 'xy' 05 01", []components.Def{{Offset: 11, Item: components.Import{Name: "i",
			Attributes: components.Attributes{HasAttributes: true, HasExternalID: true, ExternalID: "xy"},
			Type:       components.ExternDesc{Sort: wit.SortInstance, Index: 1}}}}},
		{"0b 09 01 00 01 'e' 01 02 01 01 00", []components.Def{{Offset: 11, Item: components.Export{Name: "e", Ref: components.Ref{Sort: wit.SortFunc, Index: 2},
			Ascribed: &components.ExternDesc{Sort: wit.SortFunc}}}}},
		{"09 04 01 01 00 01", []components.Def{{Offset: 10, Item: components.Start{Func: 1, Args: []uint32{0}, Results: 1}}}},
		{"0c 04 01 7d 01 2a", []components.Def{{Offset: 11, Item: components.Value{Type: u8, Data: []byte{0x2a}}}}},
		{"04 08 00 61 73 6d 0d 00 01 00", []components.Def{{Offset: 10, Item: &components.Component{Offset: 10, Size: 8}}}},
	} {
		c, err := binary.Decode(unhex(t, head+tt.in))
		if tt.want == nil {
			if err == nil {
				t.Errorf("%s: decoded", tt.in)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if !reflect.DeepEqual(c.Defs, tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.in, c.Defs, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"07", "byte 9 (0x9): unexpected end of the file"},
		{"07 03 00", "byte 8 (0x8): unexpected end of the file: the type section has 3 bytes, but 1 are left"},
		{"0d 00", "byte 8 (0x8): malformed section id 0x0d"},
		{"07 02 00 00", "byte 11 (0xb): the type section has 1 bytes left over"},
		{"07 81 80 80 80 10 00", "byte 9 (0x9): a number is larger than a u32 can be"},
		{"07 81 80 80 80 80 00", "byte 9 (0x9): a number is longer than a u32 can be"},
		{"07 04 bf 84 3d 73", "byte 10 (0xa): unexpected end of the type section: it cannot hold 999999 definitions in 1 bytes"},
		{"07 08 01 70 ff ff ff ff 3f 00", "byte 12 (0xc), in type 0: a number is too large for a type index"},
		{"07 03 01 70 40", "byte 12 (0xc), in type 0: 0x40 is no value type"},
		{"07 08 01 42 01 04 00 01 'r' 03", "byte 18 (0x12), in type 0, definition 0: unexpected end of the type section"},
		{"07 02 01 62", "byte 11 (0xb), in type 0: 0x62 does not begin a type"},
		{"00 03 02 ff fe", "byte 11 (0xb): malformed UTF-8 in the name of a custom section"},
		{"01 08 00 61 73 6d 0d 00 01 00", "byte 10 (0xa), in core module 0: expected a core module's preamble (00 61 73 6d, version 01 00 00 00), found 00 61 73 6d 0d 00 01 00"},
		{"04 08 00 61 73 6d 01 00 00 00", "byte 10 (0xa), in component 0: expected a component's preamble (00 61 73 6d, version 0d 00, layer 01 00), found 00 61 73 6d 01 00 00 00"},
		{"04 0c 00 61 73 6d 0d 00 01 00 08 02 01 07", "byte 21 (0x15), in component 0, definition 0: 0x07 is no canonical definition"},
		{"08 03 01 0c 02", "byte 12 (0xc), in definition 0, canon thread.yield (feature async, not supported): cancellable must be 0x00 or 0x01, not 0x02"},
		{"06 05 01 05 02 00 00", "byte 11 (0xb), in definition 0: an outer alias must be of sort component, type, core module or core type, not instance"},
		{"0a 0d 01 02 01 'i' 02 02 01 'x' 02 01 'x' 05 00", "byte 18 (0x12), in definition 0: duplicate attribute external-id"},
		{"09 03 01 00 02", "byte 10 (0xa): a start definition has 2 results, and a function at most one"},
		{"0a 06 01 00 01 'v' 02 73", "byte 15 (0xf), in definition 0, type of a value (feature values, not supported): 0x73 is no bound of a value"},
	} {
		_, err := binary.Decode(unhex(t, head+tt.in))
		var e *binary.Error
		if !errors.As(err, &e) || e.Error() != tt.want {
			t.Errorf("%s\ngot  %v\nwant %s", tt.in, err, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		in     string
		limits binary.Limits
		want   string
	}{
		{"07 03 02 73 73", binary.Limits{Definitions: 1}, "byte 12 (0xc), in type 1: the file has more than 1 definitions"},
		{"07 06 01 6e 02 01 'a' 01 'b'", binary.Limits{Parts: 1}, "byte 12 (0xc), in type 0: the file has more than 1 fields, parameters, arguments and the like"},
		{"00 03 02 'ab'", binary.Limits{NameBytes: 1}, "byte 10 (0xa): the name of a custom section of 2 bytes; at most 1 are accepted"},
		{"07 07 01 42 01 01 42 01 01 73", binary.Limits{Nesting: 2}, "byte 8 (0x8): unexpected"},
		{"07 08 01 42 01 01 42 01 01 73", binary.Limits{Nesting: 2}, "byte 14 (0xe), in type 0, definition 0: components and types are nested more than 2 deep"},
		{"", binary.Limits{FileBytes: 7}, "byte 7 (0x7): the file has 8 bytes; at most 7 are accepted"},
	} {
		_, err := binary.Decode(unhex(t, head+tt.in), binary.WithLimits(tt.limits))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.Contains(tt.want, "unexpected") {
			t.Errorf("%s\ngot  %v\nwant %s", tt.in, err, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	c, err := binary.Decode(unhex(t, head+"00 13 0e 'component-name' 00 02 01 'c'"))
	if err != nil || c.Name != "c" || len(c.Customs) != 1 || string(c.Customs[0].Data) != "\x00\x02\x01c" {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = binary.Decode(unhex(t, head+"00 12 0e 'component-name' ff fe 01"))
	if err != nil || c.Name != "" {
		t.Errorf("a malformed name section: %+v, %v", c, err)
	}
}
