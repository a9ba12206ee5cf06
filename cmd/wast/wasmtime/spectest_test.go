package wasmtime

import "fmt"

// simpleModule is (module (global (export "g") i32 i32.const 100) (func (export "f") (result i32) i32.const 101)).
const simpleModule = "\x00asm\x01\x00\x00\x00" + "\x01\x05\x01\x60\x00\x01\x7f" + "\x03\x02\x01\x00" +
	"\x06\x07\x01\x7f\x00\x41\xe4\x00\x0b" + "\x07\x09\x02\x01g\x03\x00\x01f\x00\x00" + "\x0a\x07\x01\x05\x00\x41\xe5\x00\x0b"

// spectest defines what every script may import.
func spectest(l *Linker) error {
	var lastDrop, drops uint32
	drop := func(rep uint32) { lastDrop, drops = rep, drops+1 }
	number := func(x *uint32) func(*Call) error {
		return func(c *Call) error { return c.ReturnU32(*x) }
	}
	constant := func(x uint32) func(*Call) error { return number(&x) }
	const resource1, resource2 = 1, 2
	compare := func(c *Call) error {
		rep, err := c.Rep(0)
		if err != nil {
			return err
		}
		want, err := c.U32(1)
		if err == nil && rep != want {
			err = fmt.Errorf("the resource has the representation %d, not %d", rep, want)
		}
		return err
	}
	both := func(c *Call) error {
		for i := range 2 {
			if _, err := c.Rep(i); err != nil {
				return err
			}
		}
		return nil
	}
	construct := func(c *Call) error {
		rep, err := c.U32(0)
		if err != nil {
			return err
		}
		return c.ReturnOwn(resource1, rep)
	}
	echo := func(c *Call) error {
		x, err := c.U32(0)
		if err != nil {
			return err
		}
		return c.ReturnU32(x)
	}
	type funcs map[string]func(*Call) error
	define := func(s *Scope, fs funcs) error {
		for name, f := range fs {
			if err := s.Func(name, f); err != nil {
				return err
			}
		}
		return nil
	}
	return l.Define(func(root *Scope) error {
		if err := define(root, funcs{"host-return-two": constant(2), "host-echo-u32": echo}); err != nil {
			return err
		}
		return root.Instance("host", func(s *Scope) error {
			for name, n := range map[string]uint32{"resource1": resource1, "resource2": resource2, "resource1-again": resource1} {
				d := drop
				if n == resource2 {
					d = func(uint32) {}
				}
				if err := s.Resource(name, n, d); err != nil {
					return err
				}
			}
			if err := s.Module("simple-module", []byte(simpleModule)); err != nil {
				return err
			}
			if err := s.Instance("nested", func(s *Scope) error { return s.Func("return-four", constant(4)) }); err != nil {
				return err
			}
			return define(s, funcs{
				"return-three":                  constant(3),
				"return-hi":                     func(c *Call) error { return c.ReturnString("hi") },
				"[constructor]resource1":        construct,
				"[static]resource1.assert":      compare,
				"[static]resource1.last-drop":   number(&lastDrop),
				"[static]resource1.drops":       number(&drops),
				"[method]resource1.simple":      compare,
				"[method]resource1.take-borrow": both,
				"[method]resource1.take-own":    both,
			})
		})
	})
}
