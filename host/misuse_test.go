package host

import (
	"context"
	"errors"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// hostCaller is a component whose export "run" calls the host's function "f" of
// type () -> ().
func hostCaller(t testing.TB, f Func) (*kit, Config) {
	k := newKit(t, "app")
	ft := fn(nil)
	m := k.hostImport(plan.Side{Instance: 1}, "test:host/x", "f", ft, canon.Options{})
	var imp uint32
	g := newGuest(func(b *core.Builder) { imp = b.ImportFunc("0", "f", b.Type(nil, nil)) })
	g.fn("run", nil, nil, func(f *core.Func) { f.Call(imp) })
	step := k.module(1, g.Builder, fromHost(m))
	k.export(1, step, "run", ft, canon.Options{})
	return k, Config{Interfaces: hostWith("test:host/x", map[string]Func{"f": f})}
}

func TestHostFunctionFails(t *testing.T) {
	cause := errors.New("disk on fire")
	for _, c := range []struct {
		name  string
		f     Func
		want  string
		check func(err error) bool
	}{
		{"error", func(*Call, []value.Value) (value.Value, error) { return value.Value{}, cause },
			"trap in app, function test:host/x#f: disk on fire",
			func(err error) bool {
				var t *Trap
				return errors.As(err, &t) && errors.Is(err, cause) && t.Code == canon.TrapHost
			}},
		{"exit", func(*Call, []value.Value) (value.Value, error) { return value.Value{}, &ExitError{3} },
			"component exited with code 3", func(err error) bool { var e *ExitError; return errors.As(err, &e) && e.Code == 3 }},
		{"panic", func(*Call, []value.Value) (value.Value, error) { panic("oops") },
			"bug in the host's function test:host/x#f: oops", func(err error) bool { var e *PanicError; return errors.As(err, &e) && len(e.Stack) > 0 }},
		{"index", func(_ *Call, args []value.Value) (value.Value, error) { return args[3], nil },
			"bug in the host's function test:host/x#f: runtime error: index out of range [3] with length 0", nil},
		{"kind", func(*Call, []value.Value) (value.Value, error) { value.U8(1).Str(); return value.Value{}, nil },
			"bug in the host's function test:host/x#f: value is a u8, not a string",
			func(err error) bool { var e *value.KindError; return errors.As(err, &e) }},
		{"missing", nil,
			"trap in app, function test:host/x#f: this host does not implement the function", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, cfg := hostCaller(t, c.f)
			i := k.start(cfg)
			_, err := i.Call(context.Background(), "", "run")
			if err == nil || err.Error() != c.want || c.check != nil && !c.check(err) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			_, err = i.Call(context.Background(), "", "run")
			var trap *Trap
			if !errors.As(err, &trap) || trap.Code != canon.TrapCannotEnter {
				t.Errorf("second call: %v", err)
			}
		})
	}
}

// TestWrongResult: a host function whose result does not fit its type has a bug.
func TestWrongResult(t *testing.T) {
	i := echo(t, wit.NewTuple(prim(wit.U8), prim(wit.String)), canon.UTF8)
	give := value.Value{}
	cfg := Config{Interfaces: hostWith("test:host/id", map[string]Func{"id": func(*Call, []value.Value) (value.Value, error) { return give, nil }})}
	c := i.compile(cfg)
	arg := value.Tuple(value.U8(1), value.String("x"))
	for _, w := range []struct {
		give value.Value
		want string
	}{
		{value.Value{}, "a tuple is wanted, a bool was given"},
		{value.Tuple(value.U8(1)), "a tuple of 2 parts is wanted, one of 1 was given"},
		{value.Tuple(value.U16(1), value.String("")), "a u8 is wanted, a u16 was given"},
		{value.Tuple(value.U8(1), value.Bytes(nil)), "a string is wanted, a list was given"},
		{value.Tuple(value.U8(1), value.String("\xff")), "string is not valid UTF-8"},
	} {
		inst, err := c.Instantiate(context.Background(), InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		give = w.give
		_, err = inst.Call(context.Background(), "", "echo", arg)
		var bad *ArgumentError
		if want := "test:host/id#id: " + w.want; !errors.As(err, &bad) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		_ = inst.Close(context.Background())
	}
}

// TestWrongArguments: they are the caller's bug and leave the instance usable.
func TestWrongArguments(t *testing.T) {
	cases := wit.NewVariant(wit.Case{Name: "a", Type: prim(wit.U8)}, wit.Case{Name: "b"})
	flags := wit.NewFlags("a", "b")
	for _, c := range []struct {
		ty   *wit.Type
		arg  value.Value
		want string
	}{
		{prim(wit.String), value.String("a\xc3"), "echo: string is not valid UTF-8"},
		{prim(wit.Char), value.Char(0xd800), "echo: 0xd800 is no Unicode scalar value"},
		{wit.NewList(prim(wit.U16)), value.List(value.U16(1), value.U8(1)), "echo: a u16 is wanted, a u8 was given"},
		{wit.NewList(prim(wit.String)), value.List(value.String("x"), value.U8(1)), "echo: a string is wanted, a u8 was given"},
		{wit.NewList(prim(wit.Bool)), value.Bytes([]byte{1}), "echo: a bool is wanted, a u8 was given"},
		{cases, value.Variant(2, nil), "echo: case 2 of a variant is given, there are 2"},
		{cases, value.Variant(0, nil), "echo: case 0 of a variant lacks its payload"},
		{cases, value.Enum(1), "echo: a variant is wanted, a enum was given"},
		{flags, value.Flags(4), "echo: flags 0x4 are given, there are 2 labels"},
	} {
		cfg := Config{Interfaces: hostWith("test:host/id", map[string]Func{"id": func(_ *Call, a []value.Value) (value.Value, error) { return a[0], nil }})}
		i := echo(t, c.ty, canon.UTF8).start(cfg)
		for range 2 {
			_, err := i.Call(context.Background(), "", "echo", c.arg)
			var bad *ArgumentError
			if !errors.As(err, &bad) || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		}
		if _, err := i.Call(context.Background(), "", "echo"); err == nil || err.Error() != "echo: takes 1 arguments, was given 0" {
			t.Error(err)
		}
	}
}

func TestUnknownExport(t *testing.T) {
	i := newKit(t, "app").start(Config{})
	_, err := i.Call(context.Background(), "a:b/c", "f")
	if want := "composition test does not export a function a:b/c#f"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
