package http

import (
	"errors"
	"io"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// futureTrailers is behind the resource future-trailers. Trailers come after the
// body, so what the guest has not read of it is read first, and thrown away.
type futureTrailers struct {
	message *message
	skipped int
	ended   bool
	err     *Error
	got     bool
}

// skipLimit is how much of a body is thrown away for its trailers.
const skipLimit = 1 << 20

// Drop ends the message.
func (f *futureTrailers) Drop() { f.message.close() }

// Ready reports whether the end of the body was reached, reading towards it.
func (f *futureTrailers) Ready() bool {
	for !f.ended {
		b, err := f.message.Read(wasiio.ReadLimit)
		f.skipped += len(b)
		switch {
		case errors.Is(err, io.EOF):
			f.ended = true
		case err != nil:
			f.ended, f.err = true, f.message.code(err)
		case f.skipped > skipLimit:
			f.ended, f.err = true, fail(ResponseIncomplete, nil)
		case len(b) == 0:
			return false
		}
	}
	return true
}

// Watch watches for more of the body.
func (f *futureTrailers) Watch(wake func()) (stop func()) { return f.message.Watch(wake) }

func futureTrailersSubscribe(c *host.Call, f *futureTrailers, _ []value.Value) (value.Value, error) {
	return wasiio.OwnPollable(c, f), nil
}

// futureTrailersGet returns option<result<result<option<trailers>, error-code>>>:
// none before the end, and the outer error for a second call after it.
func futureTrailersGet(c *host.Call, f *futureTrailers, _ []value.Value) (value.Value, error) {
	switch {
	case !f.Ready():
		return value.None(), nil
	case f.got:
		return value.Some(value.Err(nil)), nil
	}
	f.got = true
	trailers, code := f.message.trailers()
	if f.err != nil {
		code = f.err
	}
	var inner value.Value
	switch {
	case code != nil:
		e := code.value()
		inner = value.Err(&e)
	case len(trailers.entries) == 0:
		none := value.None()
		inner = value.Ok(&none)
	default:
		some := value.Some(own(c, "fields", trailers))
		inner = value.Ok(&some)
	}
	return value.Some(value.Ok(&inner)), nil
}

// optional is option<T> for a string that may be absent.
func optional(s *string) value.Value {
	if s == nil {
		return value.None()
	}
	return value.Some(value.String(*s))
}

// readOptional reads option<string>.
func readOptional(v value.Value) *string {
	p, ok := wire.Option(v)
	if !ok {
		return nil
	}
	s := p.Str()
	return &s
}
