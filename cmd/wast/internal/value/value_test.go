package value_test

import (
	"encoding/json"
	"testing"

	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
)

// TestParse reads values of types, and writes them for people.
func TestParse(t *testing.T) {
	for _, tt := range []struct{ typ, val, want string }{
		{`"s8"`, `{"type":"s8","value":"-128"}`, "-128"},
		{`"u64"`, `{"type":"u64","value":"18446744073709551615"}`, "18446744073709551615"},
		{`"f32"`, `{"type":"f32","value":"1069547520"}`, "1.5 (bits 0x3fc00000)"},
		{`"char"`, `{"type":"char","value":"⛳"}`, `'⛳'`},
		{`"string"`, `{"type":"string","value":"a\"b"}`, `"a\"b"`},
		{`{"record":[["a","bool"],["b",{"list":"u8"}]]}`,
			`{"type":"record","value":[["a",{"type":"bool","value":true}],["b",{"type":"list","value":[{"type":"u8","value":"1"},{"type":"u8","value":"2"}]}]]}`,
			"{a: true, b: [1, 2]}"},
		{`{"tuple":["u8",{"option":"u8"}]}`, `{"type":"tuple","value":[{"type":"u8","value":"1"},{"type":"option","value":null}]}`, "(1, none)"},
		{`{"variant":[["x","u8"],["y",null]]}`, `{"type":"variant","value":{"case":"x","payload":{"type":"u8","value":"9"}}}`, "x(9)"},
		{`{"enum":["x","y"]}`, `{"type":"enum","value":"y"}`, "y"},
		{`{"flags":["x","y","z"]}`, `{"type":"flags","value":["z","x"]}`, "{x, z}"},
		{`{"result":{"ok":"u8","err":null}}`, `{"type":"result","value":{"Err":null}}`, "error"},
		{`{"list":"u8","len":2}`, `{"type":"list","value":[{"type":"u8","value":"1"},{"type":"u8","value":"2"}]}`, "[1, 2]"},
	} {
		typ, err := jsonvalue.ParseType(json.RawMessage(tt.typ))
		if err != nil {
			t.Errorf("%s: %v", tt.typ, err)
			continue
		}
		v, err := jsonvalue.Parse(json.RawMessage(tt.val), typ)
		if err != nil {
			t.Errorf("%s: %v", tt.val, err)
			continue
		}
		if got := jsonvalue.Format(typ, v); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.val, got, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ typ, val, want string }{
		{`"u8"`, `{"type":"s8","value":"1"}`, "the script gives a value of type s8 where the function has u8"},
		{`"u8"`, `{"type":"u8","value":"256"}`, `strconv.ParseUint: parsing "256": value out of range`},
		{`"char"`, `{"type":"char","value":"ab"}`, `"ab" is not one character`},
		{`{"enum":["x"]}`, `{"type":"enum","value":"y"}`, `the type has no case "y"`},
		{`{"flags":["x"]}`, `{"type":"flags","value":["y"]}`, `the type has no flag "y"`},
		{`{"tuple":["u8","u8"]}`, `{"type":"tuple","value":[{"type":"u8","value":"1"}]}`, "a tuple of 2, not 1, elements"},
		{`{"record":[["a","u8"]]}`, `{"type":"record","value":[["b",{"type":"u8","value":"1"}]]}`, "field 0 is a, not b"},
		{`{"variant":[["x","u8"]]}`, `{"type":"variant","value":{"case":"x"}}`, "case x: a payload is given or missing against the type"},
	} {
		typ, err := jsonvalue.ParseType(json.RawMessage(tt.typ))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jsonvalue.Parse(json.RawMessage(tt.val), typ); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.val, err, tt.want)
		}
	}
}

// TestEqual checks that what differs is told apart, and that all NaNs are one.
func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		typ, a, b string
		want      bool
	}{
		{`"f32"`, `{"type":"f32","value":"2143289344"}`, `{"type":"f32","value":"2143289345"}`, true},
		{`"f32"`, `{"type":"f32","value":"0"}`, `{"type":"f32","value":"2147483648"}`, false},
		{`{"list":"u8"}`, `{"type":"list","value":[]}`, `{"type":"list","value":[{"type":"u8","value":"1"}]}`, false},
		{`{"option":"u8"}`, `{"type":"option","value":null}`, `{"type":"option","value":{"type":"u8","value":"0"}}`, false},
		{`{"flags":["a","b"]}`, `{"type":"flags","value":["a","b"]}`, `{"type":"flags","value":["b","a"]}`, true},
		{`"string"`, `{"type":"string","value":"a"}`, `{"type":"string","value":"b"}`, false},
		{`{"tuple":["u8","u8"]}`, `{"type":"tuple","value":[{"type":"u8","value":"1"},{"type":"u8","value":"2"}]}`,
			`{"type":"tuple","value":[{"type":"u8","value":"1"},{"type":"u8","value":"3"}]}`, false},
	} {
		typ, err := jsonvalue.ParseType(json.RawMessage(tt.typ))
		if err != nil {
			t.Fatal(err)
		}
		a, err1 := jsonvalue.Parse(json.RawMessage(tt.a), typ)
		b, err2 := jsonvalue.Parse(json.RawMessage(tt.b), typ)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := jsonvalue.Equal(typ, a, b); got != tt.want {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}
