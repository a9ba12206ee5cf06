package wave_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/wave"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

var (
	u8     = wit.Primitive(wit.U8)
	s8     = wit.Primitive(wit.S8)
	str    = wit.Primitive(wit.String)
	f64    = wit.Primitive(wit.F64)
	point  = wit.NewRecord(wit.Field{Name: "x", Type: u8}, wit.Field{Name: "label", Type: wit.NewOption(str)})
	perms  = wit.NewFlags("read", "write", "true")
	shape  = wit.NewVariant(wit.Case{Name: "circle", Type: f64}, wit.Case{Name: "dot"})
	color  = wit.NewEnum("red", "none")
	answer = wit.NewResult(u8, str)
)

// TestText reads each text in WAVE, writes it in both forms, and reads the JSON back.
func TestText(t *testing.T) {
	for _, tc := range []struct {
		t          *wit.Type
		text       string
		wave, json string // what is written; wave is text if it is empty
	}{
		{wit.Primitive(wit.Bool), "true", "", "true"},
		{u8, " 255 // all bits", "255", "255"},
		{s8, "-128", "", "-128"},
		{wit.Primitive(wit.U64), "18446744073709551615", "", "18446744073709551615"},
		{wit.Primitive(wit.S64), "-9223372036854775808", "", "-9223372036854775808"},
		{f64, "-1.5e-3", "-0.0015", "-0.0015"},
		{f64, "nan", "", `"nan"`},
		{wit.Primitive(wit.F32), "-inf", "", `"-inf"`},
		{wit.Primitive(wit.F32), "0.1", "", "0.1"},
		{wit.Primitive(wit.Char), `'\''`, "", `"'"`},
		{wit.Primitive(wit.Char), `'\u{1F600}'`, "'😀'", `"😀"`},
		{str, `"a\"b\\c\n\t\r\u{7}é"`, "", `"a\"b\\c\n\t\r\u0007é"`},
		{wit.NewList(u8), "[1, 2,]", "[1, 2]", "[1,2]"},
		{wit.NewList(u8), "[]", "", "[]"},
		{wit.NewFixedList(u8, 2), "[1, 2]", "", "[1,2]"},
		{wit.NewTuple(u8, str), `(1, "b")`, "", `[1,"b"]`},
		{point, `{label: some("p"), x: 3}`, `{x: 3, label: some("p")}`, `{"x":3,"label":"p"}`},
		{point, `{x: 3}`, `{x: 3, label: none}`, `{"x":3,"label":null}`},
		{wit.NewRecord(), "{:}", "", "{}"},
		{perms, "{%true, read}", "{read, %true}", `["read","true"]`},
		{perms, "{}", "", "[]"},
		{shape, "circle(2)", "", `{"circle":2}`},
		{shape, "dot", "", `"dot"`},
		{color, "%none", "", `"none"`},
		{wit.NewOption(color), "%none", "some(%none)", `"none"`},
		{wit.NewOption(u8), "none", "", "null"},
		{wit.NewOption(u8), "7", "some(7)", "7"},
		{wit.NewOption(wit.NewOption(u8)), "some(none)", "", `{"some":null}`},
		{wit.NewOption(wit.NewOption(u8)), "some(some(1))", "", `{"some":1}`},
		{answer, "ok(1)", "", `{"ok":1}`},
		{answer, "1", "ok(1)", `{"ok":1}`},
		{answer, `err("no")`, "", `{"err":"no"}`},
		{wit.NewResult(nil, nil), "err", "", `"err"`},
		{wit.NewResult(nil, nil), "ok", "", `"ok"`},
	} {
		v, err := wave.Parse(tc.text, tc.t)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		want := tc.wave
		if want == "" {
			want = tc.text
		}
		if got, err := wave.Print(v, tc.t, 100); got != want || err != nil {
			t.Errorf("%s: wrote %s, want %s, %v", tc.text, got, want, err)
		}
		got, err := wave.PrintJSON(v, tc.t, 100)
		if got != tc.json || err != nil {
			t.Errorf("%s: wrote JSON %s, want %s, %v", tc.text, got, tc.json, err)
		}
		if again, err := wave.ParseJSON(tc.json, tc.t); err != nil || !same(tc.t, again, v) {
			t.Errorf("%s read back: %v, %v", tc.json, again, err)
		}
	}
}

