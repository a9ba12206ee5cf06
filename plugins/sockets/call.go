package sockets

import (
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// query makes a function of one that works on an object, is given the arguments
// after it, and returns the payload of ok, or an error that becomes an error-code.
func query[T any](f func(c *host.Call, self T, args []value.Value) (value.Value, error)) host.Func {
	return func(c *host.Call, args []value.Value) (value.Value, error) {
		self, err := host.Object[T](args[0])
		if err != nil {
			return value.Value{}, err
		}
		v, err := f(c, self, args[1:])
		if err != nil {
			return failed(c, err)
		}
		return wire.Ok(v)
	}
}

// failed makes the result of an error, and tells of one that a grant would have prevented.
func failed(c *host.Call, err error) (value.Value, error) {
	c.TellRefusal(err)
	return wire.ErrCode(codeOf(err))
}

// command is query for functions whose ok has no payload.
func command[T any](f func(self T, args []value.Value) error) host.Func {
	return func(c *host.Call, args []value.Value) (value.Value, error) {
		self, err := host.Object[T](args[0])
		if err != nil {
			return value.Value{}, err
		}
		if err := f(self, args[1:]); err != nil {
			return failed(c, err)
		}
		return wire.OkUnit()
	}
}

// get makes a function that returns something of an object, which cannot fail.
func get[T any](f func(c *host.Call, self T) value.Value) host.Func {
	return func(c *host.Call, args []value.Value) (value.Value, error) {
		self, err := host.Object[T](args[0])
		if err != nil {
			return value.Value{}, err
		}
		return f(c, self), nil
	}
}

// onNetwork is command for functions that take a network and an address.
func onNetwork[T any](f func(self T, p *policy, a socketAddress) error) host.Func {
	return command(func(self T, args []value.Value) error {
		n, err := host.Object[*networkObject](args[0])
		if err != nil {
			return err
		}
		return f(self, n.policy, readSocketAddress(args[1]))
	})
}

// The options of sockets, as functions.

type hasSocket interface{ options() (*socket, error) }

// option makes a function that returns an option.
func option[T hasSocket, V any](read func(*socket) (V, error), to func(V) value.Value) host.Func {
	return query(func(_ *host.Call, self T, _ []value.Value) (value.Value, error) {
		s, err := self.options()
		if err != nil {
			return value.Value{}, err
		}
		v, err := read(s)
		return to(v), err
	})
}

// setOption makes a function that sets an option to a number, which must not be 0.
func setOption[T hasSocket](set func(*socket, uint64) error) host.Func {
	return command(func(self T, args []value.Value) error {
		s, err := self.options()
		if err != nil {
			return err
		}
		n := args[0].Bits()
		if n == 0 {
			return InvalidArgument
		}
		return set(s, n)
	})
}

func durationValue(d time.Duration) value.Value { return value.U64(uint64(d)) }

func sizeValue(n int) value.Value { return value.U64(uint64(n)) }
