// Package wire builds the values that functions of WASI commonly return and reads
// those that they commonly take.
//
// In: Go values. Out: component-level values. Next: the plugins. Must not import:
// anything of ours but host/value.
package wire

import (
	"time"

	"github.com/sidecall/sidecall/host/value"
)

// Ok is result::ok(v).
func Ok(v value.Value) (value.Value, error) { return value.Ok(&v), nil }

// OkUnit is result::ok without a payload.
func OkUnit() (value.Value, error) { return value.Ok(nil), nil }

// Err is result::error(v).
func Err(v value.Value) (value.Value, error) { return value.Err(&v), nil }

// ErrUnit is result::error without a payload.
func ErrUnit() (value.Value, error) { return value.Err(nil), nil }

// ErrCode is result::error of case number code of an enum.
func ErrCode[T ~int](code T) (value.Value, error) { return Err(value.Enum(int(code))) }

// Case is case number i of a variant, with payload v.
func Case(i int, v value.Value) value.Value { return value.Variant(i, &v) }

// OptString is some(s), or none if s is empty.
func OptString(s string) value.Value {
	if s == "" {
		return value.None()
	}
	return value.Some(value.String(s))
}

// Option returns the payload of an option, ok false for none.
func Option(v value.Value) (payload value.Value, ok bool) { return v.Payload() }

// Payload returns the payload of a case which has one.
func Payload(v value.Value) value.Value {
	p, _ := v.Payload()
	return p
}

// Duration converts a number of nanoseconds, ending at what time.Duration can hold
// (292 years).
func Duration(ns uint64) time.Duration {
	const most = uint64(1<<63 - 1)
	return time.Duration(min(ns, most))
}
