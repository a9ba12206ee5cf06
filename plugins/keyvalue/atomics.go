package keyvalue

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

// The cases of cas-error.
const (
	caseStoreError = iota
	caseCASFailed
)

func incrementU64(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	n, err := incrementUnsigned(b, args[0].Str(), args[1].U64())
	if err != nil {
		return other(err)
	}
	return wire.Ok(value.U64(n))
}

func incrementS64(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	n, err := incrementSigned(b, args[0].Str(), args[1].S64())
	if err != nil {
		return other(err)
	}
	return wire.Ok(value.S64(n))
}

// cas is behind the resource cas: a key, and which change of it the guest knows. It
// holds no value: many of them would keep alive what the bucket's limit does not count.
type cas struct {
	bucket *bucket
	key    string
	change uint64
}

// look makes a cas of a key's value as it is now.
func look(b *bucket, key string) (*cas, error) {
	change, err := b.look(key)
	return &cas{bucket: b, key: key, change: change}, err
}

// Drop gives back the room for the key.
func (s *cas) Drop() { s.bucket.forget(s.key) }

func ownCAS(c *host.Call, s *cas) value.Value {
	return c.Own(wit.Resource("wasi:keyvalue/atomics@0.2.0-draft2", "cas"), s)
}

func casNew(c *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	s, err := look(b, args[0].Str())
	if err != nil {
		return other(err)
	}
	return wire.Ok(ownCAS(c, s))
}

func casCurrent(_ *host.Call, s *cas, _ []value.Value) (value.Value, error) {
	// What the guest reads is what the swap then has to find.
	v, ok, change := s.bucket.version(s.key)
	s.change = change
	return wire.Ok(option(v, ok))
}

// swap sets the value if it is still what the cas saw. If not, the error has a cas
// to try again with.
func swap(c *host.Call, s *cas, args []value.Value) (value.Value, error) {
	swapped, err := s.bucket.swap(s.key, s.change, args[0].Bytes())
	s.Drop() // the guest has given it away
	if err == nil && !swapped {
		var again *cas
		if again, err = look(s.bucket, s.key); err == nil {
			return wire.Err(wire.Case(caseCASFailed, ownCAS(c, again)))
		}
	}
	if err != nil {
		return wire.Err(wire.Case(caseStoreError, wire.Case(caseOther, value.String(err.Error()))))
	}
	return wire.OkUnit()
}
