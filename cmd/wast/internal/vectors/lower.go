package vectors

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
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
	if slices.Equal(want.core, got.core) && slices.Equal(want.memory, got.memory[:min(len(want.memory), len(got.memory))]) && slices.Equal(want.realloc, got.realloc) {
		return
	}
	if !hasString(t) || v.Encoding == "utf8" && v.SourceEncoding == "utf8" {
		o.fail(want.String(), "%s", got)
		return
	}
	o.equivalent(ctx, cfg, v, t, val, want, got)
}

// equivalent checks that what the guest was given, and what the vector says, lift
// to the value.
func (o *Outcome) equivalent(ctx context.Context, cfg host.Config, v *vector, t *wit.Type, val value.Value, want, got *lowered) {
	for _, l := range []*lowered{want, got} {
		back, err := lift(ctx, cfg, t, encoding(v.Encoding), l.core, l.memory)
		switch {
		case err != nil:
			o.fail(want.String(), "%s; the first that does not lift: %s: %v", got, l, err)
			return
		case !jsonvalue.Equal(t, val, back):
			o.fail(want.String(), "%s; the first that lifts to another value: %s, to %s", got, l, jsonvalue.Format(t, back))
			return
		}
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
	return fmt.Sprintf("core %v memory %x realloc %v", l.core, l.memory[:l.used()], l.realloc)
}

// used is how much of the memory was given out.
func (l *lowered) used() int {
	end := 0
	for _, c := range l.realloc {
		end = max(end, int(c[4])+int(c[3]))
	}
	return min(end, len(l.memory))
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