// same compares by text: not-a-numbers are equal then.
func same(t *wit.Type, a, b value.Value) bool {
	x, err := wave.Print(a, t, 1<<20)
	y, err2 := wave.Print(b, t, 1<<20)
	return x == y && err == nil && err2 == nil
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		t          *wit.Type
		text, want string
	}{
		{u8, "256", `at byte 0: a whole number of type u8, from 0 to 255, is missing before "256"`},
		{u8, "", "at byte 0: a whole number of type u8, from 0 to 255, is missing at the end"},
		{s8, "+1", `at byte 0: a whole number of type s8, from -128 to 127, is missing before "+1"`},
		{f64, "infinity", `at byte 0: a number of type f64 is missing before "infinity"`},
		{f64, "0x1p4", `at byte 0: a number of type f64 is missing before "0x1p4"`},
		{u8, "1 2", `at byte 2: nothing more was expected before "2"`},
		{str, `"a`, "at byte 0: the quote is not closed"},
		{str, `"\q"`, `at byte 1: there is no escape \q`},
		{str, `"\u{d800}"`, `at byte 1: \u{…} must have the hexadecimal number of a character`},
		{str, `"\u{110000}"`, `at byte 1: \u{…} must have the hexadecimal number of a character`},
		{str, "\"\xff\"", "at byte 1: the text is not UTF-8"},
		{wit.Primitive(wit.Char), "'ab'", `at byte 0: "ab" is not one character`},
		{wit.NewList(u8), "[1 2]", `at byte 3: a list: "," is missing before "2]"`},
		{wit.NewFixedList(u8, 3), "[1]", "at byte 1: the list has 1 elements, and must have 3"},
		{wit.NewTuple(u8, u8), "(1)", `at byte 2: a tuple of 2: "," is missing before ")"`},
		{point, "{y: 1}", "at byte 1: the record has no field y, but x, label"},
		{point, "{x: 1, x: 2}", "at byte 7: the field x comes twice"},
		{point, "{:}", "at byte 3: the field x is missing"},
		{perms, "{exec}", `at byte 1: a flag is missing, one of read, write, true before "}"`},
		{shape, "square", `at byte 0: a case is missing, one of circle, dot before "square"`},
		{shape, "circle", `at byte 6: circle: "(" is missing at the end`},
		{wit.NewResult(nil, str), `"x"`, `at byte 0: ok or err is missing before "\"x\""`},
		{wit.NewOwn(&wit.Resource{Name: "r"}), "1", "at byte 0: a value of type own<r> cannot be written"},
	} {
		_, err := wave.Parse(tc.text, tc.t)
		var at *wave.Error
		if err == nil || err.Error() != tc.want || !errors.As(err, &at) {
			t.Errorf("%s: %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestErrorsJSON(t *testing.T) {
	for _, tc := range []struct {
		t          *wit.Type
		text, want string
	}{
		{u8, "{", "the text is not JSON: unexpected EOF"},
		{u8, "1 1", "the text is JSON, but more comes after it"},
		{u8, "1.5", "a whole number of type u8, from 0 to 255, is missing"},
		{u8, `"1"`, `"1" is not what u8 is in JSON`},
		{wit.NewTuple(u8), "[]", "the array has 0 elements, and tuple<u8> has 1"},
		{wit.NewList(u8), "[1, null]", "[1]: null is not what u8 is in JSON"},
		{point, `{"label": "a"}`, "the field x is missing"},
		{point, `{"x": 1, "y": 2}`, "the object has members that the record has not: its fields are x, label"},
		{perms, `["exec"]`, `"exec" is not one of the flags ["read" "write" "true"]`},
		{shape, `"circle"`, `the case circle carries a f64: it is written {"circle": …}`},
		{shape, `{"dot": 1}`, `the case dot carries nothing: it is written "dot"`},
		{shape, `{}`, "a case is an object of one member, its name, not of 0"},
		{wit.NewOption(wit.NewOption(u8)), "1", `null or {"some": …} is missing, for option<option<u8>>`},
	} {
		if _, err := wave.ParseJSON(tc.text, tc.t); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestArguments(t *testing.T) {
	params := []wit.Field{{Name: "a", Type: u8}, {Name: "b", Type: str}}
	vs, err := wave.ParseArguments(`1, "x"`, params)
	if err != nil || len(vs) != 2 || vs[1].Str() != "x" {
		t.Errorf("%v, %v", vs, err)
	}
	for text, want := range map[string]string{
		"":          "at byte 0: the function takes 2 arguments, a is missing",
		"1":         `at byte 1: the function takes 2 arguments: "," is missing at the end`,
		"1,":        "at byte 2: the function takes 2 arguments, b is missing",
		`1, "x", 2`: `at byte 8: nothing more was expected before "2"`,
	} {
		if _, err := wave.ParseArguments(text, params); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestBounds: neither small texts of large values nor large values take much memory.
func TestBounds(t *testing.T) {
	var fields []wit.Field
	for range 1000 {
		fields = append(fields, wit.Field{Name: "f" + strings.Repeat("x", len(fields)), Type: wit.NewOption(u8)})
	}
	many := wit.NewList(wit.NewRecord(fields...))
	if _, err := wave.Parse("["+strings.Repeat("{:},", 2000)+"]", many); err == nil || !strings.Contains(err.Error(), "more than 1048576 values") {
		t.Errorf("%v", err)
	}
	if _, err := wave.ParseJSON("["+strings.Repeat("{},", 2000)+"{}]", many); err == nil || !strings.Contains(err.Error(), "more than 1048576 values") {
		t.Errorf("%v", err)
	}
	long := value.List(value.String(strings.Repeat("a", 1<<20)), value.String("b"))
	if _, err := wave.Print(long, wit.NewList(str), 1000); !errors.Is(err, wave.ErrTooLong) {
		t.Errorf("%v", err)
	}
}

// FuzzParse: what can be read is written in both forms and read again as the same.
func FuzzParse(f *testing.F) {
	types := []*wit.Type{u8, s8, f64, str, wit.Primitive(wit.Char), wit.NewList(point), wit.NewTuple(shape, perms), wit.NewOption(wit.NewOption(answer)), color, wit.NewOption(color)}
	for i, text := range []string{"1", "-1", "nan", `"\u{41}"`, `'"'`, "[{x: 1}]", "(circle(1e9), {read})", "some(some(err(\"x\")))", "red", "%none"} {
		f.Add(i, text)
	}
	f.Fuzz(func(t *testing.T, n int, text string) {
		typ := types[uint(n)%uint(len(types))]
		for _, parse := range []func(string, *wit.Type) (value.Value, error){wave.Parse, wave.ParseJSON} {
			v, err := parse(text, typ)
			if err != nil {
				continue
			}
			w, err := wave.Print(v, typ, 1<<20)
			if err != nil {
				continue
			}
			j, err := wave.PrintJSON(v, typ, 8<<20)
			if err != nil {
				t.Fatal(err)
			}
			a, err := wave.Parse(w, typ)
			if err != nil {
				t.Fatalf("%s: %v", w, err)
			}
			b, err := wave.ParseJSON(j, typ)
			if err != nil {
				t.Fatalf("%s: %v", j, err)
			}
			if !same(typ, a, v) || !same(typ, b, v) {
				t.Errorf("%q became %s and %s", text, w, j)
			}
		}
	})
}
