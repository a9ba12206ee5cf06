package vectors

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/wit"
)

// lowered is what a guest was given: the core values, its memory, and the calls of
// its realloc.
type lowered struct {
	core    []uint64
	memory  []byte
	realloc [][5]uint32
}

// lower checks lower_flat. The specification leaves a host free to allocate
// strings otherwise than its own definitions do, so what differs in that must
// only lift to the same value.
func (v *vector) lower(ctx context.Context, cfg host.Config, o *Outcome) {
	t, err := jsonvalue.ParseType(v.Type)
	if err != nil {
		o.fail("a type", "%v", err)
		return
	}
	val, err := jsonvalue.Parse(v.Value, t)
	if err != nil {
		o.fail("a value", "%v", err)
		return
	}
	want, err := v.wanted()
	if err != nil {
		o.fail("a vector", "%v", err)
		return
	}
	got, err := lower(ctx, cfg, t, val, encoding(v.SourceEncoding), encoding(v.Encoding))
	if err != nil {
		o.fail(want.String(), "%v", err)
		return
	}
	got.memory = got.memory[:min(len(want.memory), len(got.memory))]
	if slices.Equal(want.core, got.core) && slices.Equal(want.memory, got.memory) && slices.Equal(want.realloc, got.realloc) {
		return
	}
	if !hasString(t) || v.Encoding == "utf8" && v.SourceEncoding == "utf8" {
		o.fail(want.String(), "%s", got)
		return
	}
	full, err := lower(ctx, cfg, t, val, encoding(v.SourceEncoding), encoding(v.Encoding))
	if err != nil {
		o.fail(want.String(), "%v", err)
		return
	}
	back, err := lift(ctx, cfg, t, encoding(v.Encoding), full.core, full.memory)
	switch {
	case err != nil:
		o.fail(want.String(), "%s, which does not lift: %v", got, err)
	case !jsonvalue.Equal(t, val, back):
		o.fail(want.String(), "%s, which lifts to %s", got, jsonvalue.Format(t, back))
	}
}

// wanted is what the vector says.
func (v *vector) wanted() (*lowered, error) {
	w := &lowered{}
	var err error
	if w.core, err = v.bits(); err != nil {
		return nil, err
	}
	if w.memory, err = hex.DecodeString(v.Memory); err != nil {
		return nil, err
	}
	for _, r := range v.Realloc {
		var call [5]uint32
		for i, s := range r {
			if _, err := fmt.Sscan(s, &call[i]); err != nil {
				return nil, err
			}
		}
		w.realloc = append(w.realloc, call)
	}
	return w, nil
}

func (l *lowered) String() string {
	return fmt.Sprintf("core %v memory %x realloc %v", l.core, l.memory, l.realloc)
}

func hasString(t *wit.Type) bool {
	if t == nil {
		return false
	}
	if t.Kind == wit.String || hasString(t.Elem) || hasString(t.Key) {
		return true
	}
	for _, f := range t.Fields {
		if hasString(f.Type) {
			return true
		}
	}
	for _, c := range t.Cases {
		if hasString(c.Type) {
			return true
		}
	}
	return false
}
