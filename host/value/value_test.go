package value

import (
	"testing"

	"github.com/sidecall/sidecall/wit"
)

func ptr(v Value) *Value { return &v }

func TestString(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want string
	}{
		{Value{}, "false"},
		{Bool(true), "true"},
		{S8(-1), "-1"},
		{U8(255), "255"},
		{S16(-32768), "-32768"},
		{U64(1<<64 - 1), "18446744073709551615"},
		{S64(-1 << 63), "-9223372036854775808"},
		{F32(0.1), "0.1"},
		{F64(-0.5), "-0.5"},
		{Char('é'), "'é'"},
		{String("a\"b\n"), `"a\"b\n"`},
		{Bytes([]byte{1, 2}), "[1, 2]"},
		{Packed(wit.S16, []byte{0xff, 0xff, 1, 0}), "[-1, 1]"},
		{List(), "[]"},
		{Record(U8(1), String("x")), `{1, "x"}`},
		{Tuple(U8(1), Tuple()), "(1, ())"},
		{None(), "none"},
		{Some(Some(None())), "some(some(none))"},
		{Ok(nil), "ok"},
		{Err(ptr(U32(7))), "error(7)"},
		{Variant(3, ptr(Char('x'))), "variant#3('x')"},
		{Enum(2), "enum#2"},
		{Flags(5), "flags(0b101)"},
		{Borrow(&Handle{Rep: 9}), "borrow(9)"},
	} {
		if got := c.v.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if !Equal(c.v, c.v) {
			t.Errorf("%s is not equal to itself", c.want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b Value
		want bool
	}{
		{Bytes([]byte{1, 2}), List(U8(1), U8(2)), true},
		{Bytes([]byte{1, 2}), List(U8(1), U8(3)), false},
		{Bytes([]byte{1}), List(S8(1)), false},
		{Bytes(nil), Packed(wit.U64, nil), true},
		{U8(1), S8(1), false},
		{Some(U8(1)), Some(U8(2)), false},
		{Ok(nil), Ok(ptr(U8(0))), false},
		{Ok(nil), Err(nil), false},
		{Record(U8(1)), Tuple(U8(1)), false},
		{Record(U8(1)), Record(U8(1), U8(2)), false},
		{String("a"), String("a"), true},
		{String("a"), String("b"), false},
	} {
		if got := Equal(c.a, c.b); got != c.want {
			t.Errorf("Equal(%s, %s) = %t", c.a, c.b, got)
		}
	}
}

// TestWrongKind: reading a value as what it is not panics with *KindError, and
// nothing else.
func TestWrongKind(t *testing.T) {
	readers := map[wit.Kind]func(Value){
		wit.Bool: func(v Value) { v.Bool() }, wit.U8: func(v Value) { v.U8() }, wit.S64: func(v Value) { v.S64() },
		wit.String: func(v Value) { v.Str() }, wit.List: func(v Value) { v.Bytes() }, wit.Flags: func(v Value) { v.Flags() },
		wit.Variant: func(v Value) { v.Case() }, wit.Own: func(v Value) { v.Handle() }, wit.Record: func(v Value) { v.Len() },
	}
	values := []Value{Bool(true), U8(1), S64(1), String("x"), Flags(1), Own(&Handle{}), Variant(0, nil), List(), Record()}
	for k, read := range readers {
		for _, v := range values {
			same := v.Kind() == k || k == wit.Record && v.Kind() == wit.List
			err := func() (err any) {
				defer func() { err = recover() }()
				read(v)
				return nil
			}()
			if _, isKind := err.(*KindError); isKind == same || same && err != nil {
				t.Errorf("reading a %s as %s: %v", v.Kind(), k, err)
			}
		}
	}
}

func TestParts(t *testing.T) {
	v := List(make([]Value, 2)...)
	v.Parts()[1] = U8(7)
	if v.At(1).U8() != 7 {
		t.Error("Parts is not the value's own")
	}
	if Bytes([]byte{1}).Parts() != nil {
		t.Error("a packed list has parts")
	}
}
