package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// requestOptions is behind the resource request-options. The durations are in
// nanoseconds, nil for those of the host.
type requestOptions struct{ connect, firstByte, betweenBytes *uint64 }

func newRequestOptions(c *host.Call, _ []value.Value) (value.Value, error) {
	return own(c, "request-options", &requestOptions{}), nil
}

// getTimeout makes a function that returns a duration.
func getTimeout(of func(*requestOptions) **uint64) host.Func {
	return func(_ *host.Call, args []value.Value) (value.Value, error) {
		o, err := host.Object[*requestOptions](args[0])
		if err != nil {
			return value.Value{}, err
		}
		d := *of(o)
		if d == nil {
			return value.None(), nil
		}
		return value.Some(value.U64(*d)), nil
	}
}

// setTimeout makes a function that sets a duration.
func setTimeout(of func(*requestOptions) **uint64) host.Func {
	return func(_ *host.Call, args []value.Value) (value.Value, error) {
		o, err := host.Object[*requestOptions](args[0])
		if err != nil {
			return value.Value{}, err
		}
		*of(o) = nil
		if p, ok := wire.Option(args[1]); ok {
			d := p.U64()
			*of(o) = &d
		}
		return wire.OkUnit()
	}
}

func connectTimeout(o *requestOptions) **uint64      { return &o.connect }
func firstByteTimeout(o *requestOptions) **uint64    { return &o.firstByte }
func betweenBytesTimeout(o *requestOptions) **uint64 { return &o.betweenBytes }
